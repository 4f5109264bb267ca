package generate

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// webhooks: anyone who reaches the pods, on the webhook's port only, because the API server is not in
// the mesh and has no identity there. What it is told, it has to believe by the webhook's
// certificate; what the webhook is told is no secret and changes nothing.
func webhooks(p Platform) []Object {
	var out []Object
	for _, w := range p.Webhooks {
		out = append(out, policy(profile.KubeflowNamespace, webhookPolicy(w), allow(inFrontOf(w.Labels), everything().onPorts(w.Ports...))))
	}
	return out
}

// webhookPolicy is Kubeflow's own name for the one that has a policy, which opens every port.
func webhookPolicy(w survey.Webhook) string {
	if w.Service == "cache-server" {
		return "service-cache-server"
	}
	return w.Service + "-l4-webhook"
}
