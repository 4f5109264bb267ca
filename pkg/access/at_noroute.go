package access

import (
	"slices"
	"strings"
)

// noRouteTakes: where routes lead to the target and do not take this request, or others have its host, the gateway answers 404. Where none
// leads there, one is assumed.
func (t *trip) noRouteTakes(way *way, to *space, led bool) answer {
	g, want := way.gateway, join(t.req.To.Namespace, t.req.To.Service)
	claimed := way.given && way.host != nil && way.host.domain != "*"
	if claimed || led && (way.given || way.host == nil) {
		why := "no route of Gateway " + g.id() + " matches (404)"
		if claimed {
			why = "no route of host " + way.host.domain + " at Gateway " + g.id() + " matches (404)"
		}
		t.routed = "nothing: " + why
		outcome, step := NotJudged, stepAt(Point{Kind: AtRoute}, why)
		step.moot = true
		if led && way.given && t.at.trace == nil && t.noneMayTake(g, way.table) { // sets ask for nothing more: the request is refused or goes elsewhere
			outcome, step.moot = Deny, false
		}
		t.meet(ruling{outcome: outcome, Step: step})
		return answer{t.verdict(), toElsewhere}
	}
	if r := t.w.untaken(g, want); r != nil && !led && t.req.ofCase {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtRoute}, named(&r.origin)+" leads to "+want+", and no listener of Gateway "+g.id()+" takes it")})
	}
	t.assumeOfOne("a route from Gateway " + g.id() + " to " + want)
	t.noRoute, t.routed = true, want
	t.toBackend(g, to, t.service(to, t.req.To.Service))
	return answer{t.verdict(), way.rank(led)}
}

// untaken is a route of a Gateway that would lead to a Service, where none of the Gateway's tables has it: the listeners do not take it.
func (w *World) untaken(g *gateway, want string) *route {
	if g.assumed != "" {
		return nil
	}
	for _, r := range w.routesTo()[want] {
		if slices.ContainsFunc(r.parents, func(p parent) bool { return p.kind == "Gateway" && p.namespace == g.namespace && p.name == g.name }) {
			return r
		}
	}
	return nil
}

// routesTo files routes by the Services that they lead to.
func (w *World) routesTo() map[string][]*route {
	w.onceRoutesTo.Do(func() {
		for _, name := range w.names {
			for _, r := range w.namespaces[name].routes {
				for i := range r.rules {
					for _, b := range r.rules[i].backends {
						if !b.foreign {
							w.servedRoutes = put(w.servedRoutes, join(b.namespace, b.name), r)
						}
					}
				}
			}
		}
	})
	return w.servedRoutes
}

// noneMayTake reports whether a gateway's routes are all known and none may take the request, so that Envoy answers 404 (Envoy 1.39:
// router/config_impl RouteMatcher::route finds no route, and router Filter::decodeHeaders sends route_not_found). A Gateway or listener that is not
// judged, and a VirtualService that the same pods serve, may have another. What is not known of the request counts as if it fitted.
func (t *trip) noneMayTake(g *gateway, table *table) bool {
	if g.assumed != "" || t.at.method.State() != known || t.at.path.State() != known || slices.ContainsFunc(t.w.servedListeners(g), func(l served) bool { return l.doubt != "" }) {
		return false
	}
	if _, found := t.w.mergedWith(g, &t.at); found {
		return false
	}
	hosts := table.ordered
	if host, ok := t.host(); ok {
		if !plainHost(host.Read()) {
			return false
		}
		hosts = []*virtualHost{table.host(host.Read())}
	}
	asks := slices.ContainsFunc(t.w.atGateway(g), func(p *policy) bool { return p.action == custom })
	return !slices.ContainsFunc(hosts, func(h *virtualHost) bool { return h != nil && h.mayTake(&t.at, t.query, asks) })
}

// plainHost reports whether every reader of a host takes it for the same name: letters, digits, and perhaps a port.
func plainHost(host string) bool {
	name, port, _ := strings.Cut(host, ":")
	ascii := func(c rune) bool { return c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') }
	return name != "" && !strings.HasSuffix(name, ".") && !strings.ContainsFunc(strings.ToLower(name), ascii) && strings.Trim(port, "0123456789") == ""
}

// mayTake reports whether some match fits as far as the request is known. A header that the case does not give may be there, and a CUSTOM
// policy's provider may write any. What a route in doubt matches is not known.
func (h *virtualHost) mayTake(a *attributes, query string, asks bool) bool {
	for _, l := range h.lists {
		if slices.ContainsFunc(l.all, func(c candidate) bool { return c.doubt != "" }) {
			return true
		}
		for _, i := range l.near(a.path) {
			m := *l.all[i].match
			m.headers = slices.DeleteFunc(slices.Clone(m.headers), func(h routeHeader) bool {
				return asks || a.header(strings.ToLower(h.name)).State() != known
			})
			if strings.ContainsAny(query, "%+;") { // which Envoy and Go read each in its way
				m.query = nil
			}
			if m.fits(a, query) != no {
				return true
			}
		}
	}
	return false
}
