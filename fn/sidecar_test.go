package fn

import (
	"fmt"
	"slices"
	"strings"
)

// This is what sidecars did, for one request at one workload: Istio's own translation to Envoy
// (pilot/pkg/security/authz/builder and model, 1.31), without routes and without the code of the
// referee, which is asked about the same requests after the conversion.

// A sidecarPolicy is an AuthorizationPolicy without targetRefs.
type sidecarPolicy struct {
	namespace, name, action string
	selector                map[string]string
	rules                   []sidecarRule
}

// A sidecarRule matches where one of from, one of to, and all of when do.
type sidecarRule struct{ from, to, when []conditions }

// conditions must all hold: attribute, or not and the attribute in title case, to values.
type conditions map[string][]string

// sidecarRequest is what the proxy of a pod sees.
type sidecarRequest struct {
	principal, method, path, port string
	headers                       map[string]string
	token                         bool // with a token that a RequestAuthentication there accepted
}

// A denier is a rule of a DENY policy that matched; rule is -1 where no ALLOW policy did.
type denier struct {
	policy string
	rule   int
}

// sidecar answers for a workload, and names everything that denies.
func sidecar(policies []sidecarPolicy, root, namespace string, labels map[string]string, r sidecarRequest) (deniers []denier) {
	allows, allowed := false, false
	for _, p := range policies {
		if !p.applies(root, namespace, labels) {
			continue
		}
		allows = allows || p.action == "ALLOW"
		for i, rule := range p.rules {
			switch matches := rule.matches(p.namespace, r); {
			case matches && p.action == "DENY":
				deniers = append(deniers, denier{p.namespace + "/" + p.name, i})
			case matches && p.action == "ALLOW":
				allowed = true
			}
		}
	}
	if len(deniers) == 0 && allows && !allowed {
		return []denier{{"", -1}}
	}
	return deniers
}

func (p sidecarPolicy) applies(root, namespace string, labels map[string]string) bool {
	if p.namespace != namespace && p.namespace != root {
		return false
	}
	for key, wanted := range p.selector {
		if labels[key] != wanted {
			return false
		}
	}
	return true
}

func (s sidecarRule) matches(namespace string, r sidecarRequest) bool {
	one := func(list []conditions) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(c conditions) bool { return c.hold(namespace, r) })
	}
	for _, c := range s.when {
		if !c.hold(namespace, r) {
			return false
		}
	}
	return one(s.from) && one(s.to)
}

func (c conditions) hold(namespace string, r sidecarRequest) bool {
	for key, values := range c {
		name, negated := strings.CutPrefix(key, "not")
		name = strings.ToLower(name[:1]) + name[1:]
		if slices.ContainsFunc(values, func(v string) bool { return attribute(name, v, namespace, r) }) == negated {
			return false
		}
	}
	return true
}

func attribute(name, pattern, namespace string, r sidecarRequest) bool {
	_, rest, _ := strings.Cut(r.principal, "/ns/")
	peer, account, _ := strings.Cut(rest, "/sa/")
	switch name {
	case "principals", "source.principal":
		return likePattern(pattern, r.principal)
	case "namespaces", "source.namespace":
		return r.principal != "" && pattern == peer
	case "serviceAccounts":
		if !strings.Contains(pattern, "/") {
			pattern = namespace + "/" + pattern
		}
		return r.principal != "" && pattern == peer+"/"+account
	case "requestPrincipals": // here only *
		return r.token
	case "ports", "destination.port":
		return pattern == r.port
	case "methods":
		return likePattern(pattern, r.method)
	case "paths":
		return likePattern(pattern, r.path)
	case "request.headers[kubeflow-userid]":
		return likePattern(pattern, r.headers["kubeflow-userid"])
	}
	panic(name)
}

// likePattern: * is any value but none, abc* a prefix, *abc a suffix.
func likePattern(pattern, text string) bool {
	switch {
	case pattern == "*":
		return text != ""
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(text, pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(text, pattern[:len(pattern)-1])
	}
	return pattern == text
}

// text is the policy as people write it.
func (p sidecarPolicy) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: %s, namespace: %s}\nspec:\n  action: %s\n", p.name, p.namespace, p.action)
	if p.selector != nil {
		out.WriteString("  selector: {matchLabels: " + flowMap(p.selector) + "}\n")
	}
	if len(p.rules) > 0 {
		out.WriteString("  rules:\n")
	}
	for _, rule := range p.rules {
		var parts []string
		for _, part := range []struct {
			key, below string
			list       []conditions
		}{{"from", "source", rule.from}, {"to", "operation", rule.to}} {
			var entries []string
			for _, c := range part.list {
				entries = append(entries, "{"+part.below+": "+c.text()+"}")
			}
			if len(entries) > 0 {
				parts = append(parts, part.key+": ["+strings.Join(entries, ", ")+"]")
			}
		}
		var when []string
		for _, c := range rule.when {
			for _, key := range sortedKeys(c) {
				in, name := "values", key
				if bare, negated := strings.CutPrefix(key, "not"); negated {
					in, name = "notValues", bare
				}
				when = append(when, fmt.Sprintf("{key: %q, %s: %s}", name, in, quotedList(c[key])))
			}
		}
		if len(when) > 0 {
			parts = append(parts, "when: ["+strings.Join(when, ", ")+"]")
		}
		out.WriteString("  - {" + strings.Join(parts, ", ") + "}\n")
	}
	return out.String()
}

func (c conditions) text() string {
	var parts []string
	for _, key := range sortedKeys(c) {
		parts = append(parts, key+": "+quotedList(c[key]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func flowMap(m map[string]string) string {
	var parts []string
	for _, key := range sortedKeys(m) {
		parts = append(parts, fmt.Sprintf("%s: %q", key, m[key]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
