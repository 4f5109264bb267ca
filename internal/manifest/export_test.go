package manifest

import (
	"bytes"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Plain reports whether the short writer writes n.
func Plain(n *yaml.Node) bool { return plain(n) }

// ByUs is n as we write it, and ByLibrary as the library does: as a document, or behind a dash.
func ByUs(n *yaml.Node, sequence bool) ([]byte, error) { return newWriter(sequence).text(n) }

// ByLibrary is n as the library writes it.
func ByLibrary(n *yaml.Node, sequence bool) ([]byte, error) {
	if sequence {
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
	}
	var out bytes.Buffer
	err := encode(&out, n)
	return out.Bytes(), err
}
