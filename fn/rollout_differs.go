package fn

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// ofServer are the fields of an object that the API server sets (k8s.io/apimachinery v0.36: metav1.ObjectMeta).
var ofServer = []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}

// lastApplied is what kubectl apply without --server-side keeps of a manifest.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// differs says in which field an object of the cluster is not as a stage wants it, "" for none. Only fields that a stage sets count, and those that another
// stage sets and this one does not: they must be gone. Of Istio's own kinds all of the spec counts, because nothing completes it (istio.io/api 1.31: their
// CRDs have no defaults).
func (v *verifier) differs(item, live *manifest.Item) string {
	var all []string
	forms := v.forms[inNamespace(item.ID)]
	for _, key := range keysOf(item.Node, forms) {
		if key == "apiVersion" || key == "kind" || key == "status" {
			continue
		}
		d := differences{strict: key == "spec" && strings.HasSuffix(item.Group, ".istio.io"), meta: key == "metadata"}
		var others []*yaml.Node
		for _, o := range forms {
			others = append(others, manifest.Field(o.Node, key))
		}
		d.compare(key, manifest.Field(item.Node, key), manifest.Field(live.Node, key), others)
		all = append(all, d.found...)
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	}
	return fmt.Sprintf("%s, and %d more", all[0], len(all)-1)
}

// keysOf are the keys of an object and of its other forms.
func keysOf(n *yaml.Node, forms []*manifest.Item) (out []string) {
	for _, m := range append([]*yaml.Node{n}, nodesIn(forms)...) {
		for i := 0; i+1 < len(m.Content); i += 2 {
			if key := m.Content[i].Value; !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	return out
}

func nodesIn(items []*manifest.Item) (out []*yaml.Node) {
	for _, item := range items {
		out = append(out, item.Node)
	}
	return out
}

// differences are what a comparison finds.
type differences struct {
	strict, meta bool
	found        []string
}

func (d *differences) say(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

// compare compares a field with what is in the cluster. others are what other stages make of it.
func (d *differences) compare(path string, said, live *yaml.Node, others []*yaml.Node) {
	said, live = present(said), present(live)
	switch {
	case said == nil && live != nil && (d.strict || slices.ContainsFunc(others, func(o *yaml.Node) bool { return present(o) != nil })):
		d.say("%s is %s, and is not to be there", path, shortly(live))
	case said == nil:
	case live == nil:
		d.say("%s is not there, and is to be %s", path, shortly(said))
	case said.Kind != live.Kind:
		d.say("%s is %s, not %s", path, shortly(live), shortly(said))
	case said.Kind == yaml.MappingNode:
		d.maps(path, said, live, others)
	case said.Kind == yaml.SequenceNode && len(said.Content) != len(live.Content):
		d.say("%s has %d entries, not %d", path, len(live.Content), len(said.Content))
	case said.Kind == yaml.SequenceNode:
		for i := range said.Content {
			var same []*yaml.Node
			for _, o := range others {
				if o = present(o); o != nil && o.Kind == yaml.SequenceNode && i < len(o.Content) {
					same = append(same, o.Content[i])
				}
			}
			d.compare(fmt.Sprintf("%s[%d]", path, i), said.Content[i], live.Content[i], same)
		}
	case !manifest.Equal(said, live):
		d.say("%s is %s, not %s", path, shortly(live), shortly(said))
	}
}

func (d *differences) maps(path string, said, live *yaml.Node, others []*yaml.Node) {
	var keys []string
	add := func(n *yaml.Node) {
		if n = present(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if slices.Contains(keys, key) || d.meta && (path == "metadata" && slices.Contains(ofServer, key) || key == lastApplied) {
				continue
			}
			keys = append(keys, key)
		}
	}
	add(said)
	for _, o := range others {
		add(o)
	}
	if d.strict {
		add(live)
	}
	for _, key := range keys {
		below := path + "." + key
		if strings.ContainsAny(key, "./") {
			below = path + "[" + key + "]"
		}
		var same []*yaml.Node
		for _, o := range others {
			same = append(same, manifest.Field(present(o), key))
		}
		d.compare(below, manifest.Field(said, key), manifest.Field(live, key), same)
	}
}

// present is a value, nil for one that the API server may leave out: null, {} and [].
func present(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	n = manifest.Dealias(n)
	if n.ShortTag() == yaml.NodeTagNull || n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
		return nil
	}
	return n
}

// shortly is a value for a message.
func shortly(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	}
	if text := []rune(n.Value); len(text) > 60 {
		return string(text[:60]) + "..."
	}
	return fmt.Sprintf("%q", n.Value)
}
