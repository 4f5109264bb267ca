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
	canary := edit(t, small+closed, "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: waypoint, istio.io/use-waypoint-canary: next")
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
		{"a canary of a waypoint", canary, Request{From: From{ServiceAccount: "b/c"}, To: to}, [4]Outcome{Allow, NotJudged, NotJudged, NotJudged}},
		{"a dot in an account", dots, pod, [4]Outcome{Allow, Allow, Allow, Allow}},
		{"what is like it", dots, other, [4]Outcome{NotJudged, Deny, Deny, NotJudged}},
		{"a dot in a namespace", spaces, teamA, [4]Outcome{NotJudged, Deny, Deny, NotJudged}},
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
			decides(t, load(t, c.text+"\n---\n"+istiodOf("1.30.0")+"\n---\n"+istiodOf("latest")), c.request, c.want[3])
		})
	}
}

func TestKnownHoles(t *testing.T) {
	for release, want := range map[string]int{"1.30": 3, "1.31": 1, "1.32": 0, "": 0} {
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
