package survey

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// OldIngress ends the principal of Kubeflow's sidecar-era gateway.
const OldIngress = "/ns/istio-system/sa/istio-ingressgateway-service-account"

// Kubeflow's sidecar-era gateway, as its pods are labelled.
const (
	OldGatewayNamespace = "istio-system"
	OldGatewayName      = "istio-ingressgateway"
)

// OldGatewayLabels are those of the old gateway's pods, as Kubeflow ships them.
var OldGatewayLabels = map[string]string{"app": OldGatewayName, "istio": "ingressgateway"}

// gatewayPodLabels are those of the old gateway's pods: as its Deployment in the input has them, else
// as Kubeflow ships them.
func (in *Index) gatewayPodLabels() map[string]string {
	if in.oldGateway == nil {
		in.oldGateway = OldGatewayLabels
		for _, item := range in.Items {
			if in.isOldGateway(item) {
				if found := manifest.StringMap(manifest.Field(podTemplate(item), "metadata", "labels")); len(found) > 0 {
					in.oldGateway = found
				}
				break
			}
		}
	}
	return in.oldGateway
}

// isOldGateway reports whether an item is the workload of the sidecar-era gateway: Kubeflow's own, or the
// one that a fork has in its place.
func (in *Index) isOldGateway(i *manifest.Item) bool {
	if forked := in.forkedGateway(); forked != nil {
		return i == forked
	}
	return isKubeflowsGateway(i)
}

// isKubeflowsGateway reports whether an item is the workload of Kubeflow's sidecar-era gateway: by its
// name, or by the account that Kubeflow's policies name.
func isKubeflowsGateway(i *manifest.Item) bool {
	return isGatewayWorkload(i) && (i.Name == OldGatewayName || strings.HasSuffix(OldIngress, "/"+manifest.Value(PodSpec(i), "serviceAccountName")))
}

func isGatewayWorkload(i *manifest.Item) bool {
	return i.Namespace == OldGatewayNamespace && i.Group == "apps" && (i.Kind == "Deployment" || i.Kind == "DaemonSet")
}

// forkedGateway is the one workload whose pods Kubeflow's Gateway selects, where those are not the pods of
// Kubeflow's own gateway; else nil.
func (in *Index) forkedGateway() *manifest.Item {
	if in == nil {
		return nil
	}
	if in.forkKnown {
		return in.fork
	}
	in.forkKnown = true
	gateway := in.ByID[manifest.NewID(IstioNetworking, "Gateway", profile.KubeflowNamespace, "kubeflow-gateway")]
	if gateway == nil {
		return nil
	}
	chosen := LabelsOf(manifest.Field(gateway.Node, "spec", "selector"))
	if len(chosen) == 0 || LabelsFrom(OldGatewayLabels).Cover(chosen) {
		return nil
	}
	for _, item := range in.Items {
		if !isGatewayWorkload(item) || !podLabels(item).Cover(chosen) {
			continue
		}
		if isKubeflowsGateway(item) || in.fork != nil {
			in.fork = nil
			return nil // its own, or more than one
		}
		in.fork = item
	}
	return in.fork
}

// IsForked reports whether another workload is in the place of Kubeflow's gateway.
func (in *Index) IsForked() bool { return in.forkedGateway() != nil }

// OldGatewayNames are the names that policies of the old gateway begin with: Kubeflow's, and that of a fork.
func (in *Index) OldGatewayNames() []string {
	if forked := in.forkedGateway(); forked != nil {
		return []string{OldGatewayName, forked.Name}
	}
	return []string{OldGatewayName}
}

// OldGatewayAccount is the ServiceAccount that a fork's gateway runs as; "" for Kubeflow's own, or for the
// default one, which says nothing.
func (in *Index) OldGatewayAccount() string {
	forked := in.forkedGateway()
	if forked == nil {
		return ""
	}
	if account := manifest.Value(PodSpec(forked), "serviceAccountName"); account != "default" {
		return account
	}
	return ""
}

// SelectsOldGateway reports whether labels select the pods of the old gateway and not all pods: some of
// their own labels do.
func (in *Index) SelectsOldGateway(labels *yaml.Node) bool {
	have, pods := manifest.StringMap(labels), in.gatewayPodLabels()
	for key, wanted := range have {
		if own, found := pods[key]; !found || own != wanted {
			return false
		}
	}
	return len(have) > 0
}

// OnlyOldGateway reports whether no other workload of the input has the labels.
func (in *Index) OnlyOldGateway(wanted *yaml.Node) bool {
	for _, w := range in.WorkloadsOf(OldGatewayNamespace) {
		if !in.isOldGateway(w.Item) && w.Labels.Cover(LabelsOf(wanted)) {
			return false
		}
	}
	return true
}

// OldGatewayPorts are the ports of the old gateway's Service: known is false where the input does not
// have it, or does not say which port of the pods is meant.
func (in *Index) OldGatewayPorts() (ports []MappedPort, known bool) {
	for _, s := range in.ServicesOf(OldGatewayNamespace) {
		if s.Name != OldGatewayName && !LabelsFrom(in.gatewayPodLabels()).Cover(s.Selector) {
			continue
		}
		if ports, known := in.PortsOf(s); known {
			return ports, true
		}
	}
	return KubeflowGatewayPorts, false
}

// OldGatewayNetwork says what the old gateway of the input has that decides which addresses it sees.
func (in *Index) OldGatewayNetwork() string {
	var found []string
	for _, item := range in.Items {
		if in.isOldGateway(item) && strings.Contains(manifest.Value(podTemplate(item), "metadata", "annotations", "proxy.istio.io/config"), "gatewayTopology") {
			found = append(found, "gatewayTopology in proxy.istio.io/config")
		}
	}
	if item := in.ByID[manifest.ID{Kind: "Service", Namespace: OldGatewayNamespace, Name: OldGatewayName}]; item != nil {
		spec := manifest.Field(item.Node, "spec")
		if policy := manifest.Value(spec, "externalTrafficPolicy"); policy != "" {
			found = append(found, "externalTrafficPolicy: "+policy)
		}
		if ranges := manifest.Strings(manifest.Field(spec, "loadBalancerSourceRanges")); len(ranges) > 0 {
			found = append(found, "loadBalancerSourceRanges: "+Names(ranges))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return " (the old one has " + Names(found) + ")"
}

// OnOldGateway reports whether a VirtualService is for the old gateway.
func (in *Index) OnOldGateway(item *manifest.Item) bool {
	old, _ := in.OldGatewaysOf(item)
	return len(old) > 0
}

// OldGatewaysOf are the Istio Gateways of the old gateway that a VirtualService names, and the others: those
// of other pods, and mesh, by which sidecars route too.
func (in *Index) OldGatewaysOf(item *manifest.Item) (old, others []manifest.ID) {
	for _, gateway := range GatewaysOf(item) {
		known := in.ByID[gateway]
		if gateway == (manifest.NewID(IstioNetworking, "Gateway", profile.KubeflowNamespace, "kubeflow-gateway")) ||
			known != nil && in.SelectsOldGateway(manifest.Field(known.Node, "spec", "selector")) {
			old = append(old, gateway)
		} else {
			others = append(others, gateway)
		}
	}
	return old, others
}

// GatewaysOf are the Istio Gateways that a VirtualService names, for all of it or in a match.
func GatewaysOf(item *manifest.Item) []manifest.ID {
	var out []manifest.ID
	manifest.Walk(manifest.Field(item.Node, "spec"), func(key string, n *yaml.Node) {
		if key != "gateways" {
			return
		}
		for _, name := range manifest.Strings(n) {
			out = append(out, gatewayNamed(name, item.Namespace))
		}
	})
	return out
}

// gatewayNamed is the Istio Gateway that a VirtualService of a namespace means (Istio 1.31:
// pilot/pkg/model, resolveGatewayName): NAMESPACE/NAME, ./NAME, NAME, or NAME.NAMESPACE and what follows.
func gatewayNamed(text, own string) manifest.ID {
	namespace, name, found := strings.Cut(text, "/")
	switch {
	case found && namespace == ".":
		namespace = own
	case !found:
		namespace, name = own, text
		if short, rest, dotted := strings.Cut(text, "."); dotted {
			name = short
			namespace, _, _ = strings.Cut(rest, ".")
		}
	}
	return manifest.NewID(IstioNetworking, "Gateway", namespace, name)
}

// AtOldGateway reports whether an item is in force at the old gateway, from which this run moves or
// copies it to the ingress Gateway (cluster.platform.enabled).
func (in *Index) AtOldGateway(item *manifest.Item) bool {
	return item.Namespace == OldGatewayNamespace && in.SelectsOldGateway(manifest.Field(item.Node, "spec", "selector", "matchLabels"))
}

// KubeflowGatewayPorts are those of the old gateway as Kubeflow ships it. Its pods take requests at
// 8080 and 8443; the pods of a Gateway take them at the ports of its listeners.
var KubeflowGatewayPorts = []MappedPort{{"80", "8080"}, {"443", "8443"}}
