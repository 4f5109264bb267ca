package diagnostic

import (
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Print writes each message on a line of its own.
func Print(w io.Writer, all []Diagnostic) {
	var out strings.Builder // there may be thousands
	for _, d := range all {
		fmt.Fprintf(&out, "ambient-profile: %s: %s\n", d.Severity(), d.Error())
	}
	fmt.Fprint(w, out.String())
}

// Results are the messages as the results of a ResourceList (KRM functions specification).
func Results(all []Diagnostic) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, d := range all {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
			text("message"), text(d.Error()), text("severity"), text(d.Severity().String()),
		}})
	}
	return list
}

func text(s string) *yaml.Node { return yaml.NewStringRNode(s).YNode() }
