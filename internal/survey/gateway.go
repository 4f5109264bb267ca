package survey

import (
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// OnIngress reports whether a RequestAuthentication is in force at the ingress Gateway (Istio:
// ShouldAttachPolicy): by a targetRef of its namespace; or without one in that namespace or the
// root namespace, by its selector, or as it has none. One that stays at the old gateway is copied to
// the new one (internal/enroll: copyToGateway).
func (in *Index) OnIngress(item *manifest.Item) bool {
	spec := manifest.Field(item.Node, "spec")
	if refs := TargetsOf(spec); len(refs) > 0 {
		return item.Namespace == in.gateway.Namespace && slices.ContainsFunc(refs, in.gateway.isTarget)
	}
	if in.gateway.Made && in.AtOldGateway(item) {
		return true
	}
	if item.Namespace != in.gateway.Namespace && item.Namespace != in.gateway.RootNamespace {
		return false
	}
	selector := LabelsOf(manifest.Field(spec, "selector", "matchLabels"))
	return slices.ContainsFunc(in.PodsOfGateway(), func(pod Labels) bool { return pod.Cover(selector) })
}

// PodsOfGateway are the labels of the ingress Gateway's pods: those that Istio gives them, with the
// Gateway's own (Istio: deploymentcontroller extractInfrastructureLabels), and those of workloads
// of the input that run under the ingress's account.
func (in *Index) PodsOfGateway() []Labels {
	if in.ingressPods != nil {
		return in.ingressPods
	}
	account := in.gateway.Account
	pod := map[string]string{
		"sidecar.istio.io/inject":             "false",
		"service.istio.io/canonical-name":     account,
		"service.istio.io/canonical-revision": "latest",
		"gateway.istio.io/managed":            "istio.io-gateway-controller",
	}
	for key, text := range in.gatewayLabels() {
		if !strings.HasPrefix(key, GatewayGroup+"/") {
			pod[key] = text
		}
	}
	class := "istio"
	if gateway := in.IngressGateway(); gateway != nil && !in.gateway.Made {
		class = manifest.Value(gateway.Node, "spec", "gatewayClassName")
	}
	pod[GatewayPods] = in.gateway.Name
	pod[WaypointClass] = class // Istio 1.31: kube-gateway.yaml
	in.ingressPods = []Labels{LabelsFrom(pod)}
	for _, w := range in.WorkloadsOf(in.gateway.Namespace) {
		if manifest.Value(workloadSpec(w.Item), "serviceAccountName") == account {
			in.ingressPods = append(in.ingressPods, w.Labels)
		}
	}
	return in.ingressPods
}

// gatewayLabels are those that the ingress Gateway gives to its pods.
func (in *Index) gatewayLabels() map[string]string {
	own := map[string]string{}
	if gateway := in.IngressGateway(); gateway != nil {
		infrastructure := manifest.StringMap(manifest.Field(gateway.Node, "spec", "infrastructure", "labels"))
		if infrastructure != nil && !in.gateway.Made {
			return infrastructure
		}
		maps.Copy(own, manifest.StringMap(manifest.Field(gateway.Node, "metadata", "labels")))
	}
	if in.gateway.Made {
		maps.Copy(own, GatewayLabels(in.gateway.Name))
	}
	return own
}

func workloadSpec(item *manifest.Item) *yaml.Node {
	if item.Kind == "Pod" {
		return manifest.Field(item.Node, "spec")
	}
	return PodSpec(item)
}

// IngressGateway is the Gateway in the input, or nil.
func (in *Index) IngressGateway() *manifest.Item {
	return in.ByID[in.gateway.id()]
}

func (g Gateway) id() manifest.ID {
	return manifest.NewID(GatewayGroup, "Gateway", g.Namespace, g.Name)
}

// GatewayLabels are those of the ingress Gateway that this run makes, which Istio copies to its pods.
func GatewayLabels(name string) map[string]string { return map[string]string{"app": name} }
