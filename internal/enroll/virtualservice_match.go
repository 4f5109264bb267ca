package enroll

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// matches are the requests that a route of a VirtualService takes. A condition that an HTTPRoute does not
// have is never left out: the route would take more.
func (t *translation) matches(at string, matches []*yaml.Node) (out []any) {
	for i, match := range matches {
		match, at := manifest.Dealias(match), fmt.Sprintf("%s.match[%d]", at, i)
		if len(match.Content) == 0 {
			t.out.paths = append(t.out.paths, "/")
			return nil // Istio: an empty one matches every request
		}
		fields := generate.Fields{}
		for j := 0; j+1 < len(match.Content); j += 2 {
			t.condition(fields, at, match.Content[j].Value, manifest.Dealias(match.Content[j+1]))
		}
		if fields["path"] == nil {
			t.out.paths = append(t.out.paths, "/")
		}
		out = append(out, fields)
	}
	if len(matches) == 0 {
		t.out.paths = append(t.out.paths, "/")
	}
	return out
}

// condition writes one condition of a match.
func (t *translation) condition(fields generate.Fields, at, key string, n *yaml.Node) {
	switch key {
	case "name", "statPrefix":
	case "uri":
		if path := t.path(at, n); path != nil {
			fields["path"] = path
		}
	case "method":
		method := manifest.Value(n, "exact")
		if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}, method) { // Gateway API: HTTPMethod
			t.refuse("has " + at + ".method, which is not one method")
			return
		}
		fields["method"] = method
	case "headers":
		fields["headers"] = t.values(at+".headers", n)
	case "queryParams":
		fields["queryParams"] = t.values(at+".queryParams", n)
	default:
		t.refuse("has " + at + "." + key)
	}
}

// path is the match of a path. A prefix of Istio also covers what goes on after it without a slash.
func (t *translation) path(at string, n *yaml.Node) generate.Fields {
	for _, form := range [][2]string{{"exact", "Exact"}, {"prefix", "PathPrefix"}, {"regex", "RegularExpression"}} {
		text := manifest.Value(n, form[0])
		if text == "" || len(n.Content) != 2 {
			continue
		}
		if form[0] == "prefix" && !strings.HasSuffix(text, "/") {
			t.lose("paths that go on after " + text + " without a slash")
		}
		if form[0] == "regex" {
			t.out.paths = append(t.out.paths, "/")
		} else {
			t.out.paths = append(t.out.paths, text)
		}
		return generate.Fields{"type": form[1], "value": text}
	}
	t.refuse("has " + at + ".uri")
	return nil
}

// values are matches of headers or of query parameters.
func (t *translation) values(at string, n *yaml.Node) (out []any) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, text := n.Content[i].Value, manifest.Dealias(n.Content[i+1])
		match := generate.Fields{"name": name}
		switch {
		case manifest.Value(text, "exact") != "":
			match["value"] = manifest.Value(text, "exact")
		case manifest.Value(text, "regex") != "":
			match["type"], match["value"] = "RegularExpression", manifest.Value(text, "regex")
		case manifest.Value(text, "prefix") != "":
			match["type"], match["value"] = "RegularExpression", regexp.QuoteMeta(manifest.Value(text, "prefix"))+".*"
		default:
			t.refuse("has " + at + "[" + name + "]")
		}
		out = append(out, match)
	}
	return out
}
