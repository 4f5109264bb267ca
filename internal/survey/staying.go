package survey

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// IsExtensionOfOldGateway reports whether an item is an EnvoyFilter or a WasmPlugin that changes the
// proxies of the old gateway and not those of the ingress Gateway. Istio 1.31 (pilot/pkg/model,
// PushContext.envoyFilters and wasmPlugins): by a selector, of its namespace or of all from the root
// namespace; one without a selector is for every proxy there.
func (in *Index) IsExtensionOfOldGateway(item *manifest.Item) bool {
	spec := manifest.Field(item.Node, "spec")
	var chosen *yaml.Node
	switch {
	case item.Group == IstioNetworking && item.Kind == "EnvoyFilter":
		chosen = manifest.Field(spec, "workloadSelector", "labels")
	case item.Group == "extensions.istio.io" && item.Kind == "WasmPlugin":
		chosen = manifest.Field(spec, "selector", "matchLabels")
	default:
		return false
	}
	if manifest.Field(spec, "targetRefs") != nil || manifest.Field(spec, "targetRef") != nil {
		return false // of Gateways, which the old one is not
	}
	reaches := func(namespace string, pods []Labels) bool {
		return (item.Namespace == namespace || item.Namespace == in.gateway.RootNamespace) &&
			slices.ContainsFunc(pods, func(pod Labels) bool { return pod.Cover(LabelsOf(chosen)) })
	}
	return reaches(OldGatewayNamespace, []Labels{LabelsFrom(in.gatewayPodLabels())}) && !reaches(in.gateway.Namespace, in.PodsOfGateway())
}

// LeadsToOldGateway reports whether an Ingress sends requests to the old gateway: its backend is that
// gateway's Service, or its class is istio, which the old gateway serves itself (Istio: ingressClass).
func (in *Index) LeadsToOldGateway(item *manifest.Item) bool {
	if item.Kind != "Ingress" || item.Group != "networking.k8s.io" && item.Group != "extensions" {
		return false
	}
	spec := manifest.Field(item.Node, "spec")
	if manifest.Value(spec, "ingressClassName") == "istio" || item.Annotation("kubernetes.io/ingress.class") == "istio" {
		return true
	}
	var leads bool
	manifest.Walk(spec, func(key string, n *yaml.Node) {
		if key == "backend" || key == "defaultBackend" {
			leads = leads || in.isServiceOfOldGateway(item.Namespace, manifest.Value(n, "service", "name")) || in.isServiceOfOldGateway(item.Namespace, manifest.Value(n, "serviceName"))
		}
	})
	return leads
}

// isServiceOfOldGateway reports whether a Service leads to the old gateway's pods: by its name, or by
// its selector.
func (in *Index) isServiceOfOldGateway(namespace, name string) bool {
	if namespace != OldGatewayNamespace || name == "" {
		return false
	}
	if name == OldGatewayName {
		return true
	}
	service, found := in.ServiceNamed(namespace, name)
	return found && len(service.Selector) > 0 && LabelsFrom(in.gatewayPodLabels()).Cover(service.Selector)
}
