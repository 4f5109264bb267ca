package access

import (
	"maps"
	"slices"
	"strings"
)

// confined are the namespaces of the AuthorizationPolicies in which two worlds differ, where they differ in nothing else, and where no proxy but those of the
// policies' own namespaces reads them: what nobody there asks is then decided alike in both. ok is false where that is not so.
func (d *differ) confined() (namespaces map[string]bool, ok bool) {
	a, b := d.askers[0].w, d.askers[1].w
	namespaces = map[string]bool{}
	for _, at := range a.recording.between() {
		object := originOf(a.recording.node(at))
		object.namespace = a.recording.of[at].namespace
		if a.recording.of[at].cut || object.kind != "AuthorizationPolicy" || !strings.HasPrefix(object.apiVersion, "security.istio.io/") || object.namespace == "" {
			return nil, false
		}
		namespaces[object.namespace] = true
	}
	for _, w := range [2]*World{a, b} {
		if namespaces[w.mesh.rootNamespace] || len(w.changers) > 0 || len(w.onwards()) > 0 {
			return nil, false
		}
		for _, g := range w.allIngresses() {
			if namespaces[g.namespace] || g.namespace == "" {
				return nil, false
			}
		}
	}
	ids := func(w *World) (out []string) {
		for _, g := range w.allIngresses() {
			out = append(out, g.id(), g.account, g.assumed)
		}
		return out
	}
	clouds := func(w *World) (out []string) {
		for _, c := range w.clouded {
			if !namespaces[c.namespace] || c.kind != "AuthorizationPolicy" {
				out = append(out, c.kind, c.id(), c.field, c.why)
			}
		}
		return out
	}
	sameNames := len(a.names) == len(b.names) && !slices.ContainsFunc(a.names, func(n string) bool { return b.namespaces[n] == nil })
	return namespaces, sameNames && slices.Equal(a.mesh.domains, b.mesh.domains) && slices.Equal(ids(a), ids(b)) && slices.Equal(clouds(a), clouds(b)) &&
		maps.Equal(a.namedFronts(), b.namedFronts()) && a.userHeader(a.ingressRules()) == b.userHeader(b.ingressRules())
}

// untouched reports whether no policy in which the worlds differ stands before a target of a namespace: neither its own, nor that of a waypoint elsewhere.
func (d *differ) untouched(name string, policiesOf map[string]bool) bool {
	if policiesOf[name] {
		return false
	}
	for _, x := range d.askers {
		s := x.w.look(name)
		own := func(b binding) bool { return b.doubt == "" && (b.gateway == nil || !policiesOf[b.gateway.namespace]) }
		if !own(x.w.bind(s, nil, "service")) || !own(x.w.bind(s, nil, "workload")) ||
			slices.ContainsFunc(s.services, func(svc *service) bool { return !own(x.w.serviceWaypoint(svc)) }) ||
			slices.ContainsFunc(s.workloads, func(pod *workload) bool { return !own(x.w.podWaypoint(s, pod)) }) {
			return false
		}
	}
	return true
}
