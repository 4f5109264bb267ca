package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

// Webhook is a Service of the control plane that the API server calls.
type Webhook struct {
	Service string
	// Labels select its pods, and Ports are theirs.
	Labels map[string]string
	Ports  []string
}

// assumedWebhooks are those of June 2026.
var assumedWebhooks = []Webhook{
	{"cache-server", named("cache-server"), []string{"8443"}},
	{"katib-controller", katibLabels("controller"), []string{"8443"}},
	{"poddefaults-webhook-service", named("poddefaults"), []string{"4443"}},
	{"pvcviewer-webhook-service", named("pvcviewer"), []string{"9443"}},
	{"spark-operator-webhook-svc", map[string]string{"app.kubernetes.io/name": "spark-operator", "app.kubernetes.io/component": "webhook"}, []string{"9443"}},
}

// webhooks: whoever reaches the pods, on the webhook's port only, because the API server is not in
// the mesh and has no identity there. What it is told, it has to believe by the webhook's
// certificate; what the webhook is told is no secret and changes nothing.
func webhooks(p Platform) []generate.Object {
	var out []generate.Object
	for _, w := range p.Kubeflow.webhooks {
		out = append(out, Component{Labels: w.Labels}.allow(w.policyName(), anybody(w.Ports...)))
	}
	return out
}

// policyName is Kubeflow's own for the one that has a policy, which opens every port.
func (w Webhook) policyName() string {
	if w.Service == "cache-server" {
		return "service-cache-server"
	}
	return w.Service + "-l4-webhook"
}
