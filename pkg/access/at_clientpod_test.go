package access

import (
	"strings"
	"testing"
)

// onlyB is a namespace that connections with an identity of namespace b reach, and no others.
const onlyB = small + `
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: l4, namespace: a}
spec: {rules: [{from: [{source: {namespaces: [b]}}]}]}
---
kind: Namespace
apiVersion: v1
metadata: {name: b, labels: {istio.io/dataplane-mode: ambient}}
`

func runs(name, metadata, spec string) string {
	return "---\nkind: Pod\napiVersion: v1\nmetadata: {name: " + name + ", namespace: b" + metadata + "}\nspec: {serviceAccountName: c" + spec + "}\n"
}

// A client is judged for every way in which the pods of its account take part, and the answer that lets most in counts.
func TestPodsOfOneAccountThatDiffer(t *testing.T) {
	const out = ", labels: {istio.io/dataplane-mode: none}"
	closedToB := strings.ReplaceAll(onlyB, "namespaces: [b]", "notNamespaces: [b]")
	for _, c := range []struct {
		name, text string
		want       Outcome
		by         string
	}{
		{"none", onlyB, Allow, "a/l4 rule 0"},
		{"in the mesh", onlyB + runs("p", "", ""), Allow, "a/l4 rule 0"},
		{"outside", onlyB + runs("p", out, ""), Deny, "no ALLOW rule matches"},
		{"both: one gets in", onlyB + runs("o", out, "") + runs("p", "", ""), Allow, "(for pods of Pod p; those of b/c take part in 2 ways)"},
		{"both, the other way around", closedToB + runs("p", "", "") + runs("o", out, ""), Allow, "(for pods of Pod o; those of b/c"}, // nobody is not of namespace b
		{"another account's", onlyB + runs("p", out, "") + strings.ReplaceAll(runs("q", "", ""), "serviceAccountName: c", "serviceAccountName: d"), Deny, ""},
		{"by the older name of the field", onlyB + strings.ReplaceAll(runs("p", out, ""), "serviceAccountName: c", "serviceAccount: c"), Deny, "no ALLOW rule matches"},
		{"by both names", onlyB + runs("p", out, ", serviceAccount: d"), Deny, "no ALLOW rule matches"},
		{"on the host's network", onlyB + runs("p", "", ", hostNetwork: true"), NotJudged, "its own node"},
		{"on the host's network and in the mesh", onlyB + runs("p", "", ", hostNetwork: true") + runs("q", "", ""), Allow, "Pod q"},
		{"one that is unclear", onlyB + runs("p", ", labels: {istio.io/rev: canary}", ""), NotJudged, "istio.io/rev"},
		{"one that is unclear, where it does not matter", strings.ReplaceAll(onlyB, "namespaces: [b]", "namespaces: [z]") + runs("p", ", labels: {istio.io/rev: canary}", ""), Deny, "no ALLOW rule matches"},
		{"one of which the account is not known", onlyB + runs("p", out, "") + "---\nkind: TrainJob\napiVersion: trainer.kubeflow.org/v1alpha1\nmetadata: {name: j, namespace: b}\nspec: {}\n", NotJudged, "TrainJob j"},
		{"one of which the account is not known, alike", onlyB + runs("p", "", "") + "---\nkind: TrainJob\napiVersion: trainer.kubeflow.org/v1alpha1\nmetadata: {name: j, namespace: b}\nspec: {}\n", Allow, "a/l4 rule 0"},
	} {
		v := decides(t, load(t, c.text), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}}, c.want)
		if !strings.Contains(v.By(), c.by) {
			t.Errorf("%s: by %q, want %q", c.name, v.By(), c.by)
		}
	}
}

func TestAccountsWithoutPodsAreAssumed(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}}
	account := onlyB + "---\nkind: ServiceAccount\napiVersion: v1\nmetadata: {name: c, namespace: b}\n"
	if v := decides(t, load(t, account), r, Allow); !contains(v.Assumed, "pods of ServiceAccount b/c") || contains(v.Assumed, "ServiceAccount b/c") {
		t.Errorf("%q", v.Assumed)
	}
	if v := decides(t, load(t, onlyB), r, Allow); !contains(v.Assumed, "ServiceAccount b/c") || contains(v.Assumed, "pods of ServiceAccount b/c") {
		t.Errorf("%q", v.Assumed)
	}
	if v := decides(t, load(t, account+runs("p", "", "")), r, Allow); len(v.Assumed) != 0 {
		t.Errorf("%q", v.Assumed)
	}
	undeclared := edit(t, account+runs("p", "", ""), "metadata: {name: b, labels: {istio.io/dataplane-mode: ambient}}", "metadata: {name: z}")
	if v := decides(t, load(t, undeclared), r, Allow); !contains(v.Assumed, "pods of Namespace b are in the mesh") {
		t.Errorf("%q", v.Assumed)
	}
	// A report leaves out what is about one account, which a line names.
	for _, what := range load(t, account).Explain(kubeflow).Assumed {
		if strings.Contains(what, "ServiceAccount ") {
			t.Errorf("the report assumes %q", what)
		}
	}
	injected := edit(t, account, "name: b, labels: {istio.io/dataplane-mode: ambient}", "name: b, labels: {istio-injection: enabled}")
	r.To.Direct = false
	if v := decides(t, load(t, injected), r, Allow); !strings.Contains(v.Steps[0].Why, "sidecars") {
		t.Errorf("%v", v.Steps)
	}
}

// Only ztunnel and gateways call a waypoint.
func TestClientsThatMeetNoWaypoint(t *testing.T) {
	text := edit(t, onlyB, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/waypoint-for: all}}") + `---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: l7, namespace: a}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}
---
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {name: front, namespace: b}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]}
`
	injected := edit(t, text, "name: b, labels: {istio.io/dataplane-mode: ambient}", "name: b, labels: {istio-injection: enabled}")
	headless := edit(t, injected, "spec: {selector: {app: s}", "spec: {clusterIP: None, selector: {app: s}")
	direct, service := To{Namespace: "a", Service: "s", Direct: true}, To{Namespace: "a", Service: "s"}
	pod, front := From{ServiceAccount: "b/c"}, From{ServiceAccount: "b/front-istio"}
	decides(t, load(t, text), Request{From: pod, To: direct}, Deny)
	decides(t, load(t, text), Request{From: pod, To: service}, Deny)
	decides(t, load(t, injected), Request{From: pod, To: direct}, NotJudged) // with the pod's identity or without
	decides(t, load(t, edit(t, injected, "namespaces: [b]", "notNamespaces: [z]")), Request{From: pod, To: direct}, Allow)
	decides(t, load(t, edit(t, injected, "namespaces: [b]", "namespaces: [z]")), Request{From: pod, To: direct}, Deny)
	decides(t, load(t, injected), Request{From: pod, To: service}, Allow)
	decides(t, load(t, headless), Request{From: pod, To: service}, Allow)
	decides(t, load(t, text), Request{From: front, To: service}, Allow)
	decides(t, load(t, text), Request{From: front, To: direct}, Allow)
	labeled := edit(t, text, "{name: s, namespace: a}", "{name: s, namespace: a, labels: {istio.io/ingress-use-waypoint: 'true'}}")
	decides(t, load(t, labeled), Request{From: front, To: service}, Deny)
}

// Pods behind one Service of which a waypoint for pod addresses takes some.
func TestPodAddressesBehindDifferentWaypoints(t *testing.T) {
	text := edit(t, onlyB, "{name: waypoint, namespace: a}", "{name: waypoint, namespace: a, labels: {istio.io/waypoint-for: workload}}") + `---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: l7, namespace: a}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}
`
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}}
	decides(t, load(t, text), r, Deny)
	past := text + "---\nkind: Pod\napiVersion: v1\nmetadata: {name: t, namespace: a, labels: {app: s, istio.io/use-waypoint: none}}\n"
	decides(t, load(t, past), r, Allow)
	perhaps := text + "---\nkind: Thing\napiVersion: x.example.com/v1\nmetadata: {name: t, namespace: a}\nspec: {template: {metadata: {labels: {istio.io/use-waypoint: none}}, spec: {containers: [{name: c}]}}}\n"
	decides(t, load(t, perhaps), r, NotJudged)
}
