package enroll

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// removeGateways removes the Istio Gateways of the old gateway that no VirtualService uses any more.
func removeGateways(input *survey.Index) {
	used := map[manifest.ID]bool{}
	for _, item := range input.Items {
		if item.Group == survey.IstioNetworking && item.Kind == "VirtualService" && !item.Removed {
			for _, gateway := range survey.GatewaysOf(item) {
				used[gateway] = true
			}
		}
	}
	input.Live(survey.IstioNetworking, "Gateway", func(item *manifest.Item) {
		if input.SelectsOldGateway(manifest.Field(item.Node, "spec", "selector")) && !used[item.ID] {
			item.Removed = true
		}
	})
}
