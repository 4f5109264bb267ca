package access

import (
	"strings"
	"testing"
)

// An API server drops a field that it does not know, so that what it narrowed is wider, or rejects the object: kubectl asks for that.
func TestMisspeltFields(t *testing.T) {
	before := load(t, cloudWorld)
	const atGateway, atWaypoint, atPods = "gateway, gateway no", "gateway, gateway no, waypoint, waypoint no", "gateway, off mesh, pod, sidecar, waypoint"
	const l4 = "metadata: {name: l4, namespace: a}\nspec: {"
	for _, c := range []struct{ old, with, want string }{
		{l4, l4 + "selector: {matchLabels: {app: s}, matchExpressions: []}, ", atPods},
		{"kind: Gateway, name: waypoint}], rules", "kind: Gateway, name: waypoint, sectionName: x}], rules", atWaypoint},
		{"{value: /s/}", "{value: /s/, typ: Exact}", atGateway},
		{"matches: [{path: {value: /s/}}]", "matches: [{path: {value: /s/}, headers: [{nam: x, value: y}]}]", atGateway},
		{"matches: [{path: {value: /s/}}]", "matches: [{path: {value: /s/}, queryParams: [{name: x, val: y}]}]", atGateway},
		{"matches: [{path: {value: /s/}}]", "matches: [{path: {value: /s/}}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {removes: [x]}}]", atGateway},
		{"{namespaces: {from: All}}", "{namespaces: {from: All, selectr: {matchLabels: {x: y}}}}", atGateway},
		{"{namespaces: {from: All}}", "{namespaces: {from: Selector, selector: {matchLabel: {x: y}}}}", atGateway},
		{"{namespaces: {from: All}}", "{namespaces: {from: All}, kind: [{kind: HTTPRoute}]}", atGateway},
	} {
		got := strings.Join(cloudedBy(t, before, load(t, edit(t, cloudWorld, c.old, c.with))), ", ")
		if got != c.want {
			t.Errorf("%s clouds %q, want %q", c.with, got, c.want)
		}
	}
	decides(t, load(t, edit(t, cloudWorld, l4, l4+"selector: {matchLabel: {app: s}}, ")), cloudQuestions["off mesh"], Allow) // neither nothing nor selector: {} closes a pod
	decides(t, load(t, atFront("{selector: {matchLabel: {app: front}}}")), cloudQuestions["gateway"], NotJudged)
	const grant = "\n---\nkind: ReferenceGrant\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: new, namespace: a}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}], to: [{group: '', kind: Service, "
	if load(t, small+grant+"name: x}]}").namespaces["a"].clouds.whole != nil || load(t, small+grant+"named: x}]}").namespaces["a"].clouds.whole == nil {
		t.Error("a misspelt name in a ReferenceGrant grants all")
	}
	refused(t, onWaypoint("action: CUSTOM, provider: {name: x, namespace: y}, rules: [{}]"), "spec.provider.namespace: unknown field")
}

func TestPeerAuthenticationsThatAreRejected(t *testing.T) {
	before := load(t, cloudWorld)
	with := func(spec string) *World {
		return load(t, cloudWorld+"\n---\nkind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: new, namespace: a}\nspec: "+spec)
	}
	for _, spec := range []string{"", "{mtls: {mode: STRICT}}", "{mtls: {mode: UNSET}}", "{mtls: {}}", "{selector: {matchLabels: {app: s}}, portLevelMtls: {'8080': {mode: STRICT}}}"} {
		if got := cloudedBy(t, before, with(spec)); len(got) > 0 {
			t.Errorf("%s clouds %s", spec, got)
		}
	}
	for _, spec := range []string{
		"{mtls: {mode: strict}}", "{mtls: {mode: [STRICT]}}", "{mtls: STRICT}", "{mtls: {mod: STRICT}}", "{portLevelMtls: {8080: {mode: STRICT}}}", "{selector: {}, portLevelMtls: {8080: {mode: STRICT}}}",
		"{selector: {matchLabels: {app: s}}, portLevelMtls: {'0': {mode: STRICT}}}", "{selector: {matchLabels: {app: s}}, portLevelMtls: {http: {mode: STRICT}}}",
		"{selector: {matchLabels: {app: s}}, portLevelMtls: {8080: {mode: ON}}}", "{selector: {matchLabels: {app: s}}, portLevelMtls: [8080]}", "{selector: {matchLabel: {app: s}}, mtls: {mode: STRICT}}",
		"{portLevelMtls: {}}", // the CRD asks for one at least
	} {
		if got := strings.Join(cloudedBy(t, before, with(spec)), ", "); got != "gateway, off mesh, pod, sidecar, waypoint" {
			t.Errorf("%s clouds %q", spec, got)
		}
	}
}
