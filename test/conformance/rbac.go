package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corepb "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	rbacpb "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
)

// An exchange is what Envoy's matchers look at: the connection, the headers
// and the metadata that earlier filters left.
type exchange struct {
	tls      bool   // the peer showed a certificate on this very connection
	identity string // SPIFFE URI; in a waypoint it comes as filter state
	source   netip.Addr
	dest     netip.AddrPort
	headers  map[string]string // pseudo headers too; none on TCP
	jwt      map[string]any    // payload of the verified token
}

// matching returns the names of the policies that match, in the order in which
// Envoy tries them: its policies live in a std::map, sorted by name.
func matching(rbac *rbacpb.RBAC, x exchange) ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(rbac.GetPolicies())) {
		p := rbac.Policies[name]
		permitted, err := anyOf(p.Permissions, func(q *rbacpb.Permission) (bool, error) { return permission(q, x) })
		if err != nil {
			return nil, err
		}
		if !permitted {
			continue
		}
		known, err := anyOf(p.Principals, func(q *rbacpb.Principal) (bool, error) { return principal(q, x) })
		if err != nil {
			return nil, err
		}
		if known {
			names = append(names, name)
		}
	}
	return names, nil
}

// permission follows Envoy's source/extensions/filters/common/rbac/matchers.cc.
func permission(p *rbacpb.Permission, x exchange) (bool, error) {
	again := func(q *rbacpb.Permission) (bool, error) { return permission(q, x) }
	switch r := p.Rule.(type) {
	case *rbacpb.Permission_Any:
		return true, nil
	case *rbacpb.Permission_AndRules:
		return allOf(r.AndRules.Rules, again)
	case *rbacpb.Permission_OrRules:
		return anyOf(r.OrRules.Rules, again)
	case *rbacpb.Permission_NotRule:
		ok, err := again(r.NotRule)
		return !ok, err
	case *rbacpb.Permission_Header:
		return header(r.Header, x.headers)
	case *rbacpb.Permission_UrlPath:
		return path(r.UrlPath, x.headers)
	case *rbacpb.Permission_UriTemplate:
		return template(r.UriTemplate, x.headers)
	case *rbacpb.Permission_DestinationPort:
		return uint32(x.dest.Port()) == r.DestinationPort, nil
	case *rbacpb.Permission_DestinationIp:
		return within(r.DestinationIp, x.dest.Addr())
	case *rbacpb.Permission_RequestedServerName:
		return stringMatch(r.RequestedServerName, "") // no case sends a server name
	case *rbacpb.Permission_Metadata:
		return metadata(r.Metadata, x.jwt) //nolint:staticcheck // deprecated, and istiod writes it
	}
	return false, fmt.Errorf("permission %T is not evaluated here", p.Rule)
}

func principal(p *rbacpb.Principal, x exchange) (bool, error) {
	again := func(q *rbacpb.Principal) (bool, error) { return principal(q, x) }
	switch r := p.Identifier.(type) {
	case *rbacpb.Principal_Any:
		return true, nil
	case *rbacpb.Principal_AndIds:
		return allOf(r.AndIds.Ids, again)
	case *rbacpb.Principal_OrIds:
		return anyOf(r.OrIds.Ids, again)
	case *rbacpb.Principal_NotId:
		ok, err := again(r.NotId)
		return !ok, err
	case *rbacpb.Principal_Authenticated_:
		if !x.tls {
			return false, nil
		}
		return stringMatch(r.Authenticated.PrincipalName, x.identity)
	case *rbacpb.Principal_FilterState:
		// Without the object in filter state nothing matches (Envoy's FilterStateMatcher::match).
		if r.FilterState.Key != "io.istio.peer_principal" || x.identity == "" {
			return false, nil
		}
		return stringMatch(r.FilterState.GetStringMatch(), x.identity)
	case *rbacpb.Principal_DirectRemoteIp:
		return within(r.DirectRemoteIp, x.source)
	case *rbacpb.Principal_RemoteIp:
		return within(r.RemoteIp, x.source) // no case goes through another vendor's proxy
	case *rbacpb.Principal_Header:
		return header(r.Header, x.headers)
	case *rbacpb.Principal_Metadata:
		return metadata(r.Metadata, x.jwt) //nolint:staticcheck // deprecated, and istiod writes it
	}
	return false, fmt.Errorf("principal %T is not evaluated here", p.Identifier)
}

func within(c *corepb.CidrRange, ip netip.Addr) (bool, error) {
	base, err := netip.ParseAddr(c.AddressPrefix)
	if err != nil {
		return false, err
	}
	net, err := base.Prefix(int(c.GetPrefixLen().GetValue()))
	return err == nil && net.Contains(ip), err
}

func anyOf[T any](list []T, f func(T) (bool, error)) (bool, error) {
	for _, v := range list {
		if ok, err := f(v); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func allOf[T any](list []T, f func(T) (bool, error)) (bool, error) {
	for _, v := range list {
		if ok, err := f(v); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
