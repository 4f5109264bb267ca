package access

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// readGRPCRoute reads a GRPCRoute, which Istio serves among the HTTPRoutes of its hostname (gateway conversion convertGRPCRoute and
// mergeHTTPRoutes).
func (w *World) readGRPCRoute(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	r, bad := newRoute(m.in(s), spec)
	if bad != nil {
		return below("spec", bad)
	}
	for i, e := range list(field(spec, "rules")) {
		rule, bad := parseRouteRule(s.name, deref(e), parseMethodMatch, []routeMatch{{kind: unmatched, path: "/"}})
		if bad != nil {
			return below(fmt.Sprintf("spec.rules[%d]", i), bad)
		}
		r.add(rule)
	}
	r.doubtField(n)
	w.addRoute(&r, spec)
	return nil
}

// parseMethodMatch: a method is a path, /<service>/<method> (gateway conversion createGRPCURIMatch).
func parseMethodMatch(n *yaml.Node) (m routeMatch, bad *fault) {
	var err error
	if m.headers, err = parseRouteHeaders(field(n, "headers")); err != nil {
		return m, wrong(field(n, "headers"), ".headers", "%v", err)
	}
	f := field(n, "method")
	service, method := textOf(field(f, "service")), textOf(field(f, "method"))
	expression := false
	switch t := textOf(field(f, "type")); t {
	case "Exact", "":
	case "RegularExpression":
		expression = true
	default:
		return m, wrong(field(f, "type"), ".method.type", "%q is not one of Exact, RegularExpression", t)
	}
	switch {
	case service == "" && method == "":
		m.kind, m.path = anyPath, "/"
		return m, nil
	case service == "":
		m.kind, m.path = regexPath, "/[^/]+/"+method
	case method == "" && expression:
		m.kind, m.path = regexPath, "/"+service+"/.+"
	case method == "":
		m.path = "/" + service // Istio: the slash behind it goes, since a prefix is one of segments (TranslateRouteMatch)
		m.length = len(m.path) + 1
		return m, nil
	case expression:
		m.kind, m.path = regexPath, "/"+service+"/"+method
	default:
		m.kind, m.path = exactPath, "/"+service+"/"+method
	}
	if m.kind == regexPath {
		if m.regex, err = compile(m.path); err != nil {
			return m, wrong(f, ".method", "is not a regular expression (%v)", err)
		}
	}
	return m, nil
}
