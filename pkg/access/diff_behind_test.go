package access

import (
	"strings"
	"testing"
)

// A Service that leads to other pods gives its clients access to these, although nothing about the Service or the pods' addresses changes.
func TestDiffKnowsWhatIsBehindAService(t *testing.T) {
	const old = sharedWaypoint + `---
{kind: Service, apiVersion: v1, metadata: {name: open, namespace: ann}, spec: {selector: {app: open}, ports: [{name: http, port: 80, targetPort: 8080}]}}
---
{kind: Deployment, apiVersion: apps/v1, metadata: {name: open, namespace: ann}, spec: {template: {metadata: {labels: {app: open}}, spec: {containers: [{name: c, ports: [{containerPort: 8080}, {containerPort: 9090}]}]}}}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: open, namespace: ann}, spec: {targetRefs: [{kind: Service, group: '', name: open}], rules: [{from: [{source: {namespaces: [ben]}}]}]}}
`
	const service = "name: open, namespace: ann}, spec: {selector: {app: open}, ports: [{name: http, port: 80, targetPort: 8080}]"
	const both = "{kind: Service, apiVersion: v1, metadata: {name: open, namespace: ann}, spec: {selector: {app: open}"
	for _, c := range []struct{ name, text, says string }{
		{"nothing changes", old, ""},
		{"its selector", edit(t, old, both, strings.Replace(both, "app: open", "app: web", 1)), "pods of Deployment web of ann: Service ann/open leads to them now"},
		{"the labels of pods", edit(t, old, "labels: {app: web}}, spec", "labels: {app: web, tier: x}}, spec"), ""},
		{"the selector and the labels of pods", edit(t, edit(t, old, both, strings.Replace(both, "app: open", "tier: x", 1)), "labels: {app: web}}, spec", "labels: {app: web, tier: x}}, spec"), "pods of Deployment web of ann"},
		{"both by another label", edit(t, edit(t, old, both, strings.Replace(both, "app: open", "is: open", 1)), "labels: {app: open}}, spec", "labels: {app: open, is: open}}, spec"), ""},
		{"to another port of the pods", edit(t, old, service, strings.Replace(service, "8080", "9090", 1)), "pods of Deployment open of ann"},
		{"to a port that the pods have since", edit(t, edit(t, old, service, strings.Replace(service, "8080", "7070", 1)), "{containerPort: 8080}, {containerPort: 9090}", "{containerPort: 7070}, {containerPort: 9090}"), ""},
	} {
		got := strings.Join(diffOf(t, old, c.text).Unknown, "; ")
		if c.says == "" && strings.Contains(got, "leads to them now") || c.says != "" && !strings.Contains(got, c.says) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.says)
		}
	}
	// Nobody reaches the Service.
	shut := strings.Replace(old, "rules: [{from: [{source: {namespaces: [ben]}}]}]}}\n", "action: ALLOW}}\n", 1)
	if got := diffOf(t, shut, edit(t, shut, both, strings.Replace(both, "app: open", "app: web", 1))).Unknown; len(got) > 0 {
		t.Errorf("behind a Service that is closed: got %q", got)
	}
}
