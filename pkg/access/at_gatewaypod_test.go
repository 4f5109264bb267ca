package access

import (
	"strings"
	"testing"
)

// A Gateway's labels go to its pods, after those that istiod has for a waypoint.
func TestPodsOfAWaypoint(t *testing.T) {
	before := load(t, cloudWorld)
	const meta, class = "metadata: {name: waypoint, namespace: a", "spec: {gatewayClassName: istio-waypoint, "
	const all = "gateway, gateway no, waypoint, waypoint no"
	for _, c := range []struct{ old, with, want string }{
		{meta, meta + ", labels: {istio.io/dataplane-mode: none}", ""},
		{meta, meta + ", labels: {istio.io/dataplane-mode: ambient}", all},
		{meta, meta + ", labels: {sidecar.istio.io/inject: 'true'}", all},
		{class, class + "infrastructure: {labels: {istio.io/dataplane-mode: ambient}}, ", all},
		{class, class + "infrastructure: {labels: {sidecar.istio.io/inject: 'true'}}, ", all},
		{class, class + "infrastructure: {labels: {app: x}}, ", ""},
		{class, class + "addresses: [{type: Hostname, value: wp.a.svc.cluster.local}], ", all},
		{class, class + "addresses: [{value: 10.0.0.1}, {value: 10.0.0.2}], ", all},
		{class, class + "addresses: [{value: 10.0.0.1}], ", ""},
		{"port: 15008, protocol: HBONE", "port: 15009, protocol: HBONE", all},
		{"port: 15008, protocol: HBONE", "port: 15008, protocol: HTTP", all},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, edit(t, cloudWorld, c.old, c.with))), ", "); got != c.want {
			t.Errorf("%s clouds %q, want %q", c.with, got, c.want)
		}
	}
}

// istiod serves the Gateways of its own revision: by their label, else by that of their Namespace.
func TestGatewaysOfARevision(t *testing.T) {
	const istiod = "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod%s, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: 'pilot:1.31.0', env: [{name: REVISION, value: '%s'}]}]}}}"
	const tag = "\n---\nkind: MutatingWebhookConfiguration\napiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: t, labels: {istio.io/rev: canary, istio.io/tag: prod}}\nwebhooks: []"
	run := func(suffix, revision string) string {
		return strings.NewReplacer("istiod%s", "istiod"+suffix, "'%s'", "'"+revision+"'").Replace(istiod)
	}
	labelled := func(revision string) string {
		return edit(t, cloudWorld, "metadata: {name: waypoint, namespace: a", "metadata: {name: waypoint, namespace: a, labels: {istio.io/rev: "+revision+"}")
	}
	inNamespace := edit(t, edit(t, cloudWorld, "labels: {app: s}", "labels: {app: s, sidecar.istio.io/inject: 'false'}"), "istio.io/dataplane-mode: ambient,", "istio.io/dataplane-mode: ambient, istio.io/rev: canary,")
	const all = "gateway, gateway no, waypoint, waypoint no"
	for _, c := range []struct{ text, want string }{
		{cloudWorld + run("", "default"), ""},
		{labelled("canary"), ""},
		{labelled("canary") + run("", "default"), all},
		{labelled("canary") + run("", "default") + run("-canary", "canary"), ""},
		{labelled("prod") + run("", "default") + run("-canary", "canary") + tag, ""},
		{labelled("other") + run("", "default") + run("-canary", "canary") + tag, all},
		{labelled("default") + run("-canary", "canary"), ""}, // whether it is the default one too a webhook of the cluster says
		{inNamespace + run("", "default") + run("-canary", "canary"), ""},
		{inNamespace + run("", "default"), all},
	} {
		if got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:%s", got, c.want, c.text[len(cloudWorld)-200:])
		}
	}
}
