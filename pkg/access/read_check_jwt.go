package access

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func (r *strictReader) jwt(n *yaml.Node, path string, j *JWT) {
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"issuer": r.text(&j.Issuer), "subject": r.text(&j.Subject), "audiences": r.list(&j.Audiences),
		"claims": r.claimMap(&j.Claims),
	})
	for _, claim := range [3][2]string{{"iss", "issuer"}, {"sub", "subject"}, {"aud", "audiences"}} {
		if _, twice := j.Claims[claim[0]]; twice {
			r.refuse(field(field(n, "claims"), claim[0]), diagnostic.CheckFieldsConflict, path+".claims."+claim[0], "is the claim that "+claim[1]+" sets", "write it in "+claim[1])
		}
	}
}

func (r *strictReader) claimMap(into *map[string]any) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode {
			r.refuse(n, diagnostic.CheckWrongType, path, "expected a map, got "+describe(n), "write claims: {NAME: VALUE}")
			return
		}
		*into, _ = r.claims(n, path, 0).(map[string]any)
	}
}

// claims reads a map of strings, lists of strings, and maps of these.
func (r *strictReader) claims(n *yaml.Node, path string, depth int) any {
	switch {
	case depth > 8:
		r.refuse(n, diagnostic.CheckWrongValue, path, "is nested more than 8 levels deep", "write fewer levels")
		return nil
	case n.Kind == yaml.MappingNode:
		out, known := map[string]any{}, map[string]func(*yaml.Node, string){}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			known[name] = func(n *yaml.Node, path string) { out[name] = r.claims(n, path, depth+1) }
		}
		r.fields(n, path, known)
		return out
	case n.Kind == yaml.SequenceNode:
		var out []string
		r.list(&out)(n, path)
		return out
	}
	var out string
	r.text(&out)(n, path)
	return out
}
