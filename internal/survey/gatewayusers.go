package survey

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// GatewayUser is an object of the input that names an Istio Gateway.
type GatewayUser struct {
	Item *manifest.Item
	// Field is where it names the Gateway; "" for a VirtualService.
	Field string
}

// UsersOfGateway are the objects of the input that name an Istio Gateway and stay: VirtualServices,
// Knative's ConfigMap, and every value that is namespace/name, as KServe's ConfigMap and the
// settings of Kubeflow's controllers (ISTIO_GATEWAY) have it. The controllers bind VirtualServices to
// that Gateway later on, which no input shows.
func (in *Index) UsersOfGateway(gateway *manifest.Item) []GatewayUser {
	var users []GatewayUser
	for _, item := range in.Items {
		if item == gateway || item.Removed || item.Node == nil || item.Kind == "CustomResourceDefinition" {
			continue
		}
		if field, uses := usesGateway(item, gateway.ID); uses {
			users = append(users, GatewayUser{item, field})
		}
	}
	return users
}

func usesGateway(item *manifest.Item, gateway manifest.ID) (field string, uses bool) {
	if item.Group == IstioNetworking && item.Kind == "VirtualService" {
		return "", slices.ContainsFunc(GatewaysOf(item), func(named manifest.ID) bool {
			// The tool that applies a VirtualService without a namespace decides which one it is in.
			return named == gateway || item.Namespace == "" && named.Namespace == "" && named.Name == gateway.Name
		})
	}
	manifest.Walk(item.Node, func(key string, n *yaml.Node) {
		if !uses && key != "_example" && (mentions(n, gateway.Namespace+"/"+gateway.Name) || namedByKnative(item, key, n, gateway)) {
			field, uses = key, true
		}
	})
	return field, uses
}

// mentions reports whether a value, or an item of a list, has a name in it that does not go on.
func mentions(n *yaml.Node, name string) bool {
	if n.Kind == yaml.SequenceNode {
		return slices.ContainsFunc(n.Content, func(item *yaml.Node) bool {
			item = manifest.Dealias(item)
			return item.Kind == yaml.ScalarNode && mentions(item, name)
		})
	}
	text := n.Value
	for text != "" {
		before, after, found := strings.Cut(text, name)
		if !found {
			return false
		}
		if (before == "" || !inName(before[len(before)-1])) && (after == "" || !inName(after[0])) {
			return true
		}
		text = after
	}
	return false
}

// inName reports whether a character can be within namespace/name.
func inName(c byte) bool {
	return c == '-' || c == '.' || c == '/' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// namedByKnative reports whether a setting of Knative names a Gateway. Knative looks the Gateway up, and
// no Ingress becomes ready without it. net-istio 1.21 (pkg/reconciler/ingress/config):
// gateway.NAMESPACE.NAME, and gateway.NAME of its own namespace; the same with local-gateway; or lists.
func namedByKnative(item *manifest.Item, key string, n *yaml.Node, gateway manifest.ID) bool {
	if key == "external-gateways" || key == "local-gateways" {
		return inGatewayList(n.Value, gateway)
	}
	rest, found := strings.CutPrefix(strings.TrimPrefix(key, "local-"), "gateway.")
	return found && (rest == gateway.Namespace+"."+gateway.Name || rest == gateway.Name && item.Namespace == gateway.Namespace)
}

// inGatewayList reports whether a list of Knative names a Gateway. One that is not YAML names all.
func inGatewayList(text string, gateway manifest.ID) bool {
	list, err := manifest.Embedded(text)
	return err != nil || slices.ContainsFunc(manifest.Content(list), func(entry *yaml.Node) bool {
		entry = manifest.Dealias(entry)
		return manifest.Value(entry, "name") == gateway.Name && manifest.Value(entry, "namespace") == gateway.Namespace
	})
}
