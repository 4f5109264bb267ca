package access

import (
	"strings"
	"testing"
)

// For a listed client that does not get in, the result names what denies it, and lists what was assumed because it is not deployed.
func TestAClaimSaysWhatKeepsAClientOut(t *testing.T) {
	proves := func(more, who string) Result {
		check, err := parseCheck(t, "apiVersion: "+checkVersion+"\nkind: AccessCheck\nmetadata: {name: x}\nspec: {only: [{name: n, to: {namespace: a, service: s}, request: {methods: [POST]}, who: ["+who+"]}]}")
		if err != nil {
			t.Fatal(err)
		}
		return load(t, cloudWorld+more).Run(check)[0]
	}
	r := proves("", "{serviceAccount: b/c}")
	if want := "no request of pod b/c gets in: waypoint a/waypoint: a/l7: no ALLOW rule matches"; r.OK || !strings.HasPrefix(r.By, want) {
		t.Errorf("%q, want %q", r.By, want)
	}
	const runs = "ztunnel runs on every node, although its DaemonSet is not in the manifests"
	const istiod = "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: istio/pilot:1.31.0}]}}}"
	const ztunnel = "\n---\nkind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: ztunnel, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: istio-proxy, image: istio/ztunnel:1.31.0}]}}}"
	const byChart = "\n---\nkind: ZTunnel\napiVersion: sailoperator.io/v1\nmetadata: {name: default}\nspec: {version: v1.31.0}"
	for _, c := range []struct {
		more string
		want bool
	}{{"", false}, {istiod, true}, {istiod + ztunnel, false}, {istiod + byChart, false}} {
		if r := proves(c.more, "{serviceAccount: b/c}"); contains(r.Assumed, runs) != c.want {
			t.Errorf("%s: %q", c.more, r.Assumed)
		}
	}
}

// A header without a value is shown as empty.
func TestACounterexampleWithAnEmptyHeader(t *testing.T) {
	r := Request{Method: "GET", Path: "/", From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Headers: map[string]string{"authorization": " ", "x": "y"}}
	if got := r.text(); !strings.HasSuffix(got, ", header authorization: (empty), header x: y") {
		t.Error(got)
	}
}

// All errors of a check are reported at once.
func TestAllErrorsOfACheckAreTold(t *testing.T) {
	_, err := parseCheck(t, "kind: AccessCheck\nmetadata: {name: x}\nspec: {cases: [{from: {offMesh: 3}, to: {namespace: a, servcie: s}}, {nam: n, from: {offMesh: true}, to: {namespace: a, service: s}, expect: alow}]}")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"spec.cases[0].from.offMesh", "spec.cases[0].to.servcie", "spec.cases[0].name: is missing", "spec.cases[0].expect: is missing", "spec.cases[1].nam", "spec.cases[1].expect", "apiVersion: is missing"} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("%q is not reported once:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "spec.cases[1].name: is missing") { // nam may be it
		t.Error(err)
	}
}
