package enroll

import (
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnListener reports an ingress Gateway without the listener that our routes name: they attach to nothing then
// (Gateway API: ParentReference.sectionName).
func warnListener(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	mesh := plan.Mesh
	gateway := input.IngressGateway()
	if mesh.SectionName == "" || plan.Platform == nil && gateway == nil {
		return
	}
	var names []string
	if plan.Platform != nil {
		names = plan.Platform.ListenerNames()
	} else {
		for _, listener := range manifest.Content(manifest.Field(gateway.Node, "spec", "listeners")) {
			names = append(names, manifest.Value(manifest.Dealias(listener), "name"))
		}
	}
	if slices.Contains(names, mesh.SectionName) {
		return
	}
	notes.WarnConfig(diagnostic.ListenerUnknown, "spec.ingress.sectionName", fmt.Sprintf("is %q, but Gateway %s/%s has %s", mesh.SectionName, mesh.GatewayNamespace, mesh.GatewayName, listenersNamed(names)),
		"the HTTPRoutes attach to no listener, so nobody reaches what they lead to", "name a listener that is there, or remove the field")
}

func listenersNamed(names []string) string {
	switch len(names) {
	case 0:
		return "no listener"
	case 1:
		return "only the listener " + names[0]
	}
	return "the listeners " + inWords(names)
}
