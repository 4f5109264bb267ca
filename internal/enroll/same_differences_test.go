package enroll

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

func nodeOf(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return n.Content[0]
}

// What replacing an object changes, field by field, and what the changes mean.
func TestWhatReplacingAnObjectChanges(t *testing.T) {
	input := survey.NewIndex(profile.Spec{}, nil)
	const lost = "manual edits and earlier patches to it are lost"
	for _, test := range []struct{ name, kind, was, is, changes, effect string }{
		{"the order of keys", "Service", "{a: 1, b: [x]}", "{b: [x], a: 1}", "", lost},
		{"a value", "Service", "{type: NodePort}", "{type: ClusterIP}", "spec.type was NodePort and is ClusterIP", lost},
		{"a port", "Service", "{ports: [{name: web, port: 81}]}", "{ports: [{name: web, port: 80}]}", "spec.ports[0].port was 81 and is 80", "clients of its old ports no longer reach it and " + lost},
		{"a list of texts", "Deployment", "{args: [a, b]}", "{args: [a]}", "spec.args was [a, b] and is [a]", lost},
		{"the login of the old gateway", "RequestAuthentication", "{selector: {matchLabels: {istio: ingressgateway}}}", "{targetRefs: [{kind: Gateway, name: front}]}",
			"spec.selector was {matchLabels: {istio: ingressgateway}} and is gone, spec.targetRefs is new with [{kind: Gateway, name: front}]",
			"the old gateway no longer verifies these tokens while it still serves what is routed there and " + lost},
		{"the tokens of other pods", "RequestAuthentication", "{selector: {matchLabels: {app: shop}}}", "{}", "spec.selector was {matchLabels: {app: shop}} and is gone", "the pods that it selected no longer verify these tokens and " + lost},
		{"an issuer that is gone, whatever its index is", "RequestAuthentication", "{jwtRules: [{issuer: https://a}, {issuer: https://b, audiences: [x]}]}", "{jwtRules: [{issuer: https://b, audiences: [z]}]}",
			`spec.jwtRules[0] was {issuer: "https://a"} and is gone, spec.jwtRules[1].audiences was [x] and is [z]`,
			"tokens of https://a are no longer verified, tokens for other audiences than those are refused and " + lost},
		{"a rule of a policy", "AuthorizationPolicy", "{rules: [{from: [{source: {namespaces: [a, b]}}]}]}", "{rules: [{from: [{source: {namespaces: [a]}}]}]}",
			"spec.rules[0].from[0].source.namespaces was [a, b] and is [a]", "requests that only its old rules matched are decided by the new ones and " + lost},
		{"the action that policies have by default", "AuthorizationPolicy", "{}", "{action: ALLOW}", "", lost},
		{"another action", "AuthorizationPolicy", "{action: AUDIT}", "{action: ALLOW}", "spec.action was AUDIT and is ALLOW", lost},
		{"more than a message holds", "Service", "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}", "{}",
			"spec.a was 1 and is gone, spec.b was 1 and is gone, spec.c was 1 and is gone, spec.d was 1 and is gone, spec.e was 1 and is gone, spec.f was 1 and is gone, spec.g was 1 and is gone, spec.h was 1 and is gone, 1 more", lost},
		{"a long value", "Service", "{a: " + strings.Repeat("x", 200) + "}", "{}", "spec.a was " + strings.Repeat("x", 60) + "..." + strings.Repeat("x", 60) + " and is gone", lost},
		{"long values that differ in the middle", "Service", "{a: [" + strings.Repeat("x, ", 50) + "old, " + strings.Repeat("z, ", 50) + "z]}", "{a: [" + strings.Repeat("x, ", 50) + "new, " + strings.Repeat("z, ", 50) + "z]}",
			"spec.a was ..., x, x, x, x, x, x, old, z, z, z, z, z, z, ... and is ..., x, x, x, x, x, x, new, z, z, z, z, z, z, ...", lost},
		{"long values of which one goes on", "Service", "{a: [" + strings.Repeat("x, ", 50) + "x]}", "{a: [" + strings.Repeat("x, ", 50) + "x, more]}",
			"spec.a was ... x, x, x, x, x, x, x] and is ... x, x, x, x, x, x, x, more]", lost},
		{"long values that differ at both ends", "Service", "{a: [one, " + strings.Repeat("x, ", 50) + "two]}", "{a: [three, " + strings.Repeat("x, ", 50) + "four]}",
			"spec.a was [one, " + strings.Repeat("x, ", 18) + "..." + strings.Repeat(", x", 18) + ", two] and is [three, " + strings.Repeat("x, ", 17) + "x... " + strings.Repeat("x, ", 18) + "four]", lost},
	} {
		item := manifest.NewItem(nodeOf(t, "{kind: "+test.kind+", metadata: {name: a, namespace: istio-system}}"))
		all := differences("spec", nodeOf(t, test.was), nodeOf(t, test.is))
		if got := changesNamed(all); got != test.changes {
			t.Errorf("%s:\n- %s\n+ %s", test.name, test.changes, got)
		}
		if got := whatIsLost(input, item, all); got != test.effect {
			t.Errorf("%s:\n- %s\n+ %s", test.name, test.effect, got)
		}
	}
}

// A Deployment keeps the selector that it has in the cluster, unless our labels would be lost.
func TestASelectorThatTheAPIServerWouldRefuseIsNotWritten(t *testing.T) {
	const ours = "{spec: {selector: {matchLabels: {name: p}}, template: {metadata: {labels: {name: p}}}}}"
	for _, test := range []struct{ name, item, selector, labels string }{
		{"another selector", "{kind: Deployment, spec: {selector: {matchLabels: {app: q}}}}", "{matchLabels: {app: q}}", "{name: p, app: q}"},
		{"the same key", "{kind: Deployment, spec: {selector: {matchLabels: {app: q, name: r}}}}", "{matchLabels: {name: p}}", "{name: p}"},
		{"expressions", "{kind: Deployment, spec: {selector: {matchLabels: {app: q}, matchExpressions: [{key: a, operator: Exists}]}}}", "{matchLabels: {name: p}}", "{name: p}"},
		{"a Service", "{kind: Service, spec: {selector: {matchLabels: {app: q}}}}", "{matchLabels: {name: p}}", "{name: p}"},
	} {
		fresh := nodeOf(t, ours)
		keepSelector(manifest.NewItem(nodeOf(t, test.item)), fresh)
		if got := inline(manifest.Field(fresh, "spec", "selector")); got != test.selector {
			t.Errorf("%s: selector %s, want %s", test.name, got, test.selector)
		}
		if got := inline(manifest.Field(fresh, "spec", "template", "metadata", "labels")); got != test.labels {
			t.Errorf("%s: labels %s, want %s", test.name, got, test.labels)
		}
	}
}
