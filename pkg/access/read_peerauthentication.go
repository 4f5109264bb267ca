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
	bad = below("spec", p.check(spec))
	if bad == nil {
		bad = checkLimits(p.kind, spec)
	}
	if bad != nil {
		w.addCloud(cloudOf(n).as(bad.field, nil, ofPolicies, bad.reason+", so the API server rejects it"))
	}
	s.peers = append(s.peers, p)
	return nil
}

// check is what the CRD of Istio 1.31 refuses: modes that there are not, and ports that are none or of pods that nothing selects (istio.io/api
// security/v1beta1/peer_authentication.proto).
func (p *peerAuthentication) check(spec *yaml.Node) *fault {
	mtls, ports := field(spec, "mtls"), field(spec, "portLevelMtls")
	if bad := checkMode(mtls, ".mtls"); bad != nil {
		return bad
	}
	if ports != nil && ports.Kind != yaml.MappingNode {
		return wrong(ports, ".portLevelMtls", "it is not a map of ports")
	}
	for port, of := range pairs(ports) {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return wrong(of, ".portLevelMtls", "%q is not a port", port)
		}
		if bad := checkMode(of, ".portLevelMtls["+port+"]"); bad != nil {
			return bad
		}
		if !p.selected {
			return wrong(ports, ".portLevelMtls", "modes of ports need a selector with matchLabels")
		}
	}
	return nil
}

func checkMode(n *yaml.Node, at string) *fault {
	if n = nonNull(n); n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n, at, "it is not a map")
	}
	if unknown := otherKey(n, "mode"); unknown != nil {
		return wrong(unknown, at+"."+unknown.Value, "the field does not exist")
	}
	mode := nonNull(field(n, "mode"))
	if mode != nil && !contains([]string{"UNSET", "DISABLE", "PERMISSIVE", "STRICT"}, textOf(mode)) {
		return wrong(mode, at+".mode", "%q is not one of UNSET, DISABLE, PERMISSIVE, STRICT", valueText(mode))
	}
	return nil
}

// modeOf is a mode, "" where it is inherited.
func modeOf(mtls *yaml.Node) string {
	if mode := textOf(field(mtls, "mode")); mode != "UNSET" {
		return mode
	}
	return ""
}
