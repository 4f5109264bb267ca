package access

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func (r *strictReader) jwt(n *yaml.Node, path string, j *JWT) {
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"issuer": r.text(&j.Issuer), "subject": r.text(&j.Subject), "audiences": r.list(&j.Audiences),
		"claims": func(n *yaml.Node, path string) {
			if n.Kind != yaml.MappingNode {
				r.refuse(path, "must be a mapping")
				return
			}
			j.Claims, _ = r.claims(n, path, 0).(map[string]any)
			for _, field := range [3][2]string{{"iss", "issuer"}, {"sub", "subject"}, {"aud", "audiences"}} {
				if _, twice := j.Claims[field[0]]; twice {
					r.refuse(path+"."+field[0], "is what %s says: write it there", field[1])
				}
			}
		},
	})
}

// claims reads a mapping of texts, lists of texts, and mappings of these.
func (r *strictReader) claims(n *yaml.Node, path string, depth int) any {
	switch {
	case depth > 8:
		r.refuse(path, "is nested too deeply")
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

func (r *strictReader) list(into *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, err := texts(n)
		switch {
		case err != nil:
			r.refuse(path, "%v: write it in quotes", err)
		case len(s) == 0 || slices.Contains(s, ""):
			r.refuse(path, "must hold a value, and no empty one")
		}
		*into = s
	}
}
