package access

import (
	"cmp"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// networkPolicy is one NetworkPolicy: the pods that it isolates, and what it lets in and out.
type networkPolicy struct {
	origin
	pods     podSelector
	isolates [2]bool // by direction
	rules    [2][]networkRule
}

// direction of traffic as a pod sees it.
type direction uint8

const (
	ingressTraffic direction = iota
	egressTraffic
)

// networkRule allows any of its peers on any of its ports; an empty list means all.
type networkRule struct {
	place
	peers []networkPeer
	ports []networkPort
}

type networkPeer struct {
	namespaces *podSelector // nil: the policy's own
	pods       *podSelector // nil: all
	everywhere bool         // an ipBlock of all addresses
	addresses  bool         // another ipBlock: nobody here knows the pods' addresses
}

// networkPort is one port or a range for TCP. Rules for other protocols are not kept; all: every port of TCP.
type networkPort struct {
	all       bool
	from, to  int
	container string // a container port's name
}

// podSelector is a LabelSelector.
type podSelector struct {
	labels      labels
	expressions []labelExpression
	broken      bool
}

type labelExpression struct {
	key, operator string
	values        []string
}

func (w *World) readNetworkPolicy(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	p := &networkPolicy{origin: m.in(s), pods: selectorOf(field(spec, "podSelector"))}
	// Kubernetes: without policyTypes a policy isolates ingress, and egress where it has egress rules.
	types, _ := texts(field(spec, "policyTypes"))
	p.isolates[ingressTraffic] = len(types) == 0 || contains(types, "Ingress")
	p.isolates[egressTraffic] = len(types) == 0 && len(list(field(spec, "egress"))) > 0 || contains(types, "Egress")
	for _, e := range list(field(spec, "ingress")) {
		p.rules[ingressTraffic] = append(p.rules[ingressTraffic], networkRuleOf(deref(e), "from"))
	}
	for _, e := range list(field(spec, "egress")) {
		p.rules[egressTraffic] = append(p.rules[egressTraffic], networkRuleOf(deref(e), "to"))
	}
	s.networks = append(s.networks, p)
	return nil
}

func networkRuleOf(n *yaml.Node, peers string) (r networkRule) {
	r.place = placeOf(n)
	for _, e := range list(field(n, peers)) {
		e = deref(e)
		var p networkPeer
		if block := field(e, "ipBlock"); block != nil {
			cidr := textOf(field(block, "cidr"))
			p.everywhere = (cidr == "0.0.0.0/0" || cidr == "::/0") && len(list(field(block, "except"))) == 0
			p.addresses = !p.everywhere
		}
		if field(e, "namespaceSelector") != nil {
			s := selectorOf(field(e, "namespaceSelector"))
			p.namespaces = &s
		}
		if field(e, "podSelector") != nil {
			s := selectorOf(field(e, "podSelector"))
			p.pods = &s
		}
		r.peers = append(r.peers, p)
	}
	for _, e := range list(field(n, "ports")) {
		port := field(e, "port")
		p := networkPort{all: port == nil, from: number(port)}
		p.to = max(p.from, number(field(e, "endPort")))
		if port != nil && p.from == 0 {
			p.container = textOf(port)
		}
		if cmp.Or(textOf(field(e, "protocol")), "TCP") != "TCP" {
			p = networkPort{} // it matches no port
		}
		r.ports = append(r.ports, p)
	}
	return r
}

func selectorOf(n *yaml.Node) (s podSelector) {
	var err error
	s.labels, err = labelsOf(field(n, "matchLabels"))
	s.broken = err != nil
	for _, e := range list(field(n, "matchExpressions")) {
		x := labelExpression{key: textOf(field(e, "key")), operator: textOf(field(e, "operator"))}
		x.values, err = texts(field(e, "values"))
		s.broken = s.broken || err != nil
		s.expressions = append(s.expressions, x)
	}
	return s
}

// all reports whether it is the empty selector, which picks everything.
func (s *podSelector) all() bool { return len(s.labels) == 0 && len(s.expressions) == 0 && !s.broken }

// picks reports whether an object with these labels is selected. complete: it has no others; else one that lacks a label may have it.
func (s *podSelector) picks(own labels, complete bool) verdict3 {
	return s.picksWith(own, func(string) bool { return !complete })
}

// picksWith is picks of an object that may have the labels that may says, besides its own.
func (s *podSelector) picksWith(own labels, may func(key string) bool) verdict3 {
	if s.broken {
		return maybe
	}
	out := yes
	for _, want := range s.labels {
		got, ok := own.get(want.key)
		switch {
		case ok && got != want.value, !ok && !may(want.key):
			return no
		case !ok:
			out = maybe
		}
	}
	for _, x := range s.expressions {
		got, ok := own.get(x.key)
		var v verdict3
		switch {
		case !ok && may(x.key):
			v = maybe
		case x.operator == "In":
			v = is(ok && contains(x.values, got))
		case x.operator == "NotIn":
			v = is(!ok || !contains(x.values, got))
		case x.operator == "Exists":
			v = is(ok)
		case x.operator == "DoesNotExist":
			v = is(!ok)
		default:
			v = maybe
		}
		out = min(out, v)
	}
	return out
}
