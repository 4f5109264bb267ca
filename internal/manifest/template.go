package manifest

import (
	"bytes"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// What there is to say about a template of Helm or Jinja, which someone forgot to render.
const (
	templateFound  = "looks like a template that was not rendered"
	templateRemedy = "render it first (helm template CHART), then pass the result"
)

// isTemplate reports whether n is a template, {{ ... }}, that is valid YAML by chance: a map whose
// key is a map.
func isTemplate(n *yaml.Node) bool {
	return n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode && n.Content[0].Style&yaml.FlowStyle != 0
}

// ofTemplate is an error of the YAML library about a line, as one about the template or the variable on
// that line; any other stays as it is.
func ofTemplate(data []byte, d diagnostic.Diagnostic) diagnostic.Diagnostic {
	start := offset(data, d.Position.Line)
	line, _, _ := bytes.Cut(data[start:], []byte("\n"))
	if comment := bytes.IndexByte(line, '#'); comment >= 0 {
		line = line[:comment]
	}
	for _, left := range []struct{ begins, found, remedy string }{
		{"{{", templateFound, templateRemedy},
		{"{%", templateFound, templateRemedy},
		{"${", "looks like a variable that was not replaced", "replace it first, for example with envsubst"},
	} {
		if at := bytes.Index(line, []byte(left.begins)); at >= 0 {
			return diagnostic.Diagnostic{Code: diagnostic.TemplateNotRendered, Position: placeOf(data, start+at), Found: left.found, Remedy: left.remedy}
		}
	}
	return d
}
