package access

import (
	"strings"
	"testing"
)

// A claim about a Service is one about its pods: another Service that leads to them is a way in.
func TestClaimsKnowOtherServicesOfTheSamePods(t *testing.T) {
	const never = "\n  never:\n  - {name: c, from: {namespaces: [ben]}, to: {namespace: ann, service: web}}"
	const only = "\n  only:\n  - {name: c, to: {namespace: ann, service: web}, who: [{namespace: ann}]}"
	// The waypoint and the namespace itself come to the pods, and the policy is on the Service.
	base := edit(t, sharedWaypoint, "principals: [cluster.local/ns/infra/sa/both]", "principals: [cluster.local/ns/infra/sa/both, cluster.local/ns/ann/sa/web]")
	service := func(metadata, spec string) string {
		return "\n---\n{kind: Service, apiVersion: v1, metadata: {name: twin, namespace: ann" + metadata + "}, spec: {" + spec + "}}\n"
	}
	const same = "selector: {app: web}, ports: [{name: http, port: 8888, targetPort: 8080}]"
	fronted := service(", labels: {istio.io/use-waypoint: both, istio.io/use-waypoint-namespace: infra}", same)
	open := "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: twin, namespace: ann}, spec: {targetRefs: [{kind: Service, group: '', name: twin}], rules: [{}]}}\n"
	lax := edit(t, base, "principals: [cluster.local/ns/infra/sa/both, cluster.local/ns/ann/sa/web]", "namespaces: [infra, ann, ben]")
	for _, c := range []struct {
		name, world, more, want string
	}{
		{"no other", base, "", "deny"},
		{"another without a policy of its own", base, fronted, "allow"},
		{"another with one that is open", base, fronted + open, "allow"},
		{"another with one that is closed", base, fronted + strings.Replace(open, "rules: [{}]", "rules: [{from: [{source: {namespaces: [ann]}}]}]", 1), "deny"},
		{"another port of the pods", base, service("", "selector: {app: web}, ports: [{name: http, port: 9090}]"), "deny"},
		{"other pods", base, service("", "selector: {app: other}, ports: [{name: http, port: 80, targetPort: 8080}]"), "deny"},
		{"one that leads past the waypoint to closed pods", base, service(", labels: {istio.io/use-waypoint: none}", same), "deny"},
		{"a headless one before closed pods", base, service("", "clusterIP: None, "+same), "deny"},
		{"a port by a name that no container has leads nowhere", base, service("", "selector: {app: web}, ports: [{name: http, port: 81, targetPort: web}]"), "deny"},
	} {
		for shape, spec := range map[string]string{"never": never, "only": only} {
			r := proofs(t, load(t, c.world+c.more), spec)[0]
			ok := c.want == "deny"
			if r.OK != ok || !ok && (r.Got != "allow" || !strings.Contains(r.By, "Service ann/twin leads to the same pods: ")) {
				t.Errorf("%s, %s: got %s (%v) by %s", c.name, shape, r.Got, r.OK, r.By)
			}
		}
	}
	// The pods' addresses are asked for anyway.
	if r := proofs(t, load(t, lax+service(", labels: {istio.io/use-waypoint: none}", same)), never)[0]; r.OK {
		t.Errorf("open pods: got %s by %s", r.Got, r.By)
	}
}

// A Notebook's Service is one of the controller's, whose pods another Service may select.
func TestClaimsKnowOtherServicesOfANotebook(t *testing.T) {
	const claim = "\n  never:\n  - {name: c, from: {namespaces: [ben]}, to: {namespace: ann, service: lab}}"
	notebook := edit(t, sharedWaypoint, "{kind: Service, apiVersion: v1, metadata: {name: web, namespace: ann}", "{kind: Notebook, apiVersion: kubeflow.org/v1, metadata: {name: lab, namespace: ann}, spec: {template: {spec: {containers: [{name: lab}]}}}}\n---\n{kind: Service, apiVersion: v1, metadata: {name: web, namespace: ann}")
	notebook = edit(t, notebook, "group: '', name: web}]", "group: '', name: lab}]")
	if r := proofs(t, load(t, notebook), claim)[0]; !r.OK {
		t.Fatalf("alone: got %s by %s", r.Got, r.By)
	}
	r := proofs(t, load(t, notebook+"\n---\n{kind: Service, apiVersion: v1, metadata: {name: mine, namespace: ann}, spec: {selector: {notebook-name: lab}, ports: [{name: http, port: 80, targetPort: 8888}]}}\n"), claim)[0]
	if r.OK || !strings.Contains(r.By, "Service ann/mine leads to the same pods") {
		t.Errorf("with another Service: got %s (%v) by %s", r.Got, r.OK, r.By)
	}
}
