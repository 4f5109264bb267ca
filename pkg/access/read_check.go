package access

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// ParseCheck reads an AccessCheck strictly: an unknown or duplicate field, a null, a wrong type or an impossible request is an error with
// the field's path. All errors are returned together.
func ParseCheck(item *yaml.RNode) (Check, error) {
	var c Check
	if item == nil {
		return c, fmt.Errorf("an AccessCheck is needed, got nothing")
	}
	r := &strictReader{}
	r.fields(deref(item.YNode()), "", map[string]func(*yaml.Node, string){
		"apiVersion": r.exactly("ambient.kubeflow.org/v1alpha1"),
		"kind":       r.exactly("AccessCheck"),
		"metadata":   func(n *yaml.Node, _ string) { c.Name = textOf(field(n, "name")) },
		"spec": func(n *yaml.Node, path string) {
			r.fields(n, path, map[string]func(*yaml.Node, string){
				"cases": func(n *yaml.Node, path string) {
					r.each(n, path, func(n *yaml.Node, path string) { c.Cases = append(c.Cases, r.oneCase(n, path)) })
				},
			})
		},
	})
	if len(r.errs) == 0 && len(c.Cases) == 0 {
		r.refuse("spec.cases", "must hold a case")
	}
	return c, errors.Join(r.errs...)
}

// strictReader collects what is wrong, field by field.
type strictReader struct{ errs []error }

func (r *strictReader) refuse(path, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

func (r *strictReader) oneCase(n *yaml.Node, path string) (c Case) {
	before := len(r.errs)
	q := &c.Request
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"name":    r.text(&c.Name),
		"from":    func(n *yaml.Node, path string) { r.from(n, path, &q.From) },
		"to":      func(n *yaml.Node, path string) { r.to(n, path, &q.To) },
		"request": func(n *yaml.Node, path string) { r.request(n, path, q) },
		"expect": func(n *yaml.Node, path string) {
			switch n.Value {
			case "allow":
				c.Expect = Allow
			case "deny":
				c.Expect = Deny
			default:
				r.refuse(path, "%q is none of allow, deny", n.Value)
			}
		},
	})
	if len(r.errs) > before {
		return c
	}
	if c.Name == "" {
		r.refuse(path+".name", "is missing")
	}
	if c.Expect == NotJudged {
		r.refuse(path+".expect", "is missing: allow or deny")
	}
	if why := q.check(); why != "" {
		r.refuse(path, "%s", why)
	}
	return c
}

func (r *strictReader) from(n *yaml.Node, path string, f *From) {
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"user": r.text(&f.User), "token": r.text(&f.Token), "audience": r.text(&f.Audience), "anonymous": r.yes(&f.Anonymous),
		"serviceAccount": r.text(&f.ServiceAccount), "offMesh": r.yes(&f.OffMesh),
		"jwt": func(n *yaml.Node, path string) {
			f.JWT = &JWT{}
			r.jwt(n, path, f.JWT)
		},
	})
}

func (r *strictReader) to(n *yaml.Node, path string, t *To) {
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"namespace": r.text(&t.Namespace), "service": r.text(&t.Service), "pod": r.texts(&t.Pod), "direct": r.yes(&t.Direct),
	})
}

func (r *strictReader) request(n *yaml.Node, path string, q *Request) {
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"method": r.text(&q.Method), "host": r.text(&q.Host), "path": r.text(&q.Path), "headers": r.texts(&q.Headers), "tcp": r.yes(&q.TCP),
		"port": func(n *yaml.Node, path string) {
			if q.Port = number(n); q.Port < 1 || q.Port > 65535 {
				r.refuse(path, "%q is no port: write a number from 1 to 65535", n.Value)
			}
		},
	})
}

// fields reads a mapping: every key must be known, there once and not null.
func (r *strictReader) fields(n *yaml.Node, path string, known map[string]func(*yaml.Node, string)) {
	if n = deref(n); n == nil || n.Kind != yaml.MappingNode {
		r.refuse(or(path, "the document"), "must be a mapping")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, deref(n.Content[i+1])
		at := strings.TrimPrefix(path+"."+spelled(key), ".")
		read := known[key]
		switch {
		case read == nil:
			r.refuse(at, "unknown field%s", nearest(key, known))
		case seen[key]:
			r.refuse(at, "is there twice")
		case v == nil || isNull(v):
			r.refuse(at, "must not be null: leave it out")
		default:
			read(v, at)
		}
		seen[key] = true
	}
}

// spelled is a key as a path has it, in quotes where it could be misread.
func spelled(key string) string {
	if key == "" || strings.ContainsFunc(key, func(c rune) bool {
		return c != '-' && c != '_' && c != '/' && c != '.' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}) {
		return strconv.QuoteToASCII(key)
	}
	return key
}

func (r *strictReader) each(n *yaml.Node, path string, read func(*yaml.Node, string)) {
	if n.Kind != yaml.SequenceNode {
		r.refuse(path, "must be a list")
		return
	}
	for i, e := range n.Content {
		read(deref(e), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (r *strictReader) exactly(want string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Value != want {
			r.refuse(path, "%q must be %s", n.Value, want)
		}
	}
}

func (r *strictReader) text(into *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, err := text(n)
		switch {
		case err != nil:
			r.refuse(path, "%v: write it in quotes", err)
		case s == "":
			r.refuse(path, "must not be empty: leave it out")
		}
		*into = s
	}
}

func (r *strictReader) yes(into *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if *into = boolean(n) && tag(n) == yaml.NodeTagBool; !*into {
			r.refuse(path, "%q: write true, or leave it out", n.Value)
		}
	}
}

func (r *strictReader) texts(into *map[string]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode {
			r.refuse(path, "must be a mapping of strings")
			return
		}
		*into = map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			s, err := text(deref(n.Content[i+1]))
			if err != nil {
				r.refuse(path+"."+spelled(key), "%v: write it in quotes", err)
			}
			if _, twice := (*into)[key]; twice {
				r.refuse(path+"."+spelled(key), "is there twice")
			}
			(*into)[key] = s
		}
	}
}

// nearest names the known field that a key was probably meant to be: one that differs by case or by few letters.
func nearest(key string, known map[string]func(*yaml.Node, string)) string {
	best, distance := "", 3
	for name := range known {
		d := editDistance(strings.ToLower(key), strings.ToLower(name))
		if d < distance || d == distance && best != "" && name < best {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

func editDistance(a, b string) int {
	if len(a) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// Check is one AccessCheck: cases that must come out as they say.
type Check struct {
	Name  string
	Cases []Case
}

// Case is one request and what is expected of it, allow or deny.
type Case struct {
	Name    string
	Request Request
	Expect  Outcome
}
