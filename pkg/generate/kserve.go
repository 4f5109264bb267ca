package generate

import (
	security "istio.io/api/security/v1"
	istio "istio.io/api/type/v1beta1"
)

// allowKServeWebhook: everybody who reaches the KServe controller's pods, because the API server
// calls the webhook from outside the mesh and has no identity there; only on the given ports, if any.
func allowKServeWebhook(c Cluster) Object {
	rule := &security.Rule{}
	if len(c.KServe.Ports) > 0 {
		rule.To = to(&security.Operation{Ports: texts(c.KServe.Ports)})
	}
	return policy(c.KServe.Namespace, "kserve-controller-l4-allow-all", &security.AuthorizationPolicy{
		Selector: &istio.WorkloadSelector{MatchLabels: map[string]string{"control-plane": "kserve-controller-manager"}},
		Rules:    []*security.Rule{rule},
	})
}
