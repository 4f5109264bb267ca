package manifest

import (
	"fmt"
	"slices"
	"strconv"
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
	if err := i.checkWhole(); err != nil {
		return err
	}
	at := IndexOf(i.Node, "items")
	if at < 0 || i.IsList() {
		return nil
	}
	if items := i.Node.Content[at+1]; strings.HasSuffix(i.Kind, "List") {
		return fault(items, diagnostic.ItemsInAnObject, "is not a list", "kubectl cannot read what an object of kind "+strconv.Quote(i.Kind)+" lists", "write items: [], or list the objects")
	}
	return fault(i.Node.Content[at], diagnostic.ItemsInAnObject, fmt.Sprintf("is at the top of an object of kind %q", i.Kind),
		"kubectl takes such an object for a list, and applies its items instead", "write a List, or remove items")
}

// checkWhole refuses what the API server answers without the objects or without all of them: a page of a list (ListMeta.continue), a Table for
// people to read, and objects of which there is only the metadata. What is not there would count as absent.
func (i *Item) checkWhole() error {
	const effect, remedy = "what is missing would count as absent, so nobody could be sure of anything", "send whole objects and all of them, such as the output of kubectl get -o yaml"
	if i.Group == "meta.k8s.io" {
		switch i.Kind {
		case "Table", "PartialObjectMetadata", "PartialObjectMetadataList":
			return fault(i.Node, diagnostic.PartialList, "is of kind "+i.Kind+", which does not hold the objects that it is about", effect, remedy)
		}
	}
	metadata := Field(i.Node, "metadata")
	if !i.IsList() || metadata == nil {
		return nil
	}
	for _, key := range [2]string{"continue", "remainingItemCount"} {
		if n := Field(metadata, key); n != nil && n.ShortTag() != yaml.NodeTagNull && n.Value != "" && n.Value != "0" {
			return fault(n, diagnostic.PartialList, "says that the list goes on", effect, remedy)
		}
	}
	return nil
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

// unlist are the items of a List, those of a List in it as well.
func unlist(list *Item) ([]*Item, error) {
	listed, err := list.Items()
	if err != nil {
		return nil, err
	}
	var items []*Item
	for _, item := range listed {
		if !item.IsList() {
			items = append(items, item)
			continue
		}
		more, err := unlist(item)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// sentList is a list among the items of a ResourceList. Its objects are read one by one, and leave in
// it again: kpt keeps it in a file of its own.
type sentList struct {
	*Item
	// objects is how many there were in it.
	objects int
}

// unlistSent are items with the objects of a list in place of the list, unless it is empty. path is
// where the list is.
func unlistSent(list *Item, path string) ([]*Item, error) {
	if !list.IsList() {
		return []*Item{list}, nil
	}
	items, err := unlist(list)
	if err != nil {
		return nil, located(list, path, err)
	}
	if len(items) == 0 {
		return []*Item{list}, nil
	}
	sent := &sentList{list, len(items)}
	for _, item := range items {
		item.sent = sent
	}
	return items, nil
}

// with is the list with those of its objects that are left: as it was read, if these are all, and as
// they were.
func (l *sentList) with(left []*Item) *Item {
	stays := make(map[*yaml.Node]bool, len(left))
	changed := len(left) < l.objects
	for _, item := range left {
		stays[item.Node] = true
		changed = changed || item.Changed
	}
	if changed {
		l.Changed = true
		keepListed(l.Node, stays)
	}
	return l.Item
}

// relisted are items with the lists that they came in, each where the first of its objects is.
func relisted(items []*Item) []*Item {
	left := map[*sentList][]*Item{}
	for _, item := range items {
		if item.sent != nil {
			left[item.sent] = append(left[item.sent], item)
		}
	}
	if len(left) == 0 {
		return items
	}
	var out []*Item
	for _, item := range items {
		if item.sent == nil {
			out = append(out, item)
		} else if item == left[item.sent][0] {
			out = append(out, item.sent.with(left[item.sent]))
		}
	}
	return out
}

// keepListed removes the objects of a list, and of the lists in it, that do not stay. It reports
// whether any is left.
func keepListed(list *yaml.Node, stays map[*yaml.Node]bool) bool {
	items := Field(list, "items")
	if items == nil || items.Kind != yaml.SequenceNode {
		return false
	}
	items.Content = slices.DeleteFunc(items.Content, func(n *yaml.Node) bool { return !stays[n] && !keepListed(n, stays) })
	return len(items.Content) > 0
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
