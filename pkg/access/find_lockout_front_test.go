package access

import "testing"

func TestNetworkPoliciesAtTheIngressAndIstiod(t *testing.T) {
	policy := func(spec string) string {
		return "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: a, namespace: istio-system}\nspec: " + spec
	}
	const (
		gateway = "podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: ambient-ingressgateway}}"
		out     = "NetworkPolicy istio-system/a: blocks traffic from the ingress Gateway to waypoints (TCP 15008)"
		istiod  = "NetworkPolicy istio-system/a: blocks traffic from waypoints to istiod (TCP 15012)"
	)
	testLockouts(t, tenants(t), []lockoutCase{
		{"all egress", policy("{podSelector: {}, policyTypes: [Egress]}"), []string{out}},
		{"egress to another port", policy("{" + gateway + ", policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}"), []string{out}},
		{"egress to one tenant", policy("{" + gateway + ", policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: alice}}}]}]}"), []string{out}},
		{"egress at the mesh's port", policy("{" + gateway + ", policyTypes: [Egress], egress: [{ports: [{port: 15008}]}]}"), nil},
		{"egress of other pods", policy("{podSelector: {matchLabels: {app: x}}, policyTypes: [Egress]}"), nil},
		{"all ingress", policy("{podSelector: {}, policyTypes: [Ingress]}"), []string{istiod}},
		{"ingress to istiod from its namespace", policy("{podSelector: {matchLabels: {app: istiod}}, ingress: [{from: [{podSelector: {}}]}]}"), []string{istiod}},
		{"ingress to istiod from profiles", policy("{podSelector: {matchLabels: {app: istiod}}, ingress: [{from: [{namespaceSelector: {matchLabels: {app.kubernetes.io/part-of: kubeflow-profile}}}]}]}"), nil},
		{"ingress to istiod at its port", policy("{podSelector: {matchLabels: {app: istiod}}, ingress: [{ports: [{port: 15012}]}]}"), nil},
		{"ingress to the gateway", policy("{" + gateway + ", ingress: [{ports: [{port: 80}]}]}"), nil},
		{"both, once", policy("{podSelector: {}, policyTypes: [Ingress, Egress]}"), []string{out + " and from waypoints to istiod (TCP 15012)"}},
	})
}
