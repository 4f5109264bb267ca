package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"istio.io/istio/pkg/workloadapi/security"
)

// askZtunnel evaluates what Istio sends to ztunnel as ztunnel's
// ProxyStateManager::assert_rbac does: policies of the namespace, of the mesh and
// those attached to the workload; any DENY that matches, else any ALLOW.
func askZtunnel(index *ambientIndex, ask Case) (Verdict, error) {
	pod, ok := index.workloads[ask.Namespace+"/"+ask.Name]
	if !ok {
		return Verdict{}, fmt.Errorf("no workload %s/%s", ask.Namespace, ask.Name)
	}
	conn, err := connectionOf(ask.Request)
	if err != nil {
		return Verdict{}, err
	}
	var allows, allowing, denying []string
	for _, key := range slices.Sorted(maps.Keys(index.policies)) {
		p := index.policies[key]
		applies := p.Scope == security.Scope_GLOBAL ||
			p.Scope == security.Scope_NAMESPACE && p.Namespace == pod.Namespace ||
			slices.Contains(pod.AuthorizationPolicies, key)
		if !applies || p.DryRun {
			continue
		}
		matched := conn.matches(p)
		switch {
		case p.Action == security.Action_DENY && matched:
			denying = append(denying, key)
		case p.Action == security.Action_ALLOW && matched:
			allowing = append(allowing, key)
		}
		if p.Action == security.Action_ALLOW {
			allows = append(allows, key)
		}
	}
	switch {
	case len(denying) > 0:
		return Verdict{Got: deny, By: denying}, nil
	case len(allows) > 0 && len(allowing) == 0:
		return Verdict{Got: deny}, nil
	}
	return Verdict{Got: allow, By: allowing}, nil
}

// A connection is ztunnel's rbac::Connection.
type connection struct {
	peer *Peer
	src  netip.Addr
	dst  netip.AddrPort
}

func connectionOf(r Request) (connection, error) {
	src, err := netip.ParseAddr(r.IP)
	if err != nil {
		return connection{}, err
	}
	dst, err := netip.ParseAddr(r.DestIP)
	return connection{r.From, src, netip.AddrPortFrom(dst, uint16(r.Port))}, err
}

// matches follows rbac.rs: any group, all its clauses, any match of a clause. A
// policy without groups never matches, a clause without matches always does, and
// an empty match is skipped.
func (c connection) matches(p *security.Authorization) bool {
	return slices.ContainsFunc(p.Groups, func(g *security.Group) bool {
		return !slices.ContainsFunc(g.Rules, func(clause *security.Rules) bool {
			return len(clause.Matches) > 0 && !slices.ContainsFunc(clause.Matches, c.match)
		})
	})
}

func (c connection) match(m *security.Match) bool {
	if empty(m) {
		return false
	}
	port := func(p uint32) bool { return p == uint32(c.dst.Port()) }
	from := func(a *security.Address) bool { return contains(a, c.src) }
	to := func(a *security.Address) bool { return contains(a, c.dst.Addr()) }
	return one(m.DestinationIps, m.NotDestinationIps, to) &&
		one(m.SourceIps, m.NotSourceIps, from) &&
		one(m.DestinationPorts, m.NotDestinationPorts, port) &&
		one(m.ServiceAccounts, m.NotServiceAccounts, c.account) &&
		one(m.Principals, m.NotPrincipals, c.principal) &&
		one(m.Namespaces, m.NotNamespaces, c.namespace)
}

func empty(m *security.Match) bool {
	return len(m.DestinationIps)+len(m.NotDestinationIps)+len(m.SourceIps)+len(m.NotSourceIps)+
		len(m.DestinationPorts)+len(m.NotDestinationPorts)+len(m.ServiceAccounts)+len(m.NotServiceAccounts)+
		len(m.Principals)+len(m.NotPrincipals)+len(m.Namespaces)+len(m.NotNamespaces) == 0
}

// one is matches_internal: any of the positive ones, none of the negative ones.
func one[T any](positive, negative []T, f func(T) bool) bool {
	return (len(positive) == 0 || slices.ContainsFunc(positive, f)) && !slices.ContainsFunc(negative, f)
}

func contains(a *security.Address, ip netip.Addr) bool {
	base, ok := netip.AddrFromSlice(a.Address)
	if !ok {
		return false
	}
	net, err := base.Prefix(int(a.Length))
	return err == nil && net.Contains(ip)
}

func (c connection) account(m *security.ServiceAccountMatch) bool {
	return c.peer != nil && c.peer.Namespace == m.Namespace && c.peer.ServiceAccount == m.ServiceAccount
}

// principal strips the scheme first and fails without one (matches_principal).
func (c connection) principal(m *security.StringMatch) bool {
	id, ok := strings.CutPrefix(c.peer.URI(), "spiffe://")
	return ok && text(m, id)
}

func (c connection) namespace(m *security.StringMatch) bool {
	if c.peer == nil {
		return text(m, "")
	}
	return text(m, c.peer.Namespace)
}

func text(m *security.StringMatch, s string) bool {
	switch t := m.GetMatchType().(type) {
	case *security.StringMatch_Exact:
		return s == t.Exact
	case *security.StringMatch_Prefix:
		return strings.HasPrefix(s, t.Prefix)
	case *security.StringMatch_Suffix:
		return strings.HasSuffix(s, t.Suffix)
	case *security.StringMatch_Presence:
		return s != ""
	}
	return false
}
