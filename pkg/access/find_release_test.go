package access

import (
	"strings"
	"testing"
)

// What releases decide differently is judged by the one that is named, else by the image of the istiod; where neither says, it is NOT JUDGED.
func TestReleases(t *testing.T) {
	to := To{Namespace: "a", Service: "s"}
	nobody := Request{From: From{Anonymous: true}, To: to, Path: "/s/x"}
	required := small + ingress + tokenRules("j", "{issuer: https://i.test, presence: REQUIRED}")
	jwt := func(issuer string) From { return From{JWT: &JWT{Issuer: issuer, Subject: "x"}} }
	untried := small + ingress + tokenRules("j", "{issuer: https://i.test}, {issuer: https://j.test, outputClaimToHeaders: [{header: user, claim: sub}]}") +
		frontPolicy("d", "action: DENY, rules: [{when: [{key: 'request.headers[user]', values: [u]}]}]")
	forged := Request{From: jwt("https://i.test"), To: to, Path: "/s/x", Headers: map[string]string{"user": "u"}}
	canary := edit(t, small+closed, "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: waypoint, istio.io/use-waypoint-canary: next")
	ownCanary := edit(t, small+closed, "{name: s, namespace: a}", "{name: s, namespace: a, labels: {istio.io/use-waypoint-canary: next}}")
	pod := Request{From: From{ServiceAccount: "b/c.d"}, To: to}
	other := Request{From: From{ServiceAccount: "b/cxd"}, To: to}
	dots := onWaypoint("rules: [{from: [{source: {principals: ['*/sa/c.d']}}]}]")
	spaces := onWaypoint("rules: [{from: [{source: {namespaces: ['team.a']}}]}]")
	teamA := Request{From: From{ServiceAccount: "team-a/c"}, To: to}
	preflight := Request{From: From{Anonymous: true}, To: to, Path: "/s/x", Method: "OPTIONS", Headers: map[string]string{"origin": "https://x", "access-control-request-method": "GET", "user": "u"}}
	writes := edit(t, small+ingress, "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true'") +
		tokenRules("j", "{issuer: https://i.test, outputClaimToHeaders: [{header: user, claim: email}]}") + strings.TrimPrefix(onWaypoint("rules: [{when: [{key: 'request.headers[user]', values: [u]}]}]"), small)
	for _, c := range []struct {
		name, text string
		request    Request
		want       [4]Outcome // of 1.30, 1.31, 1.32 and of no release
	}{
		{"a token that is required", required, nobody, [4]Outcome{NotJudged, NotJudged, Deny, NotJudged}},
		{"a token that is required and there", required, Request{From: jwt("https://i.test"), To: to, Path: "/s/x"}, [4]Outcome{NotJudged, NotJudged, Allow, Allow}},
		{"the header of a rule that is not tried", untried, forged, [4]Outcome{Deny, Deny, NotJudged, Deny}},
		{"a canary of a waypoint", canary, Request{From: From{ServiceAccount: "b/c"}, To: to}, [4]Outcome{Allow, NotJudged, NotJudged, NotJudged}},
		{"the Service's own, in addition to the namespace's waypoint", ownCanary, Request{From: From{ServiceAccount: "b/c"}, To: to}, [4]Outcome{Allow, NotJudged, NotJudged, NotJudged}},
		{"a dot in an account", dots, pod, [4]Outcome{Allow, Allow, Allow, Allow}},
		{"what is like it", dots, other, [4]Outcome{Deny, Deny, Deny, Deny}}, // Istio 1.29.3 and 1.30.0 escape the dot (istio/istio#59992)
		{"a dot in a namespace", spaces, teamA, [4]Outcome{Deny, Deny, Deny, Deny}},
		{"the header of a preflight", writes, preflight, [4]Outcome{Allow, Allow, NotJudged, NotJudged}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, release := range Releases {
				w := load(t, c.text)
				w.SetRelease(release)
				decides(t, w, c.request, c.want[i])
				decides(t, load(t, c.text+"\n---\n"+istiodOf(release+".1")), c.request, c.want[i])
				both := load(t, c.text+"\n---\n"+istiodOf("1.31.0"))
				both.SetRelease(release)
				decides(t, both, c.request, c.want[i])
			}
			decides(t, load(t, c.text), c.request, c.want[3])
			decides(t, load(t, c.text+"\n---\n"+istiodOf("1.30.2")+"\n---\n"+istiodOf("latest")), c.request, c.want[3])
			decides(t, load(t, c.text+"\n---\n"+istiodOf("1.30.2")+"\n---\n"+istiodOf("1.32.0")), c.request, c.want[3])
		})
	}
}

func TestKnownHoles(t *testing.T) {
	for release, want := range map[string]int{"1.30": 2, "1.31": 1, "1.32": 0, "": 0} {
		w := load(t, small)
		if release != "" {
			w.SetRelease(release)
			if got := load(t, small+"\n---\n"+istiodOf(release+".2")).KnownHoles(); len(got) != want || want > 0 && !strings.HasPrefix(got[0].Object.Name, "istiod-") {
				t.Errorf("image of %s: %+v", release, got)
			}
		}
		got := w.KnownHoles()
		if len(got) != want {
			t.Errorf("%s: %d holes, want %d", release, len(got), want)
		}
		for _, f := range got {
			if !strings.HasPrefix(f.Found, "Istio "+release+" ") || f.Remedy == "" {
				t.Errorf("%+v", f)
			}
		}
	}
}

// Istio 1.30.2 is the first release with trustDomains.
func TestTrustDomainsOfAnEarlyPatch(t *testing.T) {
	text := onWaypoint("rules: [{from: [{source: {trustDomains: [other]}}]}]")
	asked := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	for tag, want := range map[string]Outcome{"1.30.0": NotJudged, "1.30.1-distroless": NotJudged, "1.30.2": Deny, "1.30": Deny, "1.31.0": Deny, "latest": Deny} {
		decides(t, load(t, text+"\n---\n"+istiodOf(tag)), asked, want)
	}
	decides(t, load(t, text), asked, Deny)
	w := load(t, text+"\n---\n"+istiodOf("1.30.0"))
	w.SetRelease("1.30")
	decides(t, w, asked, Deny)
}

// A newer istiod is judged as the newest release, which is said; one older than all releases is not judged.
func TestUnknownReleases(t *testing.T) {
	text := small + tokenRules("j", "{issuer: https://i.test, presence: REQUIRED}") + ingress
	nobody := Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	for _, c := range []struct {
		tags  []string
		want  Outcome
		found string
	}{
		{[]string{"1.32.4"}, Deny, ""},
		{[]string{"1.33.0"}, Deny, "is of Istio 1.33, which is newer"},
		{[]string{"2.1.0"}, NotJudged, ""}, // not Istio's own number
		{[]string{"1.33.0-beta.1"}, NotJudged, ""},
		{[]string{"1.29.6"}, NotJudged, "is of Istio 1.29, which is older"},
		{[]string{"1.32.0", "1.9.0"}, NotJudged, "is of Istio 1.9, which is older"},
	} {
		manifests := text
		for i, tag := range c.tags {
			manifests += "\n---\n" + strings.Replace(istiodOf(tag), "name: istiod", "name: istiod-"+portText(i), 1)
		}
		w := load(t, manifests)
		decides(t, w, nobody, c.want)
		found := ""
		for _, f := range w.UnknownReleases() {
			found += f.Found
		}
		if !strings.HasPrefix(found, c.found) || c.found == "" && found != "" {
			t.Errorf("%q: %q", c.tags, found)
		}
		w.SetRelease("1.32")
		decides(t, w, nobody, Deny)
		if len(w.UnknownReleases()) > 0 {
			t.Errorf("%q: a release is given", c.tags)
		}
	}
	// Nothing is judged under an old istiod, not even what needs no release.
	v := decides(t, load(t, small+"\n---\n"+istiodOf("1.28.4")), Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}}, NotJudged)
	if !strings.Contains(v.By(), "is of Istio 1.28, and releases before 1.30 are not judged") {
		t.Error(v.By())
	}
	if holes := load(t, small+"\n---\n"+istiodOf("1.28.4")).KnownHoles(); len(holes) > 0 {
		t.Error(holes)
	}
}

// Where nothing is judged, explain has no row that is, not even what a waypoint sends to pods.
func TestExplainJudgesNothingUnderACloudOverAll(t *testing.T) {
	const flag = "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: 'pilot:1.31.0', env: [{name: XDS_AUTH, value: 'false'}]}]}}}"
	for _, more := range []string{istiodOf("1.29.0"), flag} {
		for _, s := range load(t, tenants(t)+"\n---\n"+more).Explain(kubeflow).Namespaces {
			for _, row := range s.Access {
				if row.Outcome != "not-judged" {
					t.Errorf("%s: %s %s: %s", s.Namespace, row.Who, row.Reaches, row.Outcome)
				}
			}
		}
	}
}
