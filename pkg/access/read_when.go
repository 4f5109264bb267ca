package access

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// whenKeys are the attributes of `when` that have no parameter (pkg/config/security ValidateAttribute).
var whenKeys = map[string]attribute{
	"source.ip": sourceIP, "remote.ip": remoteIP, "source.namespace": namespaceOf, "source.serviceAccount": serviceAccount,
	"source.principal": principal, "source.trustDomain": trustDomain,
	"request.auth.principal": requestPrincipal, "request.auth.audiences": audience, "request.auth.presenter": presenter,
	"destination.ip": destinationIP, "destination.port": port, "connection.sni": sni,
}

func parseWhen(n *yaml.Node) ([]condition, *fault) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, wrong(n, ".when", "must be a list")
	}
	out := make([]condition, len(n.Content))
	for i, e := range n.Content {
		c, bad := parseWhenEntry(deref(e))
		if bad != nil {
			return nil, below(fmt.Sprintf(".when[%d]", i), bad)
		}
		out[i] = c
	}
	return out, nil
}

func parseWhenEntry(n *yaml.Node) (c condition, bad *fault) {
	if n == nil || n.Kind != yaml.MappingNode {
		return c, wrong(n, "", "must be a mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var err error
		v := nonNull(n.Content[i+1])
		switch name := n.Content[i].Value; name {
		case "key":
			c.key, err = text(v)
		case "values":
			c.values, err = texts(v)
		case "notValues":
			c.notValues, err = texts(v)
		default:
			return c, wrong(n.Content[i], "."+name, "unknown field")
		}
		if err != nil {
			return c, wrong(n.Content[i+1], "."+n.Content[i].Value, "%v", err)
		}
	}
	key := c.key
	if c.attribute, c.key = parseKey(key); c.attribute == unknownAttribute {
		return c, wrong(n, ".key", "%q is not an attribute that Istio knows", key)
	}
	if len(c.values)+len(c.notValues) == 0 {
		return c, wrong(n, "", "must have values or notValues")
	}
	err := checkValues(c.attribute, c.values)
	if err == nil {
		err = checkValues(c.attribute, c.notValues)
	}
	if err != nil {
		return c, wrong(n, "", "%v", err)
	}
	return c, nil
}

// parseKey gives the attribute that a `when` key names, and its parameter; unknownAttribute where Istio knows none
// (security.ValidateAttribute).
func parseKey(key string) (attribute, string) {
	if a, ok := whenKeys[key]; ok {
		return a, key
	}
	if name, ok := bracketed(key, "request.headers["); ok {
		return header, strings.ToLower(name)
	}
	if name, ok := bracketed(key, "request.auth.claims["); ok {
		return claim, claimPath("[" + name + "]")
	}
	if filter, _, ok := strings.Cut(key, "["); ok && strings.HasPrefix(filter, "experimental.envoy.filters.") {
		if _, ok := bracketed(key, filter+"["); ok {
			return envoyMetadata, key
		}
	}
	return unknownAttribute, key
}

func bracketed(key, prefix string) (string, bool) {
	if !strings.HasPrefix(key, prefix) || !strings.HasSuffix(key, "]") || len(key) <= len(prefix)+1 {
		return "", false
	}
	return key[len(prefix) : len(key)-1], true
}

// claimPath splits [a][b] into a, b joined by \x00; brackets that do not nest cleanly are one name (model.extractNameInNestedBrackets).
func claimPath(s string) string {
	inner := s[1 : len(s)-1]
	parts := strings.Split(inner, "][")
	for _, p := range parts {
		if strings.ContainsAny(p, "[]") {
			return inner
		}
	}
	return strings.Join(parts, "\x00")
}
