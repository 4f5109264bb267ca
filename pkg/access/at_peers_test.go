package access

import "testing"

// A client without an identity, at pods whose L4 policies allow everybody, below PeerAuthentications of several scopes.
func TestPeerAuthenticationsByScopeAndAge(t *testing.T) {
	const world = `apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: a, labels: {app: p}}
spec: {containers: [{name: c, ports: [{containerPort: 8888}]}]}
`
	pa := func(ns, name, created, spec string) string {
		if created != "" {
			created = ", creationTimestamp: '2026-01-0" + created + "T00:00:00Z'"
		}
		return "\n---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: " + name + ", namespace: " + ns + created + "}\nspec: {" + spec + "}\n"
	}
	const (
		permissive, strict = "mtls: {mode: PERMISSIVE}", "mtls: {mode: STRICT}"
		ofPod              = "selector: {matchLabels: {app: p}}, "
		exempt             = "portLevelMtls: {8888: {mode: DISABLE}}"
	)
	for _, c := range []struct {
		name, more string
		want       Outcome
	}{
		{"none", "", Allow},
		{"the older one is strict", pa("a", "x", "2", permissive) + pa("a", "y", "1", strict), Deny},
		{"the older one is not", pa("a", "x", "2", strict) + pa("a", "y", "1", permissive), Allow},
		{"their age is not known", pa("a", "x", "", strict) + pa("a", "y", "", permissive), NotJudged},
		{"nor does it matter", pa("a", "x", "", strict) + pa("a", "y", "", strict), Deny},
		{"the mesh's, of unknown age", pa("istio-system", "x", "", strict) + pa("istio-system", "y", "", permissive), NotJudged},
		{"of the pod, of unknown age", pa("a", "x", "", ofPod+strict) + pa("a", "y", "", ofPod+permissive), NotJudged},
		{"the mesh's", pa("istio-system", "x", "", strict), Deny},
		{"the mesh's with an empty selector", pa("istio-system", "x", "", "selector: {}, "+strict), Allow},
		{"the mesh's with no labels", pa("istio-system", "x", "", "selector: {matchLabels: {}}, "+strict), Allow},
		{"a namespace's with an empty selector", pa("a", "x", "", "selector: {}, "+strict), Deny},
		{"a port without TLS below an inherited STRICT", pa("a", "x", "", ofPod+exempt) + pa("a", "y", "", strict), Deny},
		{"a permissive port below it", pa("a", "x", "", ofPod+"portLevelMtls: {8888: {mode: PERMISSIVE}}") + pa("a", "y", "", strict), Allow},
		{"and another permissive port", pa("a", "x", "", ofPod+"portLevelMtls: {8888: {mode: DISABLE}, 1: {mode: PERMISSIVE}}") + pa("a", "y", "", strict), Allow},
		{"a port without TLS of a strict pod", pa("a", "x", "", ofPod+strict+", "+exempt), Allow},
		{"a strict port of a permissive pod", pa("a", "x", "", ofPod+permissive+", portLevelMtls: {8888: {mode: STRICT}}"), Deny},
		{"an unset mode inherits", pa("a", "x", "", "mtls: {mode: UNSET}") + pa("istio-system", "y", "", strict), Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			decides(t, load(t, world+c.more), Request{From: From{OffMesh: true}, To: To{Namespace: "a", Pod: map[string]string{"app": "p"}}, Port: 8888, TCP: true}, c.want)
		})
	}
}

// A backendRef of another kind is not a Service, whatever its name.
func TestABackendOfAnotherKindIsNoService(t *testing.T) {
	for _, ref := range []string{"group: foo.example.com, kind: Foo, ", "group: multicluster.x-k8s.io, kind: ServiceImport, ", "group: foo.example.com, kind: Service, "} {
		w := load(t, small+"\n---\n"+route1("HTTPRoute", "r", "parentRefs: [{name: front, namespace: edge}], rules: [{matches: [{path: {value: /s}}], backendRefs: [{"+ref+"name: s, port: 80}]}]"))
		if v := w.Decide(Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}); v.Outcome == Allow {
			t.Errorf("%s: %s", ref, v.By())
		}
	}
}
