package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// hostnames are those that the old gateway serves the VirtualService for: its hosts, as far as its
// Gateways have them too. None is every one, and so are Kubeflow's own: their routes have no hostname,
// and a route with one would hide them on that host, because Envoy looks for a path only among the
// routes of the closest host.
func (t *translation) hostnames(spec *yaml.Node) (out []any) {
	old, _ := t.input.OldGatewaysOf(t.item)
	for _, host := range manifest.Strings(manifest.Field(spec, "hosts")) {
		for _, gateway := range gatewayHosts(t.input, old) {
			common, found := narrower(host, gateway)
			switch {
			case found && common == "*":
				return nil
			case found && slices.Contains(t.kubeflow, common):
				t.out.everyHost = common
				return nil
			case found && strings.HasPrefix(common, "*") && !strings.HasPrefix(common, "*."):
				t.refuse("has the host " + common) // Gateway API: Hostname
			case found && !slices.Contains(out, any(common)):
				out = append(out, common)
			}
		}
	}
	if len(out) == 0 {
		t.refuse("has no host that its Gateway serves")
	}
	return out
}

// kubeflowHosts are the hosts of Kubeflow itself: of its Gateways, and of the VirtualServices in its
// namespaces.
func kubeflowHosts(input *survey.Index) []string {
	hosts := gatewayHosts(input, kubeflowGateways)
	for _, item := range input.Items { // those that were removed, too
		if item.Group == survey.IstioNetworking && item.Kind == "VirtualService" && input.OnOldGateway(item) &&
			slices.Contains([]string{profile.KubeflowNamespace, survey.DexNamespace, survey.OAuth2Proxy}, item.Namespace) {
			hosts = append(hosts, manifest.Strings(manifest.Field(item.Node, "spec", "hosts"))...)
		}
	}
	return hosts
}

// gatewayHosts are the hosts of Istio Gateways, without the namespaces whose VirtualServices may bind to
// them. A Gateway that the input does not show is as Kubeflow has it: it serves every host.
func gatewayHosts(input *survey.Index, gateways []manifest.ID) (out []string) {
	for _, id := range gateways {
		item := input.ByID[id]
		if item == nil || manifest.Field(item.Node, "spec", "servers") == nil {
			out = append(out, "*")
			continue
		}
		for _, server := range manifest.Content(manifest.Field(item.Node, "spec", "servers")) {
			for _, host := range manifest.Strings(manifest.Field(manifest.Dealias(server), "hosts")) {
				if _, after, found := strings.Cut(host, "/"); found {
					host = after
				}
				out = append(out, host)
			}
		}
	}
	return out
}

// narrower is the host that two hosts have in common: the longer one, where the other covers it.
func narrower(a, b string) (host string, found bool) {
	covers := func(wide, host string) bool {
		return wide == host || strings.HasPrefix(wide, "*") && strings.HasSuffix(host, wide[1:])
	}
	switch {
	case covers(a, b):
		return b, true
	case covers(b, a):
		return a, true
	}
	return "", false
}
