package enroll

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// filters are what a route of a VirtualService changes in a request or its answer.
func (t *translation) filters(at string, route *yaml.Node, match []*yaml.Node) []any {
	var out []any
	if rewrite := manifest.Field(route, "rewrite"); rewrite != nil {
		out = append(out, t.rewrite(at, rewrite, match)...)
	}
	if redirect := manifest.Field(route, "redirect"); redirect != nil {
		out = append(out, t.redirect(at+".redirect", redirect))
	}
	out = append(out, t.headerFilters(at, manifest.Field(route, "headers"))...)
	if mirror := manifest.Field(route, "mirror"); mirror != nil {
		if ref := t.backend(at+".mirror", mirror); ref != nil {
			out = append(out, generate.Fields{"type": "RequestMirror", "requestMirror": generate.Fields{"backendRef": ref}})
		}
	}
	for i, mirror := range manifest.Content(manifest.Field(route, "mirrors")) {
		mirror, at := manifest.Dealias(mirror), fmt.Sprintf("%s.mirrors[%d]", at, i)
		if manifest.Field(mirror, "percentage") != nil {
			t.lose(at) // without its percentage, all requests would be mirrored
		} else if ref := t.backend(at+".destination", manifest.Field(mirror, "destination")); ref != nil {
			out = append(out, generate.Fields{"type": "RequestMirror", "requestMirror": generate.Fields{"backendRef": ref}})
		}
	}
	return out
}

// rewrite is what the Service sees instead of the path and the host. Istio replaces what the match has
// matched, a prefix or the whole path; without a match that is the prefix /.
func (t *translation) rewrite(at string, rewrite *yaml.Node, match []*yaml.Node) []any {
	out, uri := generate.Fields{}, manifest.Value(rewrite, "uri")
	for i := 0; i+1 < len(rewrite.Content); i += 2 {
		if key := rewrite.Content[i].Value; key != "uri" && key != "authority" {
			t.refuse("has " + at + ".rewrite." + key)
		}
	}
	if host := manifest.Value(rewrite, "authority"); host != "" {
		out["hostname"] = host
	}
	if uri == "" {
		return urlRewrite(out)
	}
	prefix, exact := "/", ""
	if len(match) > 0 {
		path := manifest.Field(manifest.Dealias(match[0]), "uri")
		prefix, exact = manifest.Value(path, "prefix"), manifest.Value(path, "exact")
	}
	switch {
	case prefix == uri && prefix != "": // replaced by the same prefix
	case exact != "":
		out["path"] = generate.Fields{"type": "ReplaceFullPath", "replaceFullPath": uri}
	case prefix == "" || strings.HasSuffix(prefix, "/") && !strings.HasSuffix(uri, "/"): // Gateway API keeps a slash after the prefix
		t.refuse("has " + at + ".rewrite.uri: " + uri)
	default:
		out["path"] = generate.Fields{"type": "ReplacePrefixMatch", "replacePrefixMatch": uri}
	}
	return urlRewrite(out)
}

func urlRewrite(fields generate.Fields) []any {
	if len(fields) == 0 {
		return nil
	}
	return []any{generate.Fields{"type": "URLRewrite", "urlRewrite": fields}}
}

// redirect is the answer that sends the client elsewhere.
func (t *translation) redirect(at string, redirect *yaml.Node) generate.Fields {
	out := generate.Fields{}
	for i := 0; i+1 < len(redirect.Content); i += 2 {
		key, text := redirect.Content[i].Value, redirect.Content[i+1].Value
		switch {
		case key == "uri" && !strings.Contains(text, "%"):
			out["path"] = generate.Fields{"type": "ReplaceFullPath", "replaceFullPath": text}
		case key == "scheme" && (text == "http" || text == "https"):
			out["scheme"] = text
		case key == "authority" && !strings.ContainsAny(text, ":%"):
			out["hostname"] = text
		case key == "port" || key == "redirectCode":
			number, err := strconv.Atoi(text)
			if key == "redirectCode" && number != 301 && number != 302 || err != nil { // Gateway API: HTTPRequestRedirectFilter
				t.refuse("has " + at + "." + key + ": " + text)
			}
			out[map[string]string{"port": "port", "redirectCode": "statusCode"}[key]] = number
		default:
			t.refuse("has " + at + "." + key)
		}
	}
	if out["statusCode"] == nil {
		out["statusCode"] = 301 // Istio's default; Gateway API's is 302
	}
	return generate.Fields{"type": "RequestRedirect", "requestRedirect": out}
}

// headerFilters are the changes of headers, of the request and of its answer.
func (t *translation) headerFilters(at string, headers *yaml.Node) (out []any) {
	for _, side := range []struct{ key, filter, field string }{
		{"request", "RequestHeaderModifier", "requestHeaderModifier"},
		{"response", "ResponseHeaderModifier", "responseHeaderModifier"},
	} {
		changes, fields := manifest.Field(headers, side.key), generate.Fields{}
		for _, verb := range []string{"set", "add"} {
			if list := t.headerValues(at+".headers."+side.key+"."+verb, manifest.Field(changes, verb)); len(list) > 0 {
				fields[verb] = list
			}
		}
		if names := manifest.Strings(manifest.Field(changes, "remove")); len(names) > 0 {
			fields["remove"] = names
			for _, name := range names {
				t.keepUser(at, name)
			}
		}
		if len(fields) > 0 {
			out = append(out, generate.Fields{"type": side.filter, side.field: fields})
		}
	}
	return out
}

func (t *translation) headerValues(at string, n *yaml.Node) (out []any) {
	if n == nil {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, text := n.Content[i].Value, manifest.Dealias(n.Content[i+1]).Value
		// Istio: these change where a request goes. Envoy replaces what is between percent signs.
		if strings.EqualFold(name, "host") || strings.HasPrefix(name, ":") || strings.Contains(text, "%") {
			t.refuse("sets " + at + "[" + name + "]")
			continue
		}
		t.keepUser(at, name)
		out = append(out, generate.Fields{"name": name, "value": text})
	}
	return out
}

// keepUser refuses a change of a header that says who the user is: policies rest on it, and a route comes
// after the gateway's check.
func (t *translation) keepUser(at, name string) {
	if survey.Identifies(name, t.mesh.UserIDHeader, t.mesh.Tokens.GroupsHeader) {
		t.refuse("changes the header " + name + " (" + at + "), which says who the user is")
	}
}

// duration is a span of time as Gateway API has it: up to five digits and a unit (GEP-2257); or "".
func duration(text string) string {
	span, err := time.ParseDuration(text)
	ms := span.Milliseconds()
	switch {
	case err != nil || span < 0 || span != time.Duration(ms)*time.Millisecond:
		return ""
	case ms%1000 == 0 && ms/1000 < 100000:
		return strconv.FormatInt(ms/1000, 10) + "s"
	case ms < 100000:
		return strconv.FormatInt(ms, 10) + "ms"
	}
	return fmt.Sprintf("%ds%dms", ms/1000, ms%1000)
}
