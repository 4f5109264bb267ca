package survey

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// definedProviders are the names of the extension providers in meshConfig. They are known where the
// input has meshConfig in a form that is understood.
func (in *Index) definedProviders(spec profile.Spec) (names []string, known bool) {
	for _, item := range in.Items {
		for _, mesh := range meshConfigs(spec.Cluster.RootNamespace, item) {
			known = true
			for _, n := range manifest.Content(manifest.Field(mesh, "extensionProviders")) {
				names = append(names, manifest.Value(manifest.Dealias(n), "name"))
			}
		}
	}
	return names, known
}

// meshConfigs are the meshConfigs that an item has: a ConfigMap of istiod (istio, istio-REVISION), or
// what Istio's operators make one of.
func meshConfigs(root string, item *manifest.Item) []*yaml.Node {
	var found []*yaml.Node
	switch {
	case item.Group == "" && item.Kind == "ConfigMap" && item.Namespace == root && (item.Name == "istio" || strings.HasPrefix(item.Name, "istio-")):
		if mesh, err := manifest.Embedded(manifest.Value(item.Node, "data", "mesh")); err == nil {
			found = append(found, mesh)
		}
	case item.Group == "install.istio.io" && item.Kind == "IstioOperator":
		found = []*yaml.Node{manifest.Field(item.Node, "spec", "meshConfig"), manifest.Field(item.Node, "spec", "values", "meshConfig")}
	case item.Group == "sailoperator.io" && item.Kind == "Istio":
		found = []*yaml.Node{manifest.Field(item.Node, "spec", "values", "meshConfig")}
	}
	return slices.DeleteFunc(found, func(n *yaml.Node) bool { return n == nil || n.Kind != yaml.MappingNode })
}

// TrustDomainAliases are the trust domains that meshConfig has in addition to the mesh's own: principals
// of a policy mean the same with each.
func (in *Index) TrustDomainAliases() (aliases []string) {
	if in == nil {
		return nil
	}
	for _, item := range in.Items {
		for _, mesh := range meshConfigs(in.gateway.RootNamespace, item) {
			aliases = append(aliases, manifest.Strings(manifest.Field(mesh, "trustDomainAliases"))...)
		}
	}
	return aliases
}
