package generate

import (
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// ControllersPolicyName is the policy of the profile-controller that allows the owner.
const ControllersPolicyName = "ns-owner-access-istio"

// VisualizationPolicySpec is the form in which the pipelines profile controller writes its policy
// ml-pipeline-visualizationserver (Kubeflow Pipelines: profile-controller/sync.py). It is never emitted.
func VisualizationPolicySpec() *yaml.Node {
	return node(Fields{
		"selector": Fields{"matchLabels": Fields{"app": "ml-pipeline-visualizationserver"}},
		"rules":    []any{Fields{"from": []any{Fields{"source": Fields{"principals": []string{"cluster.local/ns/kubeflow/sa/ml-pipeline"}}}}}},
	})
}

// ControllersPolicySpecs are the forms in which the profile-controller writes its own policy
// (ControllersPolicyName), with the ingress principal of the sidecar era and with today's
// (profile-controller: getAuthorizationPolicy). They are never emitted: an item that has neither
// form was edited by someone.
func ControllersPolicySpecs(ns Namespace) []*yaml.Node {
	var specs []*yaml.Node
	for _, ingress := range []string{ns.OldIngress, ns.Ingress} {
		specs = append(specs, node(allow(inFrontOfAll(),
			from(ingress, ns.PipelinesUI).when(header(ns.UserIDHeader, ns.ControllersOwnerHeader)),
			everything().when(inNamespace(ns.Name)),
			everything().to(&security.Operation{Paths: []string{"/healthz", "/metrics", "/wait-for-drain"}}),
			from(ns.NotebookController).to(&security.Operation{Methods: []string{"GET"}, Paths: []string{"*/api/kernels"}}),
		)))
	}
	return specs
}
