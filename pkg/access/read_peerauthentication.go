package access

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// peerAuthentication is one PeerAuthentication: who may come without an identity.
type peerAuthentication struct {
	origin
	selected    bool // its selector has labels
	hasSelector bool
	selector    labels
	mode        string // "" is UNSET
	ports       []portMode
	created     string // metadata.creationTimestamp, in manifests that come from a cluster
}

type portMode struct {
	number int
	mode   string
}

func (w *World) readPeerAuthentication(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	p := &peerAuthentication{
		origin: m.in(s), mode: modeOf(field(spec, "mtls")), hasSelector: field(spec, "selector") != nil,
		created: textOf(field(field(n, "metadata"), "creationTimestamp")),
	}
	var bad *fault
	if p.selector, bad = labelsAt(field(field(spec, "selector"), "matchLabels"), "spec.selector.matchLabels"); bad != nil {
		return bad
	}
	p.selected = len(p.selector) > 0
	if ports := field(spec, "portLevelMtls"); ports != nil && ports.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(ports.Content); i += 2 {
			number, _ := strconv.Atoi(ports.Content[i].Value)
			p.ports = append(p.ports, portMode{number, modeOf(ports.Content[i+1])})
		}
	}
	s.peers = append(s.peers, p)
	return nil
}

// modeOf is a mode, "" where it is inherited.
func modeOf(mtls *yaml.Node) string {
	if mode := textOf(field(mtls, "mode")); mode != "UNSET" {
		return mode
	}
	return ""
}
