package fn

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// sidecarWorld is a cluster of the sidecar era with random policies in the namespaces of a profile,
// of Kubeflow, of the ingress Gateway and of the root.
type sidecarWorld struct {
	policies []sidecarPolicy
	// tokensAt selects the pods of alice that read tokens; nil: all.
	tokensAt map[string]string
	gateway  string
	// insideOnly: policies of gateways name ports, which are others today; then nobody asks there.
	insideOnly bool
}

const (
	oldIngress = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
	inAlice    = "cluster.local/ns/alice/sa/"
)

var oldGatewayPod = map[string]string{"app": "istio-ingressgateway", "istio": "ingressgateway", "release": "one"}

// The Services of the world with the pods behind each; mixed leads to two kinds of pod.
var sidecarPods = []workload{
	{"alice", "one", 80, 8080, map[string]string{"app": "one"}},
	{"alice", "two", 9090, 9090, map[string]string{"app": "two", "tier": "x"}},
	{"alice", "mixed", 81, 8080, map[string]string{"app": "m1", "part": "mixed", "tier": "x"}},
	{"alice", "mixed", 81, 8080, map[string]string{"app": "m2", "part": "mixed"}},
	{"kubeflow", "ml-pipeline", 8888, 8888, map[string]string{"app": "ml-pipeline"}},
	{"kubeflow", "ml-pipeline-ui", 80, 3000, map[string]string{"app": "ml-pipeline-ui"}},
	{"kubeflow", "profiles-kfam", 8081, 8081, map[string]string{"app": "profile-controller"}},
}

// alwaysThere are the policies that Kubeflow and its controllers bring.
var alwaysThere = []sidecarPolicy{
	{"alice", "ns-owner-access-istio", "ALLOW", nil, []sidecarRule{
		{from: []conditions{{"principals": {oldIngress, "cluster.local/ns/kubeflow/sa/ml-pipeline-ui"}}}, when: []conditions{{"request.headers[kubeflow-userid]": {"alice@example.com"}}}},
		{when: []conditions{{"source.namespace": {"alice"}}}},
		{to: []conditions{{"paths": {"/healthz", "/metrics", "/wait-for-drain"}}}},
		{from: []conditions{{"principals": {"cluster.local/ns/kubeflow/sa/notebook-controller-service-account"}}}, to: []conditions{{"methods": {"GET"}, "paths": {"*/api/kernels"}}}},
	}},
	{"istio-system", "global-deny-all", "ALLOW", nil, nil},
	{"istio-system", "istio-ingressgateway", "ALLOW", map[string]string{"app": "istio-ingressgateway", "istio": "ingressgateway"}, []sidecarRule{{}}},
	{"kubeflow", "ml-pipeline", "ALLOW", map[string]string{"app": "ml-pipeline"}, []sidecarRule{
		{from: []conditions{{"principals": {"cluster.local/ns/kubeflow/sa/ml-pipeline", "cluster.local/ns/kubeflow/sa/ml-pipeline-ui", "cluster.local/ns/kubeflow/sa/ml-pipeline-persistenceagent", "cluster.local/ns/kubeflow/sa/ml-pipeline-scheduledworkflow", "cluster.local/ns/kubeflow/sa/ml-pipeline-viewer-crd-service-account", "cluster.local/ns/kubeflow/sa/kubeflow-pipelines-cache"}}}},
		{when: []conditions{{"notrequest.headers[kubeflow-userid]": {"*"}}}},
	}},
	{"kubeflow", "ml-pipeline-ui", "ALLOW", map[string]string{"app": "ml-pipeline-ui"}, []sidecarRule{{from: []conditions{{"principals": {oldIngress}}}}}},
	{"kubeflow", "profiles-kfam", "ALLOW", map[string]string{"app": "profile-controller"}, []sidecarRule{{from: []conditions{{"principals": {"cluster.local/ns/kubeflow/sa/dashboard"}}}}}},
}

func newSidecarWorld(r *rand.Rand) *sidecarWorld {
	s := &sidecarWorld{policies: alwaysThere[:len(alwaysThere):len(alwaysThere)], gateway: pick(r, "istio-system/ambient-ingressgateway", "edge/front")}
	if r.IntN(2) == 0 {
		s.tokensAt = map[string]string{"app": "one"}
	}
	s.insideOnly = r.IntN(4) == 0
	for i := range 1 + r.IntN(4) {
		s.policies = append(s.policies, s.randomPolicy(r, fmt.Sprintf("p%d", i)))
	}
	return s
}

func (s *sidecarWorld) randomPolicy(r *rand.Rand, name string) sidecarPolicy {
	p := sidecarPolicy{namespace: pick(r, "alice", "alice", "kubeflow", "istio-system"), name: name, action: pick(r, "DENY", "DENY", "DENY", "ALLOW")}
	ports, tokens := true, true
	switch p.namespace {
	case "alice":
		p.selector = pickOne(r, nil, nil, map[string]string{"app": "one"}, map[string]string{"tier": "x"}, map[string]string{"part": "mixed"}, map[string]string{"app": "none"})
	case "kubeflow":
		p.selector = pickOne(r, nil, map[string]string{"app": "ml-pipeline"}, map[string]string{"app": "ml-pipeline-ui"}, map[string]string{"app": "profile-controller"})
		tokens = false
	default:
		p.selector = pickOne(r, nil, map[string]string{"istio": "ingressgateway"}, map[string]string{"release": "one"}, map[string]string{"app": "one"}, map[string]string{"app": "ml-pipeline"})
		ports = p.selector["app"] != "" || p.selector == nil && s.insideOnly
		tokens = false
		if p.selector["istio"]+p.selector["release"] != "" {
			p.action = "DENY" // next to a policy that allows every client, an ALLOW has no effect
		}
	}
	for range 1 + r.IntN(3) {
		p.rules = append(p.rules, randomRule(r, ports, tokens))
	}
	return p
}

func pickOne[V any](r *rand.Rand, from ...V) V { return from[r.IntN(len(from))] }

func randomRule(r *rand.Rand, ports, tokens bool) sidecarRule {
	var rule sidecarRule
	for range r.IntN(3) {
		rule.from = append(rule.from, randomSource(r, tokens))
	}
	for range r.IntN(3) {
		operation := conditions{}
		if ports && r.IntN(2) == 0 {
			operation[pick(r, "ports", "notPorts")] = []string{pick(r, "8080", "9090", "8888", "3000", "8081")}
		}
		if len(operation) == 0 || r.IntN(2) == 0 {
			operation[pick(r, "paths", "notPaths")] = []string{pick(r, "/one/x", "/two/*", "*/admin", "/x", "/pipeline/x")}
		}
		if r.IntN(4) == 0 {
			operation["methods"] = []string{pick(r, "GET", "DELETE")}
		}
		rule.to = append(rule.to, operation)
	}
	for range r.IntN(4) / 2 {
		key := pick(r, "request.headers[kubeflow-userid]", "source.namespace", "source.principal", "destination.port")
		value := map[string]string{
			"request.headers[kubeflow-userid]": pick(r, "alice@example.com", "*", "mallory*"), "source.namespace": pick(r, "alice", "tools", "istio-system"),
			"source.principal": pick(r, inAlice+"untrusted", oldIngress), "destination.port": pick(r, "8080", "9090"),
		}[key]
		if key == "destination.port" && !ports {
			continue
		}
		rule.when = append(rule.when, conditions{pick(r, "", "not") + key: {value}})
	}
	return rule
}

func randomSource(r *rand.Rand, tokens bool) conditions {
	source := conditions{}
	not := pick(r, "", "", "not")
	title := func(key string) string {
		if not == "" {
			return key
		}
		return "not" + strings.ToUpper(key[:1]) + key[1:]
	}
	switch r.IntN(4) {
	case 0:
		source[title("namespaces")] = []string{pick(r, "alice", "tools", "istio-system")}
	case 1:
		source[title("serviceAccounts")] = []string{pick(r, "untrusted", "alice/untrusted", "tools/tool", "istio-system/istio-ingressgateway-service-account")}
	case 2:
		source[title("principals")] = []string{pick(r, inAlice+"untrusted", oldIngress, inAlice+"*", "*/sa/tool", "*", inAlice+"waypoint", "*istio-ingressgateway-service-account")}
	}
	if tokens && (len(source) == 0 || r.IntN(4) == 0) {
		source[pick(r, "requestPrincipals", "notRequestPrincipals")] = []string{"*"}
	}
	if len(source) == 0 {
		source["namespaces"] = []string{"tools"}
	}
	return source
}

func (s *sidecarWorld) config() string {
	return fmt.Sprintf(`apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
  ingress: {gateway: %s}
  access: {visualizationServer: false}
  cluster: {platform: {enabled: true}, kserve: {enabled: false}}
  profiles: [{name: alice, owner: {name: alice@example.com}}]
`, s.gateway)
}

func (s *sidecarWorld) policiesText() string {
	var out []string
	for _, p := range s.policies {
		out = append(out, p.text())
	}
	return strings.Join(out, "---\n")
}

func (s *sidecarWorld) manifests() string {
	var out strings.Builder
	for _, ns := range []string{"alice", "kubeflow", "tools"} {
		mode := "istio-injection: enabled"
		if ns == "tools" {
			mode = "istio.io/dataplane-mode: ambient"
		}
		fmt.Fprintf(&out, "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {%s}, annotations: {owner: alice@example.com}}\n---\n", ns, mode)
	}
	out.WriteString("apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: edge}\n---\n")
	fmt.Fprintf(&out, deploymentText, "istio-ingressgateway", "istio-system", flowMap(oldGatewayPod), "istio-ingressgateway-service-account")
	seen := map[string]bool{}
	for _, pod := range sidecarPods {
		fmt.Fprintf(&out, deploymentText, pod.labels["app"], pod.namespace, flowMap(pod.labels), "default")
		if seen[pod.service] {
			continue
		}
		seen[pod.service] = true
		selector := map[string]string{"app": pod.labels["app"]}
		if pod.service == "mixed" {
			selector = map[string]string{"part": "mixed"}
		}
		fmt.Fprintf(&out, "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: %s}\nspec: {selector: %s, ports: [{name: http, port: %d, targetPort: %d}]}\n---\n",
			pod.service, pod.namespace, flowMap(selector), pod.port, pod.podPort)
		namespace, name, _ := strings.Cut(s.gateway, "/")
		if pod.namespace == "alice" {
			fmt.Fprintf(&out, routeText, pod.service, name, namespace, pod.service, pod.service, pod.port)
		}
	}
	selector := ""
	if s.tokensAt != nil {
		selector = "selector: {matchLabels: " + flowMap(s.tokensAt) + "}, "
	}
	fmt.Fprintf(&out, "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: tokens, namespace: alice}\nspec: {%sjwtRules: [{issuer: %q, jwksUri: http://dex/keys, forwardOriginalToken: true}]}\n---\n", selector, dexIssuer)
	out.WriteString(s.policiesText())
	return out.String()
}

const (
	dexIssuer      = "http://dex.auth.svc.cluster.local:5556/dex"
	deploymentText = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: %s}\nspec: {template: {metadata: {labels: %s}, spec: {serviceAccountName: %s, containers: [{name: main}]}}}\n---\n"
	routeText      = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: %s, namespace: alice}\nspec:\n  parentRefs: [{name: %s, namespace: %s}]\n  rules: [{matches: [{path: {type: PathPrefix, value: /%s/}}], backendRefs: [{name: %s, port: %d}]}]\n---\n"
)

// questions are asked of every Service and its pods, by users and by pods.
func (s *sidecarWorld) questions() []converted {
	var out []converted
	services := map[string][]workload{}
	var order []string
	for _, pod := range sidecarPods {
		if services[pod.service] == nil {
			order = append(order, pod.service)
		}
		services[pod.service] = append(services[pod.service], pod)
	}
	for _, name := range order {
		pods := services[name]
		to := access.To{Namespace: pods[0].namespace, Service: name}
		behind := to.Namespace == "alice" || strings.HasPrefix(name, "ml-pipeline")
		for _, account := range []string{"alice/default-editor", "alice/untrusted", "tools/tool", "kubeflow/dashboard", "kubeflow/ml-pipeline"} {
			namespace, sa, _ := strings.Cut(account, "/")
			seen := sidecarRequest{principal: "cluster.local/ns/" + namespace + "/sa/" + sa}
			for _, method := range []string{"GET", "DELETE"} {
				for _, path := range []string{"/x", "/" + name + "/x", "/y/admin"} {
					for _, user := range []string{"", "alice@example.com"} {
						seen.method, seen.path, seen.headers = method, path, map[string]string{}
						if user != "" {
							seen.headers["kubeflow-userid"] = user
						}
						q := converted{Request: access.Request{From: access.From{ServiceAccount: account}, To: to, Method: method, Path: path, Headers: seen.headers}, pods: pods, seen: seen, waypoint: behind}
						out = append(out, q)
						for i, pod := range pods {
							q.To, q.Port = access.To{Namespace: pod.namespace, Pod: pod.labels}, pod.podPort
							q.pods = pods[i : i+1]
							out = append(out, q)
						}
					}
				}
			}
		}
		path := "/" + name + "/x"
		if name == "ml-pipeline-ui" {
			path = "/pipeline/x"
		} else if to.Namespace != "alice" {
			continue
		}
		if s.insideOnly {
			continue
		}
		for _, user := range []string{"alice@example.com", "mallory@example.com"} {
			for _, method := range []string{"GET", "DELETE"} {
				seen := sidecarRequest{principal: oldIngress, method: method, path: path, headers: map[string]string{"kubeflow-userid": user}, token: true}
				out = append(out, converted{Request: access.Request{From: access.From{User: user}, To: to, Method: method, Path: path}, pods: pods, seen: seen, ingress: true, waypoint: to.Namespace == "alice"})
			}
		}
	}
	return out
}
