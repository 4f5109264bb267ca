package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// rejection is why the API server does not take an object for its metadata.
type rejection struct{ field, why string }

const whyRejected = ", so the API server rejects the object, and whether it is there from before the manifests do not say"

// rejectionOf checks the names in an object's metadata (Kubernetes 1.36: apimachinery pkg/api/validation ValidateObjectMeta; the names of Namespaces and
// Services are labels of DNS). Pods are left out: without them there is nothing to reach.
func rejectionOf(n *yaml.Node) *rejection {
	metadata := field(n, "metadata")
	if metadata == nil || !mayMatter(n) {
		return nil
	}
	kind, _ := text(field(n, "kind"))
	name, least := textOf(field(metadata, "name")), 253
	if prefix := textOf(field(metadata, "generateName")); name == "" {
		name = strings.TrimRight(prefix, "-") + "x"
	}
	if kind == "Namespace" || kind == "Service" {
		least = 63
	}
	switch {
	case !isDNSName(name, least):
		return &rejection{"metadata.name", "it is not a name that Kubernetes admits" + whyRejected}
	case field(metadata, "namespace") != nil && !isDNSName(textOf(field(metadata, "namespace")), 63):
		return &rejection{"metadata.namespace", "it is not the name of a Namespace" + whyRejected}
	}
	if bad := rejectedNames(field(metadata, "labels"), "metadata.labels"); bad != nil {
		return bad
	}
	if bad := rejectedNames(field(metadata, "annotations"), "metadata.annotations"); bad != nil {
		return bad
	}
	if gatewayLimited[kind] && strings.HasPrefix(textOf(field(n, "apiVersion")), gatewayGroup) {
		bad := checkLimits(kind, field(n, "spec"))
		if bad == nil && strings.HasSuffix(kind, "Route") {
			bad = checkMatches(kind, field(n, "spec"))
		}
		if bad == nil && kind != "ReferenceGrant" {
			bad = checkRules(kind, field(n, "spec"))
		}
		if bad != nil {
			return &rejection{bad.field, "it " + bad.reason + whyRejected}
		}
	}
	return nil
}

// gatewayLimited are the kinds of the Gateway API of which the limits are known.
var gatewayLimited = map[string]bool{"Gateway": true, "ListenerSet": true, "ReferenceGrant": true, "HTTPRoute": true, "GRPCRoute": true}

// rejectedNames is the label or annotation that the API server does not take.
func rejectedNames(n *yaml.Node, at string) *rejection {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return &rejection{at, "it is not a map" + whyRejected}
	}
	size, label := 0, at == "metadata.labels"
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, nonNull(n.Content[i+1])
		value, err := text(v)
		size += len(key) + len(value)
		switch {
		case !isQualifiedName(key, label):
			return &rejection{at + "[" + key + "]", "it is not a name that Kubernetes admits" + whyRejected}
		case err != nil:
			return &rejection{at + "[" + key + "]", "its value is not a string" + whyRejected}
		case label && value != "" && !isNamePart(value):
			return &rejection{at + "[" + key + "]", "its value is not one of a label" + whyRejected}
		}
	}
	if !label && size > 256<<10 {
		return &rejection{at, "they are larger than 256 KiB" + whyRejected}
	}
	return nil
}

// isDNSName reports whether a name is of lower-case letters, digits, hyphens and, where it may be longer than one label, dots (content.IsDNS1123Subdomain).
func isDNSName(s string, most int) bool {
	if s == "" || len(s) > most || most <= 63 && strings.Contains(s, ".") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		atEdge := i == 0 || i == len(s)-1 || s[i-1] == '.' || s[i+1] == '.' // of a label
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (atEdge || c != '-' && c != '.') {
			return false
		}
	}
	return true
}

// isQualifiedName reports whether a key is NAME or DOMAIN/NAME (content.IsQualifiedName). Those of annotations may have upper case in the domain.
func isQualifiedName(key string, label bool) bool {
	domain, name, found := strings.Cut(key, "/")
	if !found {
		return isNamePart(key)
	}
	if !label {
		domain = strings.ToLower(domain)
	}
	return isDNSName(domain, 253) && isNamePart(name)
}

// isNamePart reports whether a text is a label's value, or the name in its key.
func isNamePart(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (c != '-' && c != '_' && c != '.' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != "" && len(s) <= 63
}
