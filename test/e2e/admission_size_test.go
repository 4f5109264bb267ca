package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// The largest route that Gateway API takes passes within CEL's cost limit, and is refused for the last header of the last
// backend: a policy that gave up before would refuse it with another message. Gateway API allows 16 rules, 128 matches in
// all, 16 backends to a rule, 16 filters to each, of which one may change headers of the request and one of the response,
// and 16 headers to a list.
func TestAdmissionReadsTheLargestRoute(t *testing.T) {
	needsControlPlane(t)
	guardrails(t, admissionCases(t))
	for _, kind := range []string{"HTTPRoute", "GRPCRoute"} {
		largest := admissionCase{account: "tenant", object: largestRoute(kind, "x-last-15-15")}
		if err := settle(t, largest); err != nil {
			t.Errorf("%s: want it admitted: %v", kind, err)
		}
		forging := admissionCase{account: "tenant", policy: "ambient-profile-routes-do-not-name-the-user", object: largestRoute(kind, "Kubeflow_UserID")}
		if err := settle(t, forging); !refusedBy(err, forging.policy) {
			t.Errorf("%s: want it refused for its last header: %v", kind, err)
		}
	}
}

// largestRoute has names of headers as long as the longest that says who the user is: those cost most.
func largestRoute(kind, last string) *kube.Object {
	const rules, backends, filters, matches = 16, 16, 16, 8
	var all []any
	for r := range rules {
		var to []any
		for b := range backends {
			name := func(i int) string { return fmt.Sprintf("x-%02d-%02d-%05d", r, b, i) }
			if r == rules-1 && b == backends-1 {
				name = func(i int) string {
					if i == 47 {
						return last
					}
					return fmt.Sprintf("x-zz-zz-%05d", i)
				}
			}
			to = append(to, map[string]any{"name": fmt.Sprintf("s-%d-%d", r, b), "port": int64(80), "filters": mirrorsAnd(headersOf(name), filters)})
		}
		rule := map[string]any{"backendRefs": to, "filters": mirrorsAnd(headersOf(func(i int) string { return fmt.Sprintf("x-%02d-zz-%05d", r, i) }), filters)}
		if kind == "HTTPRoute" {
			rule["matches"] = longPaths(matches)
		}
		all = append(all, rule)
	}
	parent := map[string]any{"name": "ambient-ingressgateway", "namespace": "istio-system"}
	if kind == "GRPCRoute" {
		parent = map[string]any{"group": "", "kind": "Service", "name": "desk"}
	}
	return object("gateway.networking.k8s.io/v1", kind, "bob", "largest", map[string]any{"parentRefs": []any{parent}, "rules": all})
}

// mirrorsAnd the same headers of request and response fill a list of filters.
func mirrorsAnd(headers map[string]any, n int) []any {
	all := []any{map[string]any{"type": "ResponseHeaderModifier", "responseHeaderModifier": headers}}
	for i := range n - 2 {
		all = append(all, map[string]any{"type": "RequestMirror", "requestMirror": map[string]any{
			"backendRef": map[string]any{"name": fmt.Sprintf("m-%d", i), "port": int64(80)},
		}})
	}
	return append(all, map[string]any{"type": "RequestHeaderModifier", "requestHeaderModifier": headers})
}

// headersOf sets, adds and removes 16 headers each.
func headersOf(name func(int) string) map[string]any {
	var set, add, remove []any
	for i := range 16 {
		set = append(set, map[string]any{"name": name(i), "value": "a"})
		add = append(add, map[string]any{"name": name(16 + i), "value": "a"})
		remove = append(remove, name(32+i))
	}
	return map[string]any{"set": set, "add": add, "remove": remove}
}

// longPaths are as long as Gateway API allows.
func longPaths(n int) []any {
	var all []any
	for i := range n {
		path := fmt.Sprintf("/pvcviewers/bob/%d/", i)
		all = append(all, map[string]any{"path": map[string]any{"type": "PathPrefix", "value": path + strings.Repeat("a", 1024-len(path))}})
	}
	return all
}
