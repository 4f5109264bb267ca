package access

import (
	"strings"
	"testing"
)

// KServe makes routes of its own. What no route in the manifests takes, one of these may.
func TestRoutesOfModels(t *testing.T) {
	const service = "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: m-predictor, namespace: a, labels: {istio.io/ingress-use-waypoint: 'true'}}\nspec: {selector: {app: m}, ports: [{name: http, port: 80}]}" +
		"\n---\nkind: Service\napiVersion: v1\nmetadata: {name: m-kserve-workload-svc, namespace: a, labels: {istio.io/ingress-use-waypoint: 'true'}}\nspec: {selector: {app: l}, ports: [{name: http, port: 80}]}"
	route := func(to string) string {
		return "\n---\nkind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: m, namespace: a}\nspec: {parentRefs: [{name: front, namespace: edge}], rules: [{matches: [{path: {type: Exact, value: /only}}], backendRefs: [{name: " + to + ", port: 80}]}]}"
	}
	model := func(kind, metadata string) string {
		return "\n---\nkind: " + kind + "\napiVersion: serving.kserve.io/v1beta1\nmetadata: {name: m, namespace: a" + metadata + "}\nspec: {predictor: {model: {modelFormat: {name: x}}}, router: {route: {}}}"
	}
	const isvc, llm = "InferenceService", "LLMInferenceService"
	ask := func(to, method, path string) Request {
		return Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: to}, Method: method, Path: path, Host: "m.example.com"}
	}
	shut := "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: shut, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], action: DENY, rules: [{to: [{operation: {paths: [/v1/secret]}}]}]}"
	for _, c := range []struct {
		name, text string
		q          Request
		want       Outcome
	}{
		{"no model", route("m-predictor"), ask("m-predictor", "GET", "/other"), Deny},
		{"what no route takes", route("m-predictor") + model(isvc, ""), ask("m-predictor", "GET", "/other"), NotJudged},
		{"what the waypoint denies", route("m-predictor") + model(isvc, ""), ask("m-predictor", "POST", "/other"), Deny},
		{"of the cluster only", route("m-predictor") + model(isvc, ", labels: {networking.kserve.io/visibility: cluster-local}"), ask("m-predictor", "GET", "/other"), Deny},
		{"what a route takes", route("m-predictor") + model(isvc, ""), ask("m-predictor", "GET", "/only"), Allow},
		{"by assumption", model(isvc, ""), ask("m-predictor", "GET", "/other"), Allow},
		{"by assumption, rewritten", model(llm, ""), ask("m-kserve-workload-svc", "GET", "/a/m/v1"), NotJudged},
		{"rewritten, and denied as it was", route("m-kserve-workload-svc") + model(llm, "") + shut, ask("m-kserve-workload-svc", "GET", "/v1/secret"), NotJudged},
		{"rewritten, and denied as whatever it is", route("m-kserve-workload-svc") + model(llm, ""), ask("m-kserve-workload-svc", "POST", "/a/m/v1"), Deny},
	} {
		v := load(t, cloudWorld+service+c.text).Decide(c.q)
		if v.Outcome != c.want || c.want == NotJudged && !strings.Contains(v.By(), "whether KServe makes a route to it for") {
			t.Errorf("%s: %v, want %v: %s", c.name, v.Outcome, c.want, v.By())
		}
	}
}
