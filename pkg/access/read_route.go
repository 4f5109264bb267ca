package access

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// route is one HTTPRoute or GRPCRoute.
type route struct {
	origin
	parents   []parent
	hostnames []string
	rules     []routeRule
	doubt     string // a part for which Istio may leave the whole route out
}

type parent struct {
	kind, namespace, name, section string
	port                           int
}

type routeRule struct {
	matches  []routeMatch
	filters  []routeFilter
	backends []backend
	mirrors  []backend // which get copies of the requests
	redirect bool
	doubt    string // a part that is not judged
	unserved string // a part for which Istio serves no rule of the route
}

type routeMatch struct {
	kind    pathKind
	path    string
	length  int // by which Istio sorts, where it is not that of the path
	regex   *regexp.Regexp
	method  string
	headers []routeHeader
	query   []routeHeader
}

type pathKind uint8

const (
	prefixPath pathKind = iota
	exactPath
	regexPath
	anyPath   // a GRPCRoute's match without a method
	unmatched // a GRPCRoute's rule without a match
)

type routeHeader struct {
	name, value string
	regex       *regexp.Regexp
}

// backend is where a route leads: a Service, or by another kind.
type backend struct {
	kind            string
	namespace, name string
	host            string // as written, where a host names it
	port            int
	foreign         bool // a kind other than Service
	byHost          bool // a Service by its host name, which needs no ReferenceGrant
}

// String is how a reader of the route knows it.
func (b backend) String() string {
	switch {
	case b.host != "" || b.name == "":
		return b.host
	case b.kind == "Service":
		return join(b.namespace, b.name)
	}
	return b.kind + " " + join(b.namespace, b.name)
}

// routeFilter changes a request on its way to the backend.
type routeFilter struct {
	set, add []namedValue
	remove   []string
	prefix   *string // ReplacePrefixMatch
	full     *string // ReplaceFullPath
	hostname string
}

func (w *World) readRoute(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	r, bad := newRoute(m.in(s), spec)
	if bad != nil {
		return below("spec", bad)
	}
	for i, e := range list(field(spec, "rules")) {
		rule, bad := parseRouteRule(s.name, deref(e), parseRouteMatch, []routeMatch{{path: "/"}})
		if bad != nil {
			return below(fmt.Sprintf("spec.rules[%d]", i), bad)
		}
		r.add(rule)
	}
	r.doubtField(n)
	w.addRoute(&r, spec)
	return nil
}

// add adds a rule. Istio serves no rule of a route that has one with a filter that it does not know (gateway conversion convertHTTPRoute
// and computeRoute).
func (r *route) add(rule routeRule) {
	if rule.unserved != "" {
		r.doubt = cmp.Or(r.doubt, rule.unserved)
	}
	r.rules = append(r.rules, rule)
}

// doubtField: a cluster whose Gateway API does not know a field drops it or refuses the route, and what another makes of it nobody knows here.
func (r *route) doubtField(n *yaml.Node) {
	if r.unserved() != "" {
		at := r.unservedField()
		switch {
		case at == "apiVersion":
			at += " " + r.apiVersion
		case r.rejected != nil:
			at += " (" + r.rejected.why + ")"
		}
		r.doubt = cmp.Or(r.doubt, at)
	}
	if f := unknownField(groupKind{gatewayGroup, r.kind}, n); f != "" {
		r.doubt = cmp.Or(r.doubt, "the field "+f)
	}
}

// addRoute files a route under what it is bound to.
func (w *World) addRoute(r *route, spec *yaml.Node) {
	s := w.space(r.namespace)
	w.addRewriter(*r, ruleChanges(spec, s.name, "spec"))
	s.routes = append(s.routes, r)
	w.bindToServices(r)
}

// newRoute is a route as far as it says where it hangs: its parents and hostnames.
func newRoute(o origin, spec *yaml.Node) (route, *fault) {
	r := route{origin: o, parents: parentsOf(spec, o.namespace)}
	var err error
	if r.hostnames, err = texts(field(spec, "hostnames")); err != nil {
		return r, wrong(field(spec, "hostnames"), ".hostnames", "%v", err)
	}
	return r, nil
}

// parentGroups are the kinds that a route may hang on, and the group of each; Istio leaves out a parentRef of another (gateway conversion
// toInternalParentReference). Releases that serve an XListenerSet are not followed.
var parentGroups = map[string]string{"Gateway": gatewayGroup, "ListenerSet": gatewayGroup, "Service": "", "ServiceEntry": networkingGroup}

func parentsOf(spec *yaml.Node, namespace string) (out []parent) {
	for _, p := range list(field(spec, "parentRefs")) {
		kind, group := cmp.Or(textOf(field(p, "kind")), "Gateway"), gatewayGroup
		if g := field(p, "group"); g != nil {
			group = textOf(g)
		}
		if of, known := parentGroups[kind]; kind != "XListenerSet" && (!known || of != group) {
			continue
		}
		out = append(out, parent{
			kind: kind, namespace: cmp.Or(textOf(field(p, "namespace")), namespace), name: textOf(field(p, "name")),
			section: textOf(field(p, "sectionName")), port: number(field(p, "port")),
		})
	}
	return out
}

// parseRouteRule reads a rule; one without matches has those of none.
func parseRouteRule(namespace string, n *yaml.Node, match func(*yaml.Node) (routeMatch, *fault), none []routeMatch) (r routeRule, bad *fault) {
	for i, e := range list(field(n, "matches")) {
		m, bad := match(deref(e))
		if bad != nil {
			return r, below(fmt.Sprintf(".matches[%d]", i), bad)
		}
		r.matches = append(r.matches, m)
	}
	if len(r.matches) == 0 {
		r.matches = none
	}
	for _, e := range list(field(n, "filters")) {
		r.parseFilter(deref(e))
		if b, ok := mirrorOf(namespace, e); ok {
			r.mirrors = append(r.mirrors, b)
		}
	}
	for _, e := range list(field(n, "backendRefs")) {
		if w := field(e, "weight"); w != nil && number(w) == 0 {
			continue
		}
		b := backendOf(namespace, e)
		if !b.foreign && !b.byHost && b.port == 0 { // the CRD refuses it: "Must have port for Service reference"
			r.unserved = cmp.Or(r.unserved, "a backendRef without a port")
		}
		r.backends = append(r.backends, b)
		if len(list(field(e, "filters"))) > 0 {
			r.doubt = "filters of a backendRef"
		}
	}
	return r, nil
}

// backendOf is what a backendRef means. Kind Hostname of networking.istio.io is the Service of that host (gateway conversion
// buildDestination).
func backendOf(namespace string, n *yaml.Node) backend {
	group := textOf(field(n, "group"))
	b := backend{
		kind: cmp.Or(textOf(field(n, "kind")), "Service"), namespace: cmp.Or(textOf(field(n, "namespace")), namespace), name: textOf(field(n, "name")),
		port: number(field(n, "port")),
	}
	if b.kind == "Hostname" {
		b.host = b.name
	}
	if b.kind == "Hostname" && group == "networking.istio.io" {
		if id, ok := strings.CutSuffix(b.name, ".svc.cluster.local"); ok && strings.Count(id, ".") == 1 {
			b.kind, b.byHost = "Service", true
			b.name, b.namespace, _ = strings.Cut(id, ".")
			return b
		}
	}
	b.foreign = b.kind != "Service" || group != "" && group != "core"
	return b
}

func parseRouteMatch(n *yaml.Node) (m routeMatch, bad *fault) {
	var err error
	p := field(n, "path")
	m.path, m.method = cmp.Or(textOf(field(p, "value")), "/"), textOf(field(n, "method"))
	switch t := textOf(field(p, "type")); t {
	case "PathPrefix", "":
		if m.path != "/" {
			m.path = strings.TrimSuffix(m.path, "/") // Istio: a trailing slash is ignored (gateway conversion createURIMatch)
		}
	case "Exact":
		m.kind = exactPath
	case "RegularExpression":
		m.kind = regexPath
		if m.regex, err = compile(m.path); err != nil {
			return m, wrong(field(p, "value"), ".path.value", "is not a regular expression (%v)", err)
		}
	default:
		return m, wrong(field(p, "type"), ".path.type", "%q is not one of PathPrefix, Exact, RegularExpression", t)
	}
	if m.headers, err = parseRouteHeaders(field(n, "headers")); err != nil {
		return m, wrong(field(n, "headers"), ".headers", "%v", err)
	}
	if m.query, err = parseRouteHeaders(field(n, "queryParams")); err != nil {
		return m, wrong(field(n, "queryParams"), ".queryParams", "%v", err)
	}
	return m, nil
}

func parseRouteHeaders(n *yaml.Node) (out []routeHeader, err error) {
	for _, e := range list(n) {
		h := routeHeader{name: textOf(field(e, "name")), value: textOf(field(e, "value"))}
		if textOf(field(e, "type")) == "RegularExpression" {
			if h.regex, err = compile(h.value); err != nil {
				return nil, err
			}
		}
		out = append(out, h)
	}
	return out, nil
}

// compile: Envoy matches the whole text, with RE2, which Go's expressions are.
func compile(s string) (*regexp.Regexp, error) { return regexp.Compile("^(?:" + s + ")$") }

func (r *routeRule) parseFilter(n *yaml.Node) {
	var f routeFilter
	switch t := textOf(field(n, "type")); t {
	case "RequestHeaderModifier":
		h := field(n, "requestHeaderModifier")
		f.set, f.add = headerList(field(h, "set")), headerList(field(h, "add"))
		for _, e := range list(field(h, "remove")) {
			f.remove = append(f.remove, strings.ToLower(textOf(deref(e))))
		}
	case "URLRewrite":
		u := field(n, "urlRewrite")
		f.hostname = textOf(field(u, "hostname"))
		p := field(u, "path")
		if v := field(p, "replacePrefixMatch"); v != nil {
			f.prefix = &v.Value
		}
		if v := field(p, "replaceFullPath"); v != nil {
			f.full = &v.Value
		}
	case "RequestRedirect":
		r.redirect = true
	case "ResponseHeaderModifier", "RequestMirror", "CORS":
		return // they do not change what the backend's proxies judge
	default:
		r.doubt, r.unserved = "filter "+t, "filter "+t
	}
	r.filters = append(r.filters, f)
}

func headerList(n *yaml.Node) (out []namedValue) {
	for _, e := range list(n) {
		out = append(out, namedValue{strings.ToLower(textOf(field(e, "name"))), knownValue(textOf(field(e, "value")))})
	}
	return out
}
