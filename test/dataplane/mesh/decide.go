package mesh

import (
	"strings"

	"istio.io/istio/pkg/workloadapi"
	"istio.io/istio/pkg/workloadapi/security"
)

// allows decides as ztunnel does (state.rs assert_rbac): any DENY that matches refuses; then, if there is an ALLOW at all,
// one must match. peer is a SPIFFE name, or empty for plain text.
func (m *Mesh) allows(w *workloadapi.Workload, peer string, port uint32) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	selected := map[string]bool{}
	for _, name := range w.AuthorizationPolicies {
		selected[name] = true
	}
	someAllow, allowed := false, false
	for name, p := range m.policies {
		switch {
		case p.DryRun,
			p.Scope == security.Scope_NAMESPACE && p.Namespace != w.Namespace,
			p.Scope == security.Scope_WORKLOAD_SELECTOR && !selected[name]:
		case p.Action == security.Action_DENY:
			if matches(p, peer, port) {
				return false
			}
		default:
			someAllow = true
			allowed = allowed || matches(p, peer, port)
		}
	}
	return allowed || !someAllow
}

// matches: any group, in which every rule has a match or none at all (authorization.proto).
func matches(p *security.Authorization, peer string, port uint32) bool {
	for _, g := range p.Groups {
		all := true
		for _, r := range g.Rules {
			some := len(r.Matches) == 0
			for _, one := range r.Matches {
				some = some || matchesOne(one, peer, port)
			}
			all = all && some
		}
		if all {
			return true
		}
	}
	return false
}

// matchesOne: every field that is set must hold; a match without a field matches nothing.
func matchesOne(one *security.Match, peer string, port uint32) bool {
	principal, namespace, account := split(peer)
	set, ok := 0, true
	check := func(fields int, holds bool) {
		if fields > 0 {
			set++
			ok = ok && holds
		}
	}
	check(len(one.Namespaces), anyString(one.Namespaces, namespace))
	check(len(one.NotNamespaces), !anyString(one.NotNamespaces, namespace))
	check(len(one.Principals), anyString(one.Principals, principal))
	check(len(one.NotPrincipals), !anyString(one.NotPrincipals, principal))
	check(len(one.ServiceAccounts), anyAccount(one.ServiceAccounts, namespace, account))
	check(len(one.NotServiceAccounts), !anyAccount(one.NotServiceAccounts, namespace, account))
	check(len(one.DestinationPorts), anyPort(one.DestinationPorts, port))
	check(len(one.NotDestinationPorts), !anyPort(one.NotDestinationPorts, port))
	return ok && set > 0
}

// unsupported names what a policy asks for and the stand-in cannot see: here all addresses are of one machine.
func unsupported(p *security.Authorization) string {
	for _, g := range p.Groups {
		for _, r := range g.Rules {
			for _, one := range r.Matches {
				if len(one.SourceIps)+len(one.NotSourceIps)+len(one.DestinationIps)+len(one.NotDestinationIps) > 0 {
					return p.Namespace + "/" + p.Name + " matches IP addresses"
				}
			}
		}
	}
	return ""
}

func split(peer string) (principal, namespace, account string) {
	principal = strings.TrimPrefix(peer, "spiffe://")
	if part := strings.Split(principal, "/"); len(part) == 5 && part[1] == "ns" && part[3] == "sa" {
		return principal, part[2], part[4]
	}
	return principal, "", ""
}

func anyString(patterns []*security.StringMatch, s string) bool {
	for _, p := range patterns {
		if matchesString(p, s) {
			return true
		}
	}
	return false
}

func matchesString(p *security.StringMatch, s string) bool {
	switch m := p.MatchType.(type) {
	case *security.StringMatch_Exact:
		return m.Exact == s
	case *security.StringMatch_Prefix:
		return strings.HasPrefix(s, m.Prefix)
	case *security.StringMatch_Suffix:
		return strings.HasSuffix(s, m.Suffix)
	case *security.StringMatch_Presence:
		return s != ""
	}
	return false
}

func anyAccount(accounts []*security.ServiceAccountMatch, namespace, account string) bool {
	for _, a := range accounts {
		if account != "" && a.Namespace == namespace && a.ServiceAccount == account {
			return true
		}
	}
	return false
}

func anyPort(ports []uint32, port uint32) bool {
	for _, p := range ports {
		if p == port {
			return true
		}
	}
	return false
}
