package access

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// checkRules is the first thing in the spec of a Gateway, a ListenerSet or a route that a validation rule or a list of the CRD refuses (Gateway
// API 1.5, 1.6 and 1.7, standard channel: x-kubernetes-validations and x-kubernetes-list-map-keys).
func checkRules(kind string, spec *yaml.Node) *fault {
	if !strings.HasSuffix(kind, "Route") {
		return below("spec.listeners", checkListeners(list(field(spec, "listeners"))))
	}
	if bad := checkParents(list(field(spec, "parentRefs"))); bad != nil {
		return below("spec.parentRefs", bad)
	}
	rules := list(field(spec, "rules"))
	if bad := distinct(rules); bad != nil {
		return below("spec.rules", bad)
	}
	for i, r := range rules {
		if bad := cmp.Or(checkMatchLists(r), checkFilters(r, r), checkBackendFilters(r), checkPaths(r)); bad != nil {
			return below("spec.rules["+strconv.Itoa(i)+"].", bad)
		}
	}
	return nil
}

// distinct refuses a second entry with the same name. Entries without one do not count.
func distinct(entries []*yaml.Node) *fault {
	for i, e := range entries {
		name := textOf(field(e, "name"))
		if name != "" && slices.ContainsFunc(entries[:i], func(o *yaml.Node) bool { return textOf(field(o, "name")) == name }) {
			return wrong(e, "["+strconv.Itoa(i)+"].name", "is %q twice, and the CRD admits it once", name)
		}
	}
	return nil
}

func checkListeners(listeners []*yaml.Node) *fault {
	if bad := distinct(listeners); bad != nil {
		return bad
	}
	type socket struct {
		port               int
		protocol, hostname string
	}
	socketOf := func(l *yaml.Node) socket {
		return socket{number(field(l, "port")), textOf(field(l, "protocol")), textOf(field(l, "hostname"))}
	}
	for i, l := range listeners {
		own := socketOf(l)
		bad := checkListener(l, own.protocol, own.hostname)
		if slices.ContainsFunc(listeners[:i], func(o *yaml.Node) bool { return socketOf(o) == own }) {
			bad = wrong(l, "", "has the port, protocol and hostname of another listener, which the CRD does not admit")
		}
		if bad != nil {
			return below("["+strconv.Itoa(i)+"]", bad)
		}
	}
	return nil
}

func checkListener(l *yaml.Node, protocol, hostname string) *fault {
	tls := nonNull(field(l, "tls"))
	mode := cmp.Or(textOf(field(tls, "mode")), "Terminate")
	switch {
	case (protocol == "HTTP" || protocol == "TCP" || protocol == "UDP") && tls != nil:
		return wrong(l, ".tls", "is set for protocol %s, which the CRD does not admit", protocol)
	case (protocol == "TCP" || protocol == "UDP") && hostname != "":
		return wrong(l, ".hostname", "is set for protocol %s, which the CRD does not admit", protocol)
	case protocol == "HTTPS" && mode != "Terminate":
		return wrong(l, ".tls.mode", "is %q, and the CRD admits Terminate for protocol HTTPS", mode)
	case protocol == "TLS" && tls == nil:
		return wrong(l, ".tls", "is missing, and the CRD demands it for protocol TLS")
	}
	return nil
}

// checkParents: references to one parent all have a sectionName, or none has, and so for port; and no two are alike.
func checkParents(parents []*yaml.Node) *fault {
	of := func(p *yaml.Node, key, without string) string {
		if n := nonNull(field(p, key)); n != nil {
			return textOf(n)
		}
		return without
	}
	for i, p := range parents {
		for _, o := range parents[:i] {
			same := of(p, "group", gatewayGroup) == of(o, "group", gatewayGroup) && of(p, "kind", "Gateway") == of(o, "kind", "Gateway") &&
				of(p, "name", "") == of(o, "name", "") && of(p, "namespace", "") == of(o, "namespace", "")
			section, other, port, otherPort := of(p, "sectionName", ""), of(o, "sectionName", ""), number(field(p, "port")), number(field(o, "port"))
			if same && (section == other && port == otherPort || (section == "") != (other == "") || (port == 0) != (otherPort == 0)) {
				return wrong(p, "["+strconv.Itoa(i)+"]", "refers to the parent of another entry, and the CRD demands a sectionName or port of its own in each")
			}
		}
	}
	return nil
}

// checkMatchLists: each match compares a header or a parameter once.
func checkMatchLists(rule *yaml.Node) *fault {
	for i, m := range list(field(rule, "matches")) {
		for _, key := range [2]string{"headers", "queryParams"} {
			if bad := distinct(list(field(m, key))); bad != nil {
				return below("matches["+strconv.Itoa(i)+"]."+key, bad)
			}
		}
	}
	return nil
}

// once are the filters that a list may have once.
var once = []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "CORS"}

// checkFilters looks at the filters of a rule, or of a backend of it.
func checkFilters(rule, of *yaml.Node) *fault {
	filters := list(field(of, "filters"))
	for i, f := range filters {
		kind := textOf(field(f, "type"))
		before := func(other string) bool {
			return slices.ContainsFunc(filters[:i], func(o *yaml.Node) bool { return textOf(field(o, "type")) == other })
		}
		var bad *fault
		switch {
		case slices.Contains(once, kind) && before(kind):
			bad = wrong(f, "", "is a second filter %s, and the CRD admits one", kind)
		case kind == "RequestRedirect" && before("URLRewrite") || kind == "URLRewrite" && before("RequestRedirect"):
			bad = wrong(f, "", "is a filter URLRewrite beside RequestRedirect, which the CRD does not admit")
		case kind == "RequestRedirect" && len(list(field(of, "backendRefs"))) > 0:
			bad = wrong(f, "", "is a filter RequestRedirect beside backendRefs, which the CRD does not admit")
		default:
			bad = cmp.Or(checkHeaders(f), checkReplacement(rule, f))
		}
		if bad != nil {
			return below("filters["+strconv.Itoa(i)+"]", bad)
		}
	}
	return nil
}

// checkHeaders: a filter names each header once.
func checkHeaders(filter *yaml.Node) *fault {
	for _, modifier := range [2]string{"requestHeaderModifier", "responseHeaderModifier"} {
		for _, key := range [2]string{"set", "add"} {
			if bad := distinct(list(field(field(filter, modifier), key))); bad != nil {
				return below("."+modifier+"."+key, bad)
			}
		}
	}
	return nil
}

// checkReplacement: what replaces a prefix needs the one match of a prefix, and each type has its own text.
func checkReplacement(rule, filter *yaml.Node) *fault {
	for _, of := range [2]string{"urlRewrite", "requestRedirect"} {
		path := nonNull(field(field(filter, of), "path"))
		if path == nil {
			continue
		}
		prefix, full := field(path, "replacePrefixMatch") != nil, field(path, "replaceFullPath") != nil
		kind := textOf(field(path, "type"))
		if (kind == "ReplacePrefixMatch") != prefix || (kind == "ReplaceFullPath") != full {
			return wrong(path, "."+of+".path", "does not have exactly the text of its type %s, which the CRD demands", kind)
		}
		if matches := list(field(rule, "matches")); prefix && field(rule, "matches") != nil && (len(matches) != 1 || cmp.Or(textOf(field(field(matches[0], "path"), "type")), "PathPrefix") != "PathPrefix") {
			return wrong(path, "."+of+".path", "replaces a prefix, and the CRD demands exactly one match, of a prefix")
		}
	}
	return nil
}

func checkBackendFilters(rule *yaml.Node) *fault {
	for i, b := range list(field(rule, "backendRefs")) {
		if bad := checkFilters(rule, b); bad != nil {
			return below("backendRefs["+strconv.Itoa(i)+"].", bad)
		}
	}
	return nil
}

// pathTexts are those of a path that is not a regular expression.
var pathTexts = regexp.MustCompile(`^/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$`)

func checkPaths(rule *yaml.Node) *fault {
	for i, m := range list(field(rule, "matches")) {
		path := nonNull(field(m, "path"))
		value := cmp.Or(textOf(field(path, "value")), "/")
		if path == nil || textOf(field(path, "type")) == "RegularExpression" {
			continue
		}
		for _, part := range [...]string{"//", "/./", "/../", "%2f", "%2F"} {
			if strings.Contains(value, part) {
				return wrong(path, "matches["+strconv.Itoa(i)+"].path.value", "holds %s, which the CRD does not admit", part)
			}
		}
		if !pathTexts.MatchString(value) || strings.HasSuffix(value, "/.") || strings.HasSuffix(value, "/..") {
			return wrong(path, "matches["+strconv.Itoa(i)+"].path.value", "is not a path that the CRD admits")
		}
	}
	return nil
}
