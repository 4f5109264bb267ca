package dataplane

import (
	"fmt"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
)

// atL4Policies are the words that a policy can use at L4, each next to one that it could be mistaken for, and words of L7
// that are lost there.
var atL4Policies = []struct{ name, objects string }{
	{"any principal", allowAtL4(`from: [{source: {principals: ['*']}}]`)},
	{"not a principal", allowAtL4(`from: [{source: {notPrincipals: [cluster.local/ns/bob/sa/default-editor]}}]`)},
	{"the start of a principal", allowAtL4(`from: [{source: {principals: ['cluster.local/ns/b*']}}]`)},
	{"the end of a principal", allowAtL4(`from: [{source: {principals: ['*/sa/default-editor']}}]`)},
	{"a principal with its scheme", allowAtL4(`from: [{source: {principals: ['spiffe://cluster.local/ns/bob/sa/default-editor']}}]`)},
	{"the start of a namespace", allowAtL4(`from: [{source: {namespaces: ['re*']}}]`)},
	{"not a namespace", allowAtL4(`from: [{source: {notNamespaces: [bob]}}]`)},
	{"a namespace, and not a principal of it", allowAtL4(`from: [{source: {namespaces: [kubeflow], notPrincipals: [cluster.local/ns/kubeflow/sa/dashboard]}}]`)},
	{"a ServiceAccount of the own namespace", allowAtL4(`from: [{source: {serviceAccounts: [default-editor]}}]`)},
	{"not a ServiceAccount", allowAtL4(`from: [{source: {notServiceAccounts: [bob/default-editor]}}]`)},
	{"a port", allowAtL4(`to: [{operation: {ports: ['8888']}}]`)},
	{"not a port", allowAtL4(`to: [{operation: {notPorts: ['8888']}}]`)},
	{"a namespace and a port", allowAtL4(`from: [{source: {namespaces: [bob]}}], to: [{operation: {ports: ['8080']}}]`)},
	{"two sources", allowAtL4(`from: [{source: {namespaces: [bob]}}, {source: {namespaces: [research]}}]`)},
	{"a condition on the principal", allowAtL4(`when: [{key: source.principal, values: ['cluster.local/ns/bob/*']}]`)},
	{"a condition on the namespace, negated", allowAtL4(`when: [{key: source.namespace, notValues: [bob, kubeflow]}]`)},
	{"two conditions", allowAtL4(`when: [{key: source.namespace, values: [bob, kubeflow]}, {key: destination.port, values: ['8080']}]`)},
	{"everybody", allowAtL4(``)},
	{"an ALLOW with a path", allowAtL4(`from: [{source: {namespaces: [bob]}}], to: [{operation: {paths: [/lab]}}]`)},
	{"an ALLOW with a header", allowAtL4(`from: [{source: {namespaces: [bob]}}], when: [{key: 'request.headers[x]', values: [yes-please]}]`)},
	{"a DENY with a path and a port", atL4Policy(`{action: DENY, rules: [{to: [{operation: {paths: [/lab], ports: ['8888']}}]}]}`) + allowAtL4(``)},
	{"a DENY with a method only", atL4Policy(`{action: DENY, rules: [{to: [{operation: {methods: [PUT]}}]}]}`) + allowAtL4(``)},
	{"a DENY of all with a principal", atL4Policy(`{action: DENY, rules: [{from: [{source: {principals: ['*']}}]}]}`) + allowAtL4(``)},
	{"a DENY of a port", atL4Policy(`{action: DENY, rules: [{to: [{operation: {ports: ['8080']}}]}]}`) + allowAtL4(``)},
	{"a DENY of everybody", atL4Policy(`{action: DENY, rules: [{}]}`) + allowAtL4(``)},
	{"one workload", atL4Policy(`{action: ALLOW, selector: {matchLabels: {app: tet}}, rules: [{from: [{source: {namespaces: [bob]}}]}]}`)},
	{"the mesh", policy("istio-system", "l4", `{action: ALLOW, rules: [{from: [{source: {namespaces: [bob]}}]}]}`)},
	{"one workload, from the root namespace", policy("istio-system", "l4", `{action: DENY, selector: {matchLabels: {app: tet}}, rules: [{from: [{source: {namespaces: [bob]}}]}]}`) + "---\n" + allowAtL4(``)},
	{"a dry run", "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: dry, namespace: alice, annotations: {istio.io/dry-run: 'true'}}\nspec: {action: DENY, rules: [{}]}\n---\n" + allowAtL4(``)},
	{"only mTLS on one port", allowAtL4(``) + `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: alice}
spec: {selector: {matchLabels: {app: tet}}, mtls: {mode: PERMISSIVE}, portLevelMtls: {8888: {mode: STRICT}}}
`},
	{"mTLS except on one port", allowAtL4(``) + `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: alice}
spec: {selector: {matchLabels: {app: tet}}, mtls: {mode: STRICT}, portLevelMtls: {8888: {mode: PERMISSIVE}}}
`},
}

func atL4Policy(spec string) string { return policy("alice", "l4-a", spec) + "---\n" }

func allowAtL4(rule string) string {
	return policy("alice", "l4-b", "{action: ALLOW, rules: [{"+rule+"}]}") + "---\n"
}

// Who decides at L4, the stand-in or with ZTUNNEL a real ztunnel, decides each of them as the referee does, for callers of
// every kind at the pods' own addresses.
func TestPoliciesAtL4(t *testing.T) {
	needsPlane(t)
	var cases []question.Case
	for _, to := range []struct {
		service string
		port    int
	}{{"tet", 8888}, {"sklearn-iris-predictor", 8080}} {
		for _, from := range []question.From{
			{ServiceAccount: "alice/default-editor"}, {ServiceAccount: "bob/default-editor"}, {ServiceAccount: "research/default-editor"},
			{ServiceAccount: "kubeflow/dashboard"}, {ServiceAccount: "kubeflow/ml-pipeline-ui"}, {ServiceAccount: "alice/waypoint"}, {OffMesh: true},
		} {
			cases = append(cases, question.Case{Name: fmt.Sprintf("c%05d", len(cases)), Expect: "allow", From: from,
				To: question.To{Namespace: "alice", Service: to.service, Direct: true}, Request: question.Request{Path: "/lab", Port: to.port}})
		}
	}
	objects := base(t)
	var total question.Counts
	for _, p := range atL4Policies {
		t.Run(p.name, func(t *testing.T) {
			changed := add(t, objects, p.objects)
			total.Add(agree(t, become(t, changed), p.name, changed, cases, map[string]int{}))
		})
	}
	if total.Allowed == 0 || total.Allowed == total.Cases {
		t.Errorf("%d of %d connections are allowed, which proves nothing", total.Allowed, total.Cases)
	}
	note("policies at L4: %s decides %d connections under %d policies as the referee does; %d are allowed, %d NOT JUDGED", plane.L4(), total.Cases, len(atL4Policies), total.Allowed, total.NotJudged)
}
