package dataplane

import (
	"slices"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// changedWorlds are the base world with one thing changed: what people add, forget, remove or label. In most of them
// someone reaches more or less than before.
var changedWorlds = []struct {
	name   string
	change func(*testing.T, []*kube.Object) []*kube.Object
}{
	{"a namespace may call alice", adds(policy("alice", "debug", `{action: ALLOW, `+onWaypoint+`, rules: [{from: [{source: {namespaces: [istio-system, bob]}}]}]}`))},
	{"alice is open to all", adds(policy("alice", "all", `{action: ALLOW, `+onWaypoint+`, rules: [{}]}`))},
	{"the ingress may POST to alice", adds(policy("alice", "post", `{action: ALLOW, `+onWaypoint+`, rules: [{from: [{source: {principals: [`+ingressPrincipal+`]}}], to: [{operation: {methods: [POST]}}]}]}`))},
	{"a DENY by principal at ztunnel", adds(policy("alice", "deny", `{action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/kubeflow/sa/ml-pipeline-ui, cluster.local/ns/alice/sa/default-editor]}}]}]}`))},
	{"a DENY by path at ztunnel", adds(policy("alice", "deny", `{action: DENY, rules: [{to: [{operation: {paths: ['/metrics*']}}]}]}`))},
	{"a DENY by path at the waypoint", adds(policy("alice", "deny", `{action: DENY, `+onWaypoint+`, rules: [{to: [{operation: {paths: ['/metrics*', '*/api/kernels']}}]}]}`))},
	{"a DENY by path in the root namespace", adds(policy("istio-system", "deny", `{action: DENY, rules: [{to: [{operation: {paths: ['/notebook*']}}]}]}`))},
	{"a DENY by method at every waypoint", adds(policy("istio-system", "deny", `{action: DENY, targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{to: [{operation: {notMethods: [GET, POST]}}]}]}`))},
	{"a DENY of other namespaces at ztunnel", adds(policy("alice", "deny", `{action: DENY, rules: [{from: [{source: {notNamespaces: [alice]}}]}]}`))},
	{"an ALLOW by port at ztunnel", adds(policy("alice", "allow", `{action: ALLOW, rules: [{to: [{operation: {ports: ['8080']}}]}]}`))},
	{"an ALLOW by ServiceAccount at ztunnel", adds(policy("alice", "allow", `{action: ALLOW, rules: [{from: [{source: {serviceAccounts: [bob/default-editor]}}]}]}`))},
	{"an ALLOW by header patterns on a Service", adds(policy("alice", "allow", `{action: ALLOW, `+onService("tet")+`, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['bob@*', '*ita@example.com']}]}]}`))},
	{"an ALLOW by host on a Service", adds(policy("alice", "allow", `{action: ALLOW, `+onService("sklearn-iris-predictor")+`, rules: [{to: [{operation: {hosts: ['sklearn-iris-alice.example.com']}}]}]}`))},
	{"an ALLOW by path template", adds(policy("alice", "allow", `{action: ALLOW, `+onWaypoint+`, rules: [{to: [{operation: {paths: ['/notebook/{*}/tet/{**}']}}]}]}`))},
	{"an ALLOW by negated paths", adds(policy("bob", "allow", `{action: ALLOW, `+onWaypoint+`, rules: [{to: [{operation: {notPaths: ['/metrics', '/notebook/*', '*/api/kernels']}}]}]}`))},
	{"the ingress denies bob's session", adds(policy("istio-system", "deny", `{action: DENY, `+onIngress+`, rules: [{when: [{key: 'request.auth.claims[email]', values: [bob@example.com]}]}]}`))},
	{"the ingress denies the cluster's tokens", adds(policy("istio-system", "deny", `{action: DENY, `+onIngress+`, rules: [{from: [{source: {requestPrincipals: ['https://kubernetes.default.svc.cluster.local/*']}}]}]}`))},
	{"the ingress denies a group", adds(policy("istio-system", "deny", `{action: DENY, `+onIngress+`, rules: [{to: [{operation: {paths: ['/notebook/*']}}], when: [{key: 'request.auth.claims[groups]', values: [users]}]}]}`))},
	{"a route without a login path", adds(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: more, namespace: bob}
spec:
  parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /notebook/alice/tet/metrics}}, {path: {type: Exact, value: /jupyter/metrics}}]
    backendRefs: [{name: nb, port: 80}]
`)},
	{"a host with routes of its own", adds(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: claim, namespace: bob}
spec:
  hostnames: [kubeflow.example.com]
  parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /notebook/bob/nb}}]
    backendRefs: [{name: nb, port: 80}]
`)},
	{"no L4 policy for alice", removes("AuthorizationPolicy/alice/ns-l4-waypoint")},
	{"no policy for alice", removes("AuthorizationPolicy/alice/ns-owner-access-istio-l7-allow")},
	{"no token policy for research", removes("AuthorizationPolicy/research/ns-l7-allow-k8s-token")},
	{"no default deny for waypoints", removes("AuthorizationPolicy/istio-system/waypoint-allow-nothing")},
	{"no default deny for the mesh", removes("AuthorizationPolicy/istio-system/global-deny-all")},
	{"no rule for Kubernetes tokens", removes("RequestAuthentication/istio-system/m2m-token-issuer")},
	{"no rule for sessions", removes("RequestAuthentication/istio-system/dex-jwt")},
	{"no guard against forged headers", removes("AuthorizationPolicy/istio-system/ambient-ingressgateway-no-forged-identity")},
	{"no token is required at the ingress", removes("AuthorizationPolicy/istio-system/istio-ingressgateway-require-jwt")},
	{"no login at the ingress", removes("AuthorizationPolicy/istio-system/istio-ingressgateway-oauth2-proxy")},
	{"no policy for the pipelines' UI", removes("AuthorizationPolicy/kubeflow/ml-pipeline-ui")},
	{"a Service without its waypoint", labels("Service/alice/tet", "istio.io/use-waypoint", "none")},
	{"a Service past its waypoint from the ingress", labels("Service/alice/tet", "istio.io/ingress-use-waypoint", "false")},
	{"a namespace past its waypoint from the ingress", labels("Namespace/bob", "istio.io/ingress-use-waypoint", "false")},
	{"routes that make everybody alice", adds(objectsOf(impersonations[:2]))},
	{"routes that make everybody alice, and tokens are verified again", both(configures("  cluster:\n", verifyTokens), adds(objectsOf(impersonations[:2])))},
	{"a pod that left the mesh", adds(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: tet, namespace: alice}
spec:
  selector: {matchLabels: {app: tet}}
  template:
    metadata: {labels: {app: tet, istio.io/dataplane-mode: none}}
    spec: {serviceAccountName: default-editor, containers: [{name: main, image: "example.com/tet:1"}]}
`)},
	{"only mTLS for alice", adds("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: strict, namespace: alice}\nspec: {mtls: {mode: STRICT}}\n")},
	{"only mTLS for alice, and no L4 policy", both(removes("AuthorizationPolicy/alice/ns-l4-waypoint"), adds("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: strict, namespace: alice}\nspec: {mtls: {mode: STRICT}}\n"))},
	{"a Service behind the waypoint of another namespace", both(labels("Service/alice/tet", "istio.io/use-waypoint", "waypoint"), labels("Service/alice/tet", "istio.io/use-waypoint-namespace", "bob"))},
	{"tokens are verified again", configures("  cluster:\n", verifyTokens)},
	{"tokens are verified again, without the guard at the ingress", both(configures("  cluster:\n", verifyTokens), removes(guard))},
	{"a strict configuration", configures("  cluster:\n", "  access: {sameNamespacePods: false, openPaths: [/healthz], visualizationServer: false}\n  cluster:\n    controllers: Restrict\n    tokens: {audiences: ['*']}\n")},
	{"monitoring and no open paths", configures("  cluster:\n", "  access: {openPaths: [], monitoring: [{serviceAccount: kubeflow/dashboard, ports: [8888]}]}\n  cluster:\n")},
	{"an account as owner", configures("owner: {name: bob@example.com}", "owner: {kind: ServiceAccount, name: alice/default-editor}")},
	{"a group as owner", configures("owner: {name: bob@example.com}", "owner: {kind: Group, name: users}")},
	{"a namespace that left the mesh", labels("Namespace/research", "istio.io/dataplane-mode", "none")},
}

// waysOf are ways through the ingress that only some worlds have.
var waysOf = map[string][]question.Way{
	"routes that make everybody alice":                                {forgeHostname, forgeExternalName},
	"routes that make everybody alice, and tokens are verified again": {forgeHostname, forgeExternalName},
}

var (
	forgeHostname     = question.Way{Namespace: "alice", Service: "tet", Host: question.Host, Path: "/notebook/bob/forge-hostname"}
	forgeExternalName = question.Way{Namespace: "alice", Service: "tet", Host: question.Host, Path: "/notebook/bob/forge-externalname"}
)

const (
	ingressPrincipal = "cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio"
	onWaypoint       = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]"
	onIngress        = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]"
)

func onService(name string) string {
	return "targetRefs: [{group: '', kind: Service, name: " + name + "}]"
}

func policy(namespace, name, spec string) string {
	return "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec: " + spec + "\n"
}

func adds(text string) func(*testing.T, []*kube.Object) []*kube.Object {
	return func(t *testing.T, objects []*kube.Object) []*kube.Object { return add(t, objects, text) }
}

// configures renders the base world from another configuration.
func configures(old, changed string) func(*testing.T, []*kube.Object) []*kube.Object {
	return func(t *testing.T, _ []*kube.Object) []*kube.Object {
		t.Helper()
		objects, _ := render(t, configured(t, old, changed))
		return objects
	}
}

func both(first, second func(*testing.T, []*kube.Object) []*kube.Object) func(*testing.T, []*kube.Object) []*kube.Object {
	return func(t *testing.T, objects []*kube.Object) []*kube.Object {
		t.Helper()
		return second(t, first(t, objects))
	}
}

func removes(name string) func(*testing.T, []*kube.Object) []*kube.Object {
	return func(t *testing.T, objects []*kube.Object) []*kube.Object {
		t.Helper()
		i := find(t, objects, name)
		return slices.Delete(slices.Clone(objects), i, i+1)
	}
}

func labels(name, key, value string) func(*testing.T, []*kube.Object) []*kube.Object {
	return func(t *testing.T, objects []*kube.Object) []*kube.Object {
		t.Helper()
		i := find(t, objects, name)
		world := slices.Clone(objects)
		world[i] = world[i].DeepCopy()
		have := world[i].GetLabels()
		if have == nil {
			have = map[string]string{}
		}
		have[key] = value
		world[i].SetLabels(have)
		return world
	}
}

func find(t *testing.T, objects []*kube.Object, name string) int {
	t.Helper()
	i := slices.IndexFunc(objects, func(o *kube.Object) bool { return kube.Name(o) == name })
	if i < 0 {
		t.Fatalf("the base world has no %s", name)
	}
	return i
}
