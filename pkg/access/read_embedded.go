package access

import (
	"cmp"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// readEmbedded reads an object of a group outside Kubernetes that holds whole objects: a Composition of Crossplane, a ManifestWork, a Workflow that applies
// a manifest. Its controller may make them.
func (w *World) readEmbedded(k groupKind, n *yaml.Node) {
	if strings.HasSuffix(k.group, ".k8s.io") || !strings.Contains(k.group, ".") || ledgerGroup(k.group) || installers[k] != nil || mutators[k] != nil || generators[k] != nil {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key := n.Content[i].Value; key {
		case "apiVersion", "kind", "metadata", "status":
		default:
			visits := 0
			if at, kind := embeddedObject(n.Content[i+1], &visits, 0); at != nil {
				c := cloudOf(n).as(key, at, ofAll, "it may make objects of kind "+kind+", which are not in the manifests")
				w.addCloud(c)
				return
			}
		}
	}
}

// embeddedObject finds an object below a node that decides something: one with a spec or metadata, or one in a text. What is too large to be looked
// through may hold one.
func embeddedObject(n *yaml.Node, visits *int, depth int) (at *yaml.Node, kind string) {
	n = deref(n)
	*visits++
	switch {
	case n == nil:
	case *visits > maxLedgerVisits || depth > maxLedgerDepth:
		return n, "any"
	case n.Kind == yaml.ScalarNode:
		if len(n.Value) > len("apiVersion:") && strings.Contains(n.Value, "apiVersion") {
			for _, m := range objectText.FindAllStringSubmatch(n.Value, -1) {
				if group, _, _ := strings.Cut(m[1], "/"); m[2] != "" && decidesAccess("", m[2]) || m[2] == "" && ledgerGroup(group) {
					return n, cmp.Or(m[2], m[1])
				}
			}
		}
	case n.Kind == yaml.MappingNode:
		apiVersion := textOf(field(n, "apiVersion"))
		kind, group := textOf(field(n, "kind")), ""
		if i := strings.IndexByte(apiVersion, '/'); i > 0 {
			group = apiVersion[:i]
		}
		if kind != "" && apiVersion != "" && (field(n, "metadata") != nil || field(n, "spec") != nil) && decidesAccess(group, kind) {
			return n, kind
		}
	}
	if n == nil || n.Kind == yaml.ScalarNode {
		return nil, ""
	}
	for _, e := range n.Content {
		if at, kind := embeddedObject(e, visits, depth+1); at != nil {
			return at, kind
		}
	}
	return nil, ""
}

// objectText finds the apiVersion and the kind of objects in a text.
var objectText = regexp.MustCompile(`(?m)(?:^|[\s{,"'])(?:apiVersion["']?:\s*["']?([\w.-]+/\w+)|kind["']?:\s*["']?(\w+))`)
