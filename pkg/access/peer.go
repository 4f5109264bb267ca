package access

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// peerAuthentication is one PeerAuthentication: who may come without an identity.
type peerAuthentication struct {
	namespace, name string
	selected        bool
	selector        labels
	mode            string
	ports           []portMode
}

type portMode struct {
	number int
	mode   string
}

func (w *World) readPeerAuthentication(m meta, n *yaml.Node) error {
	s, spec := w.space(m.namespace), field(n, "spec")
	p := &peerAuthentication{namespace: s.name, name: m.name, mode: textOf(field(field(spec, "mtls"), "mode"))}
	var err error
	if p.selector, err = labelsOf(field(field(spec, "selector"), "matchLabels")); err != nil {
		return err
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

// strict judges a connection without an identity: STRICT denies it. The workload's mode stands before the namespace's, and that before the
// mesh's; a port's before all (ambient convertedSelectorPeerAuthentications and convertPeerAuthentication).
func (w *World) strict(s *space, pod *workload, number int) ruling {
	mode, by, doubt := "", "", false
	use := func(p *peerAuthentication, m string) {
		if m != "" && m != "UNSET" {
			mode, by = m, join(p.namespace, p.name)
		}
	}
	for _, p := range w.look(w.mesh.rootNamespace).peers {
		if !p.selected {
			use(p, p.mode)
			break
		}
	}
	var workload *peerAuthentication
	namespaceSeen := false
	for _, p := range s.peers {
		if !p.selected {
			if !namespaceSeen && s.name != w.mesh.rootNamespace {
				namespaceSeen = true
				use(p, p.mode)
			}
			continue
		}
		if workload == nil && s.name != w.mesh.rootNamespace && p.selector.selects(pod.labels) {
			workload = p
		}
	}
	if workload != nil {
		use(workload, workload.mode)
		for _, port := range workload.ports {
			if number == 0 {
				doubt = true
			} else if port.number == number {
				use(workload, port.mode)
			}
		}
	}
	switch {
	case doubt:
		return ruling{NotJudged, Step{"ztunnel", "", -1, "which PeerAuthentication applies depends on a port that is not given"}}
	case mode == "STRICT":
		return ruling{Deny, Step{"ztunnel", by, -1, "STRICT: no identity"}}
	}
	return ruling{outcome: Allow}
}
