package access

import (
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// virtualPaths are the paths by which a rule of a VirtualService leads on, nil: any. A match that names no path takes all, and what is rewritten may
// become any.
func virtualPaths(rule *yaml.Node) *routeRule {
	matches := list(field(rule, "match"))
	if len(matches) == 0 || field(rule, "rewrite") != nil {
		return nil
	}
	out := &routeRule{}
	for _, n := range matches {
		m, ok := virtualPath(deref(n))
		if !ok {
			return nil
		}
		out.matches = append(out.matches, m)
	}
	return out
}

// virtualPath is the path of a match; a prefix need not end at a segment (Envoy: prefix).
func virtualPath(n *yaml.Node) (m routeMatch, ok bool) {
	uri := field(n, "uri")
	if field(n, "ignoreUriCase") != nil {
		return m, false
	}
	exact, prefix, expression := textOf(field(uri, "exact")), textOf(field(uri, "prefix")), textOf(field(uri, "regex"))
	switch {
	case exact != "":
		return routeMatch{kind: exactPath, path: exact}, true
	case prefix != "":
		expression = regexp.QuoteMeta(prefix) + ".*"
	case expression == "":
		return m, false
	}
	compiled, err := compile(expression)
	return routeMatch{kind: regexPath, path: expression, regex: compiled}, err == nil
}

// ingressPaths are those by which a path of an Ingress leads on, nil: any. Istio's own type is not followed (Istio 1.31: ingress
// convertIngressRule).
func ingressPaths(n *yaml.Node) *routeRule {
	path := textOf(field(n, "path"))
	switch kind := textOf(field(n, "pathType")); {
	case kind == "Exact" && path != "":
		return &routeRule{matches: []routeMatch{{kind: exactPath, path: path}}}
	case kind == "Prefix" && strings.Trim(path, "/") != "":
		return &routeRule{matches: []routeMatch{{path: strings.TrimSuffix(path, "/")}}}
	}
	return nil
}

// by is the rule by which a lead goes to its i-th backend, nil: by any path.
func (l *lead) by(i int) *routeRule {
	if i >= len(l.paths) {
		return nil
	}
	return l.paths[i]
}
