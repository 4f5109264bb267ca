package access

import (
	"cmp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// routePolicy is a policy of another vendor that is attached to a route.
type routePolicy struct {
	cloud     *cloud
	kind      string
	namespace string
	name      string
}

// readAttached reads a policy of an API group that the referee does not know, as far as it says where it is attached (GEP-713: targetRef and targetRefs).
// Its controller may change what Istio does there, with an EnvoyFilter or a WasmPlugin that the manifests do not show.
func (w *World) readAttached(n *yaml.Node) {
	spec := field(n, "spec")
	at := "spec.targetRefs"
	refs := list(field(spec, "targetRefs"))
	if one := field(spec, "targetRef"); one != nil {
		at, refs = "spec.targetRef", append(refs, one)
	}
	for _, e := range refs {
		w.readAttachedTo(n, at, deref(e))
	}
	for _, e := range list(field(spec, "targetSelectors")) { // by labels: all of a kind may be meant
		if k := textOf(field(deref(e), "kind")); k == "Service" || strings.HasSuffix(textOf(field(deref(e), "group")), gatewayGroup) {
			w.addCloud(cloudOf(n).as("spec.targetSelectors", deref(e), ofNamespace, whyAttached))
			return
		}
	}
}

const whyAttached = "a policy of another vendor"

func (w *World) readAttachedTo(n *yaml.Node, path string, ref *yaml.Node) {
	kind, name := textOf(field(ref, "kind")), textOf(field(ref, "name"))
	c := cloudOf(n).as(path, ref, ofProxies, whyAttached)
	namespace := cmp.Or(textOf(field(ref, "namespace")), c.namespace)
	c.in, c.targets, c.selected, c.selector = namespace, nil, false, nil
	switch group := textOf(field(ref, "group")); {
	case kind == "Service" && (group == "" || group == "core"):
		c.scope, c.hosts = ofService, []string{hostOf(namespace, name)}
		w.addCloud(c)
	case group != gatewayGroup:
	case kind == "Gateway":
		c.targets = []target{{group: gatewayGroup, kind: kind, name: name}}
		w.addCloud(c)
	case kind == "GatewayClass":
		c.scope = ofEnvoys
		w.addCloud(c)
	case kind == "ListenerSet", strings.HasSuffix(kind, "Route"):
		w.routePolicies = append(w.routePolicies, routePolicy{c, kind, namespace, name})
	}
}

// settleRoutes puts routes in doubt: those to which policies of other vendors are attached, and HTTPRoutes and GRPCRoutes of one name, of which Istio
// serves one (Istio 1.31: gateway controller.go joins what it makes of them by that name).
func (w *World) settleRoutes() {
	for _, name := range w.names {
		w.namespaces[name].disputeNames()
	}
	for _, p := range w.routePolicies {
		doubt := "what " + named(&p.cloud.origin) + ", " + whyAttached + ", makes of it"
		if l := w.listenersOf[join(p.namespace, p.name)]; p.kind == "ListenerSet" && l != nil {
			l.unknown = cmp.Or(l.unknown, p.cloud.field+" of "+named(&p.cloud.origin))
		}
		for _, r := range w.look(p.namespace).routes {
			if r.kind == p.kind && r.name == p.name {
				r.doubt = cmp.Or(r.doubt, doubt)
			}
		}
	}
}

func (s *space) disputeNames() {
	grpc := map[string]*route{}
	for _, r := range s.routes {
		if r.kind == "GRPCRoute" {
			grpc[r.name] = r
		}
	}
	for _, r := range s.routes {
		if g := grpc[r.name]; g != nil && g != r {
			const doubt = "which of the HTTPRoute and the GRPCRoute of this name Istio serves"
			r.doubt, g.doubt = cmp.Or(r.doubt, doubt), cmp.Or(g.doubt, doubt)
		}
	}
}
