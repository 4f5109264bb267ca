package access

import (
	"cmp"
	"sort"
	"strings"
)

// served is a listener as a gateway serves it: its own or that of a ListenerSet.
type served struct {
	*listener
	owner origin // the Gateway or ListenerSet
	any   bool   // of a made up gateway, which serves what names it
	doubt string // why Istio may not serve it
}

// servedListeners are the listeners of a gateway, its own before those of ListenerSets (gateway conversion GatewayCollection).
func (w *World) servedListeners(g *gateway) []served {
	if g.assumed != "" {
		return []served{{listener: &listener{protocol: "HTTP", port: 80, from: "All"}, owner: g.origin, any: true}}
	}
	var out []served
	for i := range g.listeners {
		out = append(out, served{listener: &g.listeners[i], owner: g.origin, doubt: g.listeners[i].doubt()})
	}
	sets := append([]*listenerSet(nil), w.listenerSets...)
	sort.SliceStable(sets, func(i, j int) bool { return sets[i].id() < sets[j].id() })
	for _, set := range sets {
		if set.parentNamespace != g.namespace || set.parentName != g.name {
			continue
		}
		doubt := ""
		switch g.admitsSets.admits(w, g.namespace, set.namespace) {
		case no:
			continue
		case maybe:
			doubt = "whether Gateway " + g.id() + " admits ListenerSets of " + set.namespace + " depends on labels that are not given"
		}
		if set.kind != "ListenerSet" {
			doubt = set.kind + " " + set.id() + " is served by some releases of Istio only"
		}
		if set.unknown != "" {
			doubt = "the field " + set.unknown + " of " + set.String() + " is not judged"
		}
		for i := range set.listeners {
			out = append(out, served{listener: &set.listeners[i], owner: set.origin, doubt: cmp.Or(doubt, set.listeners[i].doubt())})
		}
	}
	disputeListeners(out)
	return out
}

// doubt is why who may connect to a listener is not judged: options such as gateway.istio.io/tls-terminate-mode ask for certificates.
func (l *listener) doubt() string {
	if l.option == "" {
		return ""
	}
	return "the option " + l.option + " of listener " + l.name + " is not judged"
}

// disputeListeners: of two listeners that cannot stand side by side, Istio 1.31 serves the first, and of two ListenerSets the older, which a
// file does not show; releases before it decide otherwise (gatewaycommon ComputeGatewayListenerConflicts).
func disputeListeners(all []served) {
	for i := range all {
		for j := range all[:i] {
			a, b := &all[j], &all[i]
			if a.port != b.port || a.readable() && b.readable() && !strings.EqualFold(orStar(a.hostname), orStar(b.hostname)) ||
				!a.readable() && !b.readable() && a.protocol == "HBONE" != (b.protocol == "HBONE") {
				continue
			}
			b.doubt = "listeners " + a.name + " and " + b.name + " are in conflict, and which one is served is not judged"
			if a.owner.kind != "Gateway" {
				a.doubt = b.doubt
			}
		}
	}
}

// readable: HTTP, or TLS of which the server's name can be read.
func (l *listener) readable() bool {
	return l.protocol == "HTTP" || l.protocol == "HTTPS" || l.protocol == "TLS"
}

func orStar(hostname string) string {
	if hostname == "" {
		return "*"
	}
	return hostname
}

// readsRequests: an HTTPS listener without settings of TLS is not made, and one that passes TLS on reads no requests (gateway conversion
// buildListener; core buildGatewayTCPBasedFilterChains).
func (l *served) readsRequests() bool {
	return l.protocol == "HTTP" || l.protocol == "HTTPS" && l.tls && l.mode != "Passthrough"
}

// takes reports whether a route's parentRef means this listener, and the listener takes the route: its section and port, the kind, the
// namespace (gateway conversion referenceAllowed).
func (w *World) takes(s *served, r *route, p parent) (doubt string, ok bool) {
	if p.kind != s.owner.kind && (!s.any || p.kind != "Gateway") || p.namespace != s.owner.namespace || p.name != s.owner.name {
		return "", false
	}
	if s.any {
		return s.doubt, true
	}
	if p.section != "" && p.section != s.name || p.port != 0 && p.port != s.port || len(s.kinds) > 0 && !contains(s.kinds, r.kind) {
		return "", false
	}
	switch s.admits(w, s.owner.namespace, r.namespace) {
	case no:
		return "", false
	case maybe:
		return "whether " + s.owner.String() + " admits routes of " + r.namespace + " depends on labels that are not given", true
	}
	return s.doubt, true
}

// isolated: of the listeners of one object at one port, a hostname is served by the most specific one only (gateway conversion
// hostnameAllowedByIsolation).
func isolated(own *served, all []served, hostname string) bool {
	if own.hostname != "" && !strings.HasPrefix(own.hostname, "*") {
		return false
	}
	for i := range all {
		o := &all[i]
		if o.listener == own.listener || o.owner.id() != own.owner.id() || o.owner.kind != own.owner.kind || o.port != own.port || o.protocol != own.protocol ||
			o.hostname == own.hostname || len(own.hostname) > len(o.hostname) {
			continue
		}
		if within(hostname, o.hostname) {
			return true
		}
	}
	return false
}

// within reports whether every host that a hostname matches also matches another one (host.Name SubsetOf).
func within(hostname, of string) bool {
	if !strings.HasPrefix(of, "*") {
		return hostname == of
	}
	if strings.HasPrefix(hostname, "*") && len(hostname) < len(of) {
		return false
	}
	return strings.HasSuffix(strings.TrimPrefix(hostname, "*"), of[1:])
}
