package manifest

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// IsList reports whether the item is a list of other objects, of any kind or of one: kubectl takes
// both apart, whatever a list is called.
func (i *Item) IsList() bool {
	at := IndexOf(i.Node, "items")
	if at < 0 || !strings.HasSuffix(i.Kind, "List") {
		return false
	}
	items := i.Node.Content[at+1]
	return items.Kind == yaml.SequenceNode || items.ShortTag() == yaml.NodeTagNull
}

// checkItems refuses an object that only kubectl takes for a list. apimachinery's unstructured
// decoder reads whatever has items at its top as a list, and applies them.
func (i *Item) checkItems() error {
	at := IndexOf(i.Node, "items")
	if at < 0 || i.IsList() {
		return nil
	}
	return fault(i.Node.Content[at], diagnostic.ItemsInAnObject, fmt.Sprintf("is at the top of an object of kind %q", i.Kind),
		"kubectl takes such an object for a list, and applies its items instead", "write a List, or remove items")
}

// Items are the objects of a list. One that has neither kind nor apiVersion gets those of the list,
// as in apimachinery's unstructured decoder (decodeToList): the API server leaves them out.
func (i *Item) Items() ([]*Item, error) {
	var items []*Item
	for _, n := range Content(Field(i.Node, "items")) {
		if err := i.lend(n); err != nil {
			return nil, located(i, "", err)
		}
		item := NewItem(n)
		item.File = i.File
		if err := item.checkItems(); err != nil {
			return nil, located(i, "", err)
		}
		items = append(items, item)
	}
	return items, nil
}

// lend gives an object of the list i the kind and the apiVersion that it lacks.
func (i *Item) lend(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fault(n, diagnostic.ListedNoObject, "is not an object", "", "write one, with apiVersion and kind")
	}
	hasKind, hasVersion := !blank(n, "kind"), !blank(n, "apiVersion")
	kind, version := strings.TrimSuffix(i.Kind, "List"), Value(i.Node, "apiVersion")
	switch {
	case hasKind && hasVersion:
		return nil
	case hasKind || hasVersion:
		return fault(n, diagnostic.ListedWithoutKind, "has only one of kind and apiVersion", "kubectl takes both or neither from the list", "write both")
	case kind == "" || blank(i.Node, "apiVersion"):
		return fault(n, diagnostic.ListedWithoutKind, "has neither kind nor apiVersion, and the list does not set them for its items", "", "write both")
	}
	lent := []*yaml.Node{Text("apiVersion"), Text(version), Text("kind"), Text(kind)}
	for at := 0; at+1 < len(n.Content); at += 2 {
		if key := n.Content[at].Value; key != "kind" && key != "apiVersion" {
			lent = append(lent, n.Content[at], n.Content[at+1])
		}
	}
	n.Content = lent
	return nil
}

// blank reports whether the map n has no text below key.
func blank(n *yaml.Node, key string) bool {
	v := Field(n, key)
	return v == nil || v.Kind != yaml.ScalarNode || v.Value == "" || v.ShortTag() == yaml.NodeTagNull
}
