package access

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// peerAuthentication is one PeerAuthentication: who may come without an identity.
type peerAuthentication struct {
	origin
	selected bool
	selector labels
	mode     string
	ports    []portMode
}

type portMode struct {
	number int
	mode   string
}

func (w *World) readPeerAuthentication(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	p := &peerAuthentication{origin: m.in(s), mode: textOf(field(field(spec, "mtls"), "mode"))}
	var bad *fault
	if p.selector, bad = labelsAt(field(field(spec, "selector"), "matchLabels"), "spec.selector.matchLabels"); bad != nil {
		return bad
	}
	p.selected = len(p.selector) > 0
	if ports := field(spec, "portLevelMtls"); ports != nil && ports.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(ports.Content); i += 2 {
			number, _ := strconv.Atoi(ports.Content[i].Value)
			p.ports = append(p.ports, portMode{number, textOf(field(ports.Content[i+1], "mode"))})
		}
	}
	s.peers = append(s.peers, p)
	return nil
}
