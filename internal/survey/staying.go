package survey

import (
	"cmp"
	"slices"
	"strings"

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
	return in.onlyAtOldGateway(item, chosen)
}

// onlyAtOldGateway reports whether labels choose the pods of the old gateway, and not those of the ingress
// Gateway, in the namespace of an item, or from the root namespace.
func (in *Index) onlyAtOldGateway(item *manifest.Item, chosen *yaml.Node) bool {
	reaches := func(namespace string, pods []Labels) bool {
		return (item.Namespace == namespace || item.Namespace == in.gateway.RootNamespace) &&
			slices.ContainsFunc(pods, func(pod Labels) bool { return pod.Cover(LabelsOf(chosen)) })
	}
	return reaches(OldGatewayNamespace, []Labels{LabelsFrom(in.gatewayPodLabels())}) && !reaches(in.gateway.Namespace, in.PodsOfGateway())
}

// IsTelemetryOfOldGateway reports whether an item is a Telemetry of the old gateway, which is not in force at
// the ingress Gateway.
func (in *Index) IsTelemetryOfOldGateway(item *manifest.Item) bool {
	return item.Group == "telemetry.istio.io" && item.Kind == "Telemetry" && manifest.Field(item.Node, "spec", "targetRefs") == nil &&
		in.onlyAtOldGateway(item, manifest.Field(item.Node, "spec", "selector", "matchLabels"))
}

// RunsOldGateway reports whether an item scales the pods of the old gateway, or says how many of them may be
// missing.
func (in *Index) RunsOldGateway(item *manifest.Item) bool {
	if item.Namespace != OldGatewayNamespace {
		return false
	}
	spec := manifest.Field(item.Node, "spec")
	switch {
	case item.Group == "policy" && item.Kind == "PodDisruptionBudget":
		return in.SelectsOldGateway(manifest.Field(spec, "selector", "matchLabels"))
	case item.Group == "autoscaling", item.Group == "keda.sh":
		return slices.Contains(in.OldGatewayNames(), manifest.Value(spec, "scaleTargetRef", "name"))
	case item.Group == "autoscaling.k8s.io":
		return slices.Contains(in.OldGatewayNames(), manifest.Value(spec, "targetRef", "name"))
	}
	return false
}

// OldParentOf is the Gateway of the input that an HTTPRoute or another route names as a parent and whose
// address is that of the old gateway's Service; else nil. Istio 1.31 (pilot/pkg/config/kube/gatewaycommon):
// such a Gateway is served by the pods that are there already.
func (in *Index) OldParentOf(route *manifest.Item) *manifest.Item {
	if route.Group != GatewayGroup || !strings.HasSuffix(route.Kind, "Route") {
		return nil
	}
	for _, parent := range manifest.Content(manifest.Field(route.Node, "spec", "parentRefs")) {
		parent = manifest.Dealias(parent)
		gateway := in.ByID[manifest.NewID(GatewayGroup, "Gateway", cmp.Or(manifest.Value(parent, "namespace"), route.Namespace), manifest.Value(parent, "name"))]
		if gateway == nil || gateway.ID == in.gateway.id() {
			continue
		}
		for _, address := range manifest.Content(manifest.Field(gateway.Node, "spec", "addresses")) {
			name, rest, _ := strings.Cut(manifest.Value(manifest.Dealias(address), "value"), ".")
			namespace, _, _ := strings.Cut(rest, ".")
			if in.isServiceOfOldGateway(cmp.Or(namespace, gateway.Namespace), name) {
				return gateway
			}
		}
	}
	return nil
}

// LeadsToOldGateway reports whether an Ingress sends requests to the old gateway: its backend is that
// gateway's Service, or its class is istio, which the old gateway serves itself (Istio: ingressClass).
func (in *Index) LeadsToOldGateway(item *manifest.Item) bool {
	if item.Kind != "Ingress" || item.Group != "networking.k8s.io" && item.Group != "extensions" {
		return false
	}
	spec := manifest.Field(item.Node, "spec")
	if IsOfIstiosClass(item) {
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

// IsOfIstiosClass reports whether the old gateway serves an Ingress itself.
func IsOfIstiosClass(item *manifest.Item) bool {
	return manifest.Value(item.Node, "spec", "ingressClassName") == "istio" || item.Annotation("kubernetes.io/ingress.class") == "istio"
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
