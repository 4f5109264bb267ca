package survey

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Selection is where an object selects others by their labels.
type Selection struct {
	Item     *manifest.Item
	Selector *yaml.Node
}

// NamespaceSelectors are those of the objects of the input, as they are written now: of NetworkPolicies,
// webhooks, listeners of Gateways, meshConfig and other kinds that use the same words. Istio's own webhooks are left out:
// they select by the labels that say whether a Namespace has sidecars.
func (in *Index) NamespaceSelectors() (found []Selection) {
	for _, item := range in.Items {
		if item.Kind == "CustomResourceDefinition" || OwnedBy(item) != "" || item.Removed || isInjector(item) {
			continue
		}
		manifest.Walk(item.Node, func(key string, n *yaml.Node) {
			switch key {
			case "namespaceSelector":
			case "namespaces": // Gateway API: allowedRoutes.namespaces
				n = manifest.Field(n, "selector")
			default:
				return
			}
			if !IsWhole(n) {
				found = append(found, Selection{item, n})
			}
		})
		for _, mesh := range meshConfigs(in.gateway.RootNamespace, item) {
			for _, n := range manifest.Content(manifest.Field(mesh, "discoverySelectors")) {
				found = append(found, Selection{item, manifest.Dealias(n)})
			}
		}
	}
	return found
}

// isInjector reports whether an item has Istio's webhooks for sidecars (Istio 1.31: istiod's mutatingwebhook.yaml).
func isInjector(item *manifest.Item) bool {
	if item.Kind != "MutatingWebhookConfiguration" {
		return false
	}
	for _, hook := range manifest.Content(manifest.Field(item.Node, "webhooks")) {
		if strings.HasSuffix(manifest.Value(manifest.Dealias(hook), "name"), "sidecar-injector.istio.io") {
			return true
		}
	}
	return false
}

// SelectorNames reports whether a label selector names a label.
func SelectorNames(selector *yaml.Node, key string) bool {
	if manifest.Field(selector, "matchLabels", key) != nil {
		return true
	}
	for _, expression := range manifest.Content(manifest.Field(selector, "matchExpressions")) {
		if manifest.Value(manifest.Dealias(expression), "key") == key {
			return true
		}
	}
	return false
}

// PodSelection is the first object in a namespace, or in the root namespace, that selects pods with some labels by one
// of them: a Service, a NetworkPolicy, a PodDisruptionBudget, a policy, an affinity; nil where there is none. maker is what makes the pods.
func (in *Index) PodSelection(maker *manifest.Item, labels map[string]string, key string) *manifest.Item {
	for _, s := range in.podSelectors(key) {
		if s.Item != maker && (s.Item.Namespace == maker.Namespace || s.Item.Namespace == in.gateway.RootNamespace || s.Item.Kind == "NetworkPolicy") && Matches(s.Selector, labels, false) {
			return s.Item
		}
	}
	return nil
}

// podSelectors are the selectors of pods that name a label, gathered once.
func (in *Index) podSelectors(key string) []Selection {
	if found, known := in.selectors[key]; known {
		return found
	}
	var found []Selection
	for _, item := range in.Items {
		if item.Kind == "CustomResourceDefinition" || item.Removed || isInjector(item) {
			continue
		}
		manifest.Walk(item.Node, func(at string, n *yaml.Node) {
			if !strings.HasSuffix(strings.ToLower(at), "selector") || at == "namespaceSelector" || at == "nodeSelector" || n.Kind != yaml.MappingNode {
				return
			}
			switch {
			case manifest.Field(n, "matchLabels") != nil || manifest.Field(n, "matchExpressions") != nil:
			case at == "workloadSelector": // Istio: EnvoyFilter, Sidecar, ServiceEntry
				n = asMatchLabels(manifest.Field(n, "labels"))
			default: // of a Service
				n = asMatchLabels(n)
			}
			if SelectorNames(n, key) {
				found = append(found, Selection{item, n})
			}
		})
	}
	in.selectors[key] = found
	return found
}

// asMatchLabels is a map of labels as a label selector.
func asMatchLabels(labels *yaml.Node) *yaml.Node {
	if labels == nil {
		return nil
	}
	return &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: []*yaml.Node{manifest.Text("matchLabels"), labels}}
}
