package access

import (
	"cmp"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// listenerSet adds listeners to a Gateway.
type listenerSet struct {
	origin
	parentNamespace, parentName string
	listeners                   []listener
	unknown                     string // a field that is not judged
}

// readListenerSet: routes name it as their parent, and are served by its Gateway.
func (w *World) readListenerSet(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	p := field(spec, "parentRef")
	if kind := cmp.Or(textOf(field(p, "kind")), "Gateway"); kind != "Gateway" || field(p, "group") != nil && textOf(field(p, "group")) != gatewayGroup {
		return nil // it is for others (gateway ListenerSetCollection)
	}
	l := &listenerSet{origin: m.in(s), parentNamespace: cmp.Or(textOf(field(p, "namespace")), s.name), parentName: textOf(field(p, "name"))}
	for _, e := range list(field(spec, "listeners")) {
		one := readListener(deref(e))
		if one.port == 0 { // gatewaycommon ListenerEntryPortNumber
			one.port = map[string]int{"HTTP": 80, "HTTPS": 443}[one.protocol]
		}
		l.listeners = append(l.listeners, one)
	}
	if l.kind == "ListenerSet" {
		if l.unserved() != "" {
			l.unknown = l.unservedField()
		}
		l.unknown = cmp.Or(l.unknown, unknownField(groupKind{gatewayGroup, l.kind}, n))
	}
	w.listenerSets = append(w.listenerSets, l)
	w.listenersOf[l.id()] = l
	return nil
}
