package generate

import (
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// ControllersPolicySpecs are the forms in which the profile-controller writes its own policy
// ns-owner-access-istio, with the ingress principal of the sidecar era and with today's
// (profile-controller: getAuthorizationPolicy). They are never emitted: an item that has neither
// form was edited by somebody.
func ControllersPolicySpecs(ns Namespace) []*yaml.Node {
	var specs []*yaml.Node
	for _, ingress := range []string{ns.OldIngress, ns.Ingress} {
		rules := []*security.Rule{
			{From: from(ingress, ns.PipelinesUI), When: []*security.Condition{header(ns.UserIDHeader, ns.ControllersOwnerHeader)}},
			{When: []*security.Condition{{Key: "source.namespace", Values: []string{ns.Name}}}},
			{To: to(&security.Operation{Paths: []string{"/healthz", "/metrics", "/wait-for-drain"}})},
			{
				From: from(ns.NotebookController),
				To:   to(&security.Operation{Methods: []string{"GET"}, Paths: []string{"*/api/kernels"}}),
			},
		}
		specs = append(specs, node(&security.AuthorizationPolicy{Rules: rules}))
	}
	return specs
}
