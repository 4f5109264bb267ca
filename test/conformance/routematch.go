package main

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	corepb "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routepb "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcherpb "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// routed follows Envoy's router (source/common/router/config_impl.cc): the
// virtual host of the most specific domain, its first route that matches, and
// what that does to the request.
func routed(config *routepb.RouteConfiguration, ask Case) (Verdict, error) {
	headers := map[string]string{":method": ask.Request.Method, ":authority": ask.Request.Host, ":path": normalPath(ask.Request.Path)}
	for k, v := range ask.Request.Headers {
		headers[strings.ToLower(k)] = v
	}
	host := virtualHost(config, headers[":authority"])
	if host == nil {
		return Verdict{Got: "404"}, nil
	}
	if host.RequireTls == routepb.VirtualHost_ALL {
		return Verdict{Got: "redirect"}, nil
	}
	for _, r := range host.Routes {
		ok, err := routeMatches(r.Match, headers)
		if err != nil {
			return Verdict{}, fmt.Errorf("route %q: %w", r.Name, err)
		}
		if ok {
			return routeAction(config, host, r, headers)
		}
	}
	return Verdict{Got: "404"}, nil
}

// virtualHost: the exact domain, the longest *.suffix, the longest prefix.*, * (findVirtualHost).
func virtualHost(config *routepb.RouteConfiguration, authority string) *routepb.VirtualHost {
	name := strings.ToLower(authority)
	if config.IgnorePortInHostMatching {
		name = hostname(authority)
	}
	var best *routepb.VirtualHost
	rank := -1
	for _, h := range config.VirtualHosts {
		for _, d := range h.Domains {
			if n := domainRank(strings.ToLower(d), name); n > rank {
				best, rank = h, n
			}
		}
	}
	return best
}

func domainRank(domain, name string) int {
	switch {
	case domain == name:
		return 1 << 20
	case domain == "*":
		return 0
	case strings.HasPrefix(domain, "*") && strings.HasSuffix(name, domain[1:]) && len(name) > len(domain)-1:
		return 1<<10 + len(domain)
	case strings.HasSuffix(domain, "*") && strings.HasPrefix(name, domain[:len(domain)-1]) && len(name) > len(domain)-1:
		return len(domain)
	}
	return -1
}

func routeMatches(m *routepb.RouteMatch, headers map[string]string) (bool, error) {
	if len(m.DynamicMetadata)+len(m.FilterState)+len(m.Cookies) > 0 || m.TlsContext != nil || m.RuntimeFraction != nil {
		return false, fmt.Errorf("route match %v is not evaluated here", m)
	}
	if ok, err := pathMatches(m, bare(headers[":path"])); !ok || err != nil {
		return false, err
	}
	if m.Grpc != nil && !strings.HasPrefix(headers["content-type"], "application/grpc") {
		return false, nil
	}
	ok, err := allOf(m.Headers, func(h *routepb.HeaderMatcher) (bool, error) { return routeHeader(h, headers) })
	if !ok || err != nil {
		return false, err
	}
	_, query, _ := strings.Cut(headers[":path"], "?")
	values, _ := url.ParseQuery(query)
	return allOf(m.QueryParameters, func(q *routepb.QueryParameterMatcher) (bool, error) {
		if !values.Has(q.Name) {
			return false, nil
		}
		if m := q.GetStringMatch(); m != nil {
			return stringMatch(m, values.Get(q.Name))
		}
		return q.GetPresentMatch() || q.QueryParameterMatchSpecifier == nil, nil
	})
}

func pathMatches(m *routepb.RouteMatch, path string) (bool, error) {
	folded := func(s string) string { return s }
	if m.CaseSensitive != nil && !m.CaseSensitive.Value {
		folded = strings.ToLower
	}
	path = folded(path)
	switch p := m.PathSpecifier.(type) {
	case *routepb.RouteMatch_Prefix:
		return strings.HasPrefix(path, folded(p.Prefix)), nil
	case *routepb.RouteMatch_Path:
		return path == folded(p.Path), nil
	case *routepb.RouteMatch_PathSeparatedPrefix:
		rest, ok := strings.CutPrefix(path, folded(p.PathSeparatedPrefix))
		return ok && (rest == "" || rest[0] == '/'), nil
	case *routepb.RouteMatch_SafeRegex:
		return stringMatch(&matcherpb.StringMatcher{MatchPattern: &matcherpb.StringMatcher_SafeRegex{SafeRegex: p.SafeRegex}}, path)
	}
	return false, fmt.Errorf("path %T is not evaluated here", m.PathSpecifier)
}

// routeHeader: a header that is missing matches no value, inverted or not, unless
// it counts as empty (HeaderUtility::HeaderDataBaseImpl::matchesHeaders). A match
// of presence has no value.
func routeHeader(h *routepb.HeaderMatcher, headers map[string]string) (bool, error) {
	name := strings.ToLower(h.Name)
	if _, presence := h.HeaderMatchSpecifier.(*routepb.HeaderMatcher_PresentMatch); !presence && !has(headers, name) {
		if !h.TreatMissingHeaderAsEmpty {
			return false, nil
		}
		headers = map[string]string{name: ""}
	}
	ok, err := header(h, headers)
	return ok != h.InvertMatch, err
}

// routeAction says where the request goes, and what it looks like then.
func routeAction(config *routepb.RouteConfiguration, host *routepb.VirtualHost, r *routepb.Route, headers map[string]string) (Verdict, error) {
	switch a := r.Action.(type) {
	case *routepb.Route_Redirect:
		return Verdict{Got: "redirect"}, nil
	case *routepb.Route_DirectResponse:
		return Verdict{Got: fmt.Sprint(a.DirectResponse.Status)}, nil
	case *routepb.Route_Route:
		return forward(config, host, r, a.Route, headers)
	}
	return Verdict{}, fmt.Errorf("action %T is not evaluated here", r.Action)
}

func forward(config *routepb.RouteConfiguration, host *routepb.VirtualHost, r *routepb.Route, a *routepb.RouteAction, headers map[string]string) (Verdict, error) {
	v := Verdict{Got: "forward"}
	changed := maps.Clone(headers)
	switch c := a.ClusterSpecifier.(type) {
	case *routepb.RouteAction_Cluster:
		v.By = []string{clusterText(c.Cluster)}
	case *routepb.RouteAction_WeightedClusters:
		for _, w := range c.WeightedClusters.Clusters {
			if w.Weight.GetValue() == 0 {
				continue
			}
			v.By = append(v.By, clusterText(w.Name))
			if len(c.WeightedClusters.Clusters) == 1 { // else not each request is changed alike, which no case asks
				mutate(changed, w.RequestHeadersToRemove, w.RequestHeadersToAdd)
			}
		}
		slices.Sort(v.By)
		v.By = slices.Compact(v.By)
	default:
		return v, fmt.Errorf("cluster %T is not evaluated here", a.ClusterSpecifier)
	}
	mutate(changed, r.RequestHeadersToRemove, r.RequestHeadersToAdd)
	mutate(changed, host.RequestHeadersToRemove, host.RequestHeadersToAdd)
	mutate(changed, config.RequestHeadersToRemove, config.RequestHeadersToAdd)
	switch h := a.HostRewriteSpecifier.(type) {
	case nil:
	case *routepb.RouteAction_HostRewriteLiteral:
		changed[":authority"] = h.HostRewriteLiteral
	case *routepb.RouteAction_AutoHostRewrite: // only for hosts by DNS
	default:
		return v, fmt.Errorf("host rewrite %T is not evaluated here", h)
	}
	p, err := rewritten(r.Match, a, changed[":path"])
	if err != nil {
		return v, err
	}
	v.Sent = &Sent{Path: p, Host: changed[":authority"], Headers: map[string]string{}}
	for k, value := range changed {
		if !strings.HasPrefix(k, ":") && (headers[k] != value || !has(headers, k)) {
			v.Sent.Headers[k] = value
		}
	}
	for k := range headers {
		if !has(changed, k) {
			v.Sent.Removed = append(v.Sent.Removed, k)
		}
	}
	slices.Sort(v.Sent.Removed)
	return v, nil
}

func has(m map[string]string, k string) bool {
	_, ok := m[k]
	return ok
}

// mutate removes first, then adds (HeaderParser::evaluateHeaders).
func mutate(headers map[string]string, remove []string, add []*corepb.HeaderValueOption) {
	for _, name := range remove {
		delete(headers, strings.ToLower(name))
	}
	for _, o := range add {
		name := strings.ToLower(o.Header.Key)
		if old, ok := headers[name]; ok && o.AppendAction == corepb.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD {
			headers[name] = old + "," + o.Header.Value
		} else {
			headers[name] = o.Header.Value
		}
	}
}

// rewritten follows RouteEntryImplBase::finalizePathHeader: the part that
// matched is replaced, or what an expression finds; the query stays.
func rewritten(m *routepb.RouteMatch, a *routepb.RouteAction, path string) (string, error) {
	if a.PathRewritePolicy != nil || a.PathRewrite != "" {
		return "", fmt.Errorf("a path rewrite by formatter or template is not evaluated here")
	}
	bared := bare(path)
	query := path[len(bared):]
	if x := a.RegexRewrite; x != nil {
		re, err := regexp.Compile(x.Pattern.Regex)
		if err != nil {
			return "", err
		}
		// RE2 writes a group as \1, Go as ${1}.
		to := regexp.MustCompile(`\\(\d)`).ReplaceAllString(strings.ReplaceAll(x.Substitution, "$", "$$"), "$${$1}")
		return re.ReplaceAllString(bared, to) + query, nil
	}
	if a.PrefixRewrite == "" {
		return path, nil
	}
	matched := bared
	switch p := m.PathSpecifier.(type) {
	case *routepb.RouteMatch_Prefix:
		matched = p.Prefix
	case *routepb.RouteMatch_PathSeparatedPrefix:
		matched = p.PathSeparatedPrefix
	}
	return a.PrefixRewrite + bared[len(matched):] + query, nil
}
