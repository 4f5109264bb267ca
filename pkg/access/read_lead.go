package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// lead is where a route of a kind that is not followed leads: a GRPCRoute, TLSRoute, TCPRoute or VirtualService.
type lead struct {
	object   string // kind and namespace/name
	parents  []parent
	anywhere bool // it hangs on Istio Gateways, whose pods nobody knows here
	stream   bool // it carries connections and no requests
	backends []backend
}

// readLead reads the routes of the Gateway API whose rules name backendRefs as those of an HTTPRoute do.
func (w *World) readLead(m meta, n *yaml.Node) error {
	s, spec, kind := w.space(m.namespace), field(n, "spec"), textOf(field(n, "kind"))
	l := &lead{object: kind + " " + join(s.name, m.name), stream: kind != "GRPCRoute", parents: parentsOf(s.name, spec)}
	for _, rule := range list(field(spec, "rules")) {
		for _, ref := range list(field(rule, "backendRefs")) {
			if weight := field(ref, "weight"); weight == nil || number(weight) > 0 {
				l.backends = append(l.backends, backendOf(s.name, deref(ref)))
			}
		}
	}
	s.leads = append(s.leads, l)
	return nil
}

func parentsOf(namespace string, spec *yaml.Node) (out []parent) {
	for _, p := range list(field(spec, "parentRefs")) {
		out = append(out, parent{
			kind: or(textOf(field(p, "kind")), "Gateway"), namespace: or(textOf(field(p, "namespace")), namespace), name: textOf(field(p, "name")),
			section: textOf(field(p, "sectionName")), port: number(field(p, "port")),
		})
	}
	return out
}

// backendOf reads a backendRef. A Hostname of a Service (Istio 1.31: conversion buildDestination) leads there without a ReferenceGrant.
func backendOf(namespace string, n *yaml.Node) backend {
	kind, group := or(textOf(field(n, "kind")), "Service"), textOf(field(n, "group"))
	b := backend{namespace: or(textOf(field(n, "namespace")), namespace), name: textOf(field(n, "name")), port: number(field(n, "port")), kind: kind}
	if kind == "Hostname" && group == "networking.istio.io" {
		if id, ok := strings.CutSuffix(b.name, ".svc.cluster.local"); ok && strings.Count(id, ".") == 1 {
			b.name, b.namespace, _ = strings.Cut(id, ".")
			b.kind, b.byHost = "Service", true
			return b
		}
	}
	b.foreign = kind != "Service" || group != "" && group != "core"
	return b
}

// readVirtualServiceLead reads where a VirtualService of a gateway leads. One without gateways is for the mesh, whose pods call no headless
// Service through a waypoint.
func (w *World) readVirtualServiceLead(m meta, n *yaml.Node) {
	s, spec := w.space(m.namespace), field(n, "spec")
	l := &lead{object: "VirtualService " + join(s.name, m.name)}
	for _, g := range list(field(spec, "gateways")) {
		l.anywhere = l.anywhere || textOf(deref(g)) != "mesh"
	}
	if !l.anywhere {
		return
	}
	for _, kind := range [3]string{"http", "tls", "tcp"} {
		for _, rule := range list(field(spec, kind)) {
			for _, route := range list(field(rule, "route")) {
				to := field(route, "destination")
				name, namespace := serviceOf(textOf(field(to, "host")), s.name)
				l.backends = append(l.backends, backend{namespace: namespace, name: name, port: number(field(field(to, "port"), "number"))})
			}
		}
	}
	s.leads = append(s.leads, l)
}

// serviceOf is the Service that a host names: a short name is one of its own namespace (Istio: ResolveShortnameToFQDN).
func serviceOf(host, own string) (name, namespace string) {
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1:
		return host, own
	case len(parts) > 2 && parts[2] == "svc":
		return parts[0], parts[1]
	}
	return "", ""
}

// service is the Service that a backend means, by a reference or by its host name.
func (b backend) service() (namespace, name string) {
	switch {
	case b.kind == "Hostname":
		name, namespace = serviceOf(b.name, "")
		if namespace == "" {
			return "", ""
		}
		return namespace, name
	case b.foreign:
		return "", ""
	}
	return b.namespace, b.name
}
