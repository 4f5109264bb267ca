package access

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Check is one AccessCheck: cases that must come out as they say, and claims that must hold.
type Check struct {
	Name   string
	Cases  []Case
	Claims []Claim
}

// Case is one request and what is expected of it, allow or deny.
type Case struct {
	Name    string
	Request Request
	Expect  Outcome

	stated
}

// stated is where an AccessCheck says something: the path of the field, and its place in the file.
type stated struct {
	path string
	at   place
}

const (
	checkVersion = "ambient.kubeflow.org/v1alpha1"
	checkKind    = "AccessCheck"
)

// ParseCheck reads an AccessCheck strictly: an unknown or duplicate field, a null, a wrong type or an impossible request is an error with
// the field and its line. All errors are returned together, each a diagnostic.Diagnostic.
func ParseCheck(item *yaml.Node) (Check, error) {
	var c Check
	if item = deref(item); item != nil && item.Kind == yaml.DocumentNode && len(item.Content) == 1 {
		item = deref(item.Content[0])
	}
	r := newStrictReader(item)
	if kind := textOf(field(item, "kind")); kind != checkKind {
		r.errs = append(r.errs, notACheck(item, kind))
		return c, errors.Join(r.errs...)
	}
	c.Name = r.object.Name
	r.fields(item, "", map[string]func(*yaml.Node, string){
		"apiVersion": r.version,
		"kind":       func(*yaml.Node, string) {},
		"metadata":   func(*yaml.Node, string) {},
		"spec": func(n *yaml.Node, path string) {
			r.fields(n, path, map[string]func(*yaml.Node, string){
				"cases": func(n *yaml.Node, path string) {
					r.each(n, path, func(n *yaml.Node, path string) { c.Cases = append(c.Cases, r.oneCase(n, path)) })
				},
				"never": func(n *yaml.Node, path string) {
					r.each(n, path, func(n *yaml.Node, path string) { c.Claims = append(c.Claims, r.never(n, path)) })
				},
				"only": func(n *yaml.Node, path string) {
					r.each(n, path, func(n *yaml.Node, path string) { c.Claims = append(c.Claims, r.only(n, path)) })
				},
			})
		},
	})
	if item != nil && item.Kind == yaml.MappingNode && field(item, "apiVersion") == nil {
		r.refuse(item, diagnostic.CheckFieldMissing, "apiVersion", "is missing", "write apiVersion: "+checkVersion)
	}
	switch {
	case len(r.errs) > 0:
	case len(c.Cases)+len(c.Claims) == 0:
		r.refuse(item, diagnostic.CheckFieldMissing, "spec.cases", "has no case", "write at least one, or a claim in never or only")
	}
	return c, errors.Join(r.errs...)
}

// notACheck returns the only error that is reported for an object that is not an AccessCheck.
func notACheck(item *yaml.Node, kind string) error {
	got := describe(item)
	if kind != "" {
		metadata := field(item, "metadata")
		got = diagnostic.Object{Kind: kind, Namespace: textOf(field(metadata, "namespace")), Name: textOf(field(metadata, "name"))}.String()
	}
	remedy := "give the AccessChecks first, as in ambient-profile check CHECK.yaml RENDERED.yaml"
	if diagnostic.Closest(kind, []string{checkKind}) != "" {
		remedy = "write kind: " + checkKind
	}
	at := placeOf(item)
	return diagnostic.Diagnostic{
		Code: diagnostic.NotAnAccessCheck, Position: diagnostic.Position{Line: at.line, Column: at.column},
		Found: "expected an AccessCheck, got " + got, Remedy: remedy,
	}
}

func (r *strictReader) version(n *yaml.Node, path string) {
	if textOf(n) != checkVersion {
		r.refuse(n, diagnostic.CheckWrongValue, path, "expected "+checkVersion+", got "+describe(n), "write apiVersion: "+checkVersion)
	}
}

func (r *strictReader) oneCase(n *yaml.Node, path string) (c Case) {
	before := len(r.errs)
	c.stated = stated{path, placeOf(n)}
	q := &c.Request
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"name":    r.text(&c.Name),
		"from":    func(n *yaml.Node, path string) { r.from(n, path, &q.From) },
		"to":      func(n *yaml.Node, path string) { r.to(n, path, &q.To) },
		"request": func(n *yaml.Node, path string) { r.request(n, path, q) },
		"expect":  func(n *yaml.Node, path string) { r.expect(n, path, &c.Expect) },
	})
	sound := len(r.errs) == before // else a field that is misspelled may be one that seems to be missing
	if c.Name == "" && (sound || r.lacks(n, "name")) {
		r.refuse(n, diagnostic.CheckFieldMissing, path+".name", "is missing", "write a sentence that says what must hold")
	}
	if c.Expect == NotJudged && (sound || r.lacks(n, "expect")) {
		r.refuse(n, diagnostic.CheckFieldMissing, path+".expect", "is missing", "write expect: allow or expect: deny")
	}
	if !sound {
		return c
	}
	if bad := q.check(); bad != nil {
		at := n // the field, or the map that lacks it
		for key := range strings.SplitSeq(bad.field, ".") {
			if below := field(at, key); below != nil {
				at = below
			}
		}
		r.refuse(at, bad.code, path+"."+bad.field, bad.reason, bad.remedy)
	}
	return c
}

// lacks reports whether a mapping of known fields lacks one.
func (r *strictReader) lacks(n *yaml.Node, key string) bool {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return false
	}
	for known := range pairs(n) {
		if !contains(caseFields, known) {
			return false
		}
	}
	return field(n, key) == nil
}

var caseFields = []string{"name", "from", "to", "request", "expect"}

func (r *strictReader) expect(n *yaml.Node, path string, into *Outcome) {
	switch textOf(n) {
	case "allow":
		*into = Allow
	case "deny":
		*into = Deny
	default:
		r.refuse(n, diagnostic.CheckWrongValue, path, "expected allow or deny, got "+describe(n), "write expect: allow or expect: deny")
	}
}

func (r *strictReader) from(n *yaml.Node, path string, f *From) {
	if user := textOf(n); strings.Contains(user, "@") {
		r.refuse(n, diagnostic.CheckWrongType, path, "expected a map, got "+describe(n), "write "+lastOf(path)+": {user: "+strings.TrimPrefix(user, "user:")+"}")
		return
	}
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"user": r.text(&f.User), "token": r.text(&f.Token), "audience": r.text(&f.Audience), "audiences": r.list(&f.Audiences),
		"claims": r.claimMap(&f.Claims), "anonymous": r.yes(&f.Anonymous),
		"serviceAccount": r.text(&f.ServiceAccount), "offMesh": r.yes(&f.OffMesh),
		"jwt": func(n *yaml.Node, path string) {
			f.JWT = &JWT{}
			r.jwt(n, path, f.JWT)
		},
	})
}

func (r *strictReader) to(n *yaml.Node, path string, t *To) {
	if ns, service, ok := splitAccount(textOf(n)); ok {
		r.refuse(n, diagnostic.CheckWrongType, path, "expected a map, got "+describe(n), "write "+lastOf(path)+": {namespace: "+ns+", service: "+service+"}")
		return
	}
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"namespace": r.text(&t.Namespace), "service": r.text(&t.Service), "pod": r.texts(&t.Pod), "direct": r.yes(&t.Direct),
	})
}

func (r *strictReader) request(n *yaml.Node, path string, q *Request) {
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"method": r.text(&q.Method), "host": r.text(&q.Host), "path": r.text(&q.Path), "listener": r.text(&q.Listener), "headers": r.texts(&q.Headers), "tcp": r.yes(&q.TCP),
		"port": func(n *yaml.Node, path string) {
			if q.Port = number(n); 0 < q.Port && q.Port <= 65535 {
				return
			}
			remedy := "write a number from 1 to 65535"
			if meant, err := strconv.ParseUint(n.Value, 10, 16); err == nil && meant > 0 {
				remedy = "write port: " + strconv.FormatUint(meant, 10)
			}
			if slices.Contains([]string{yaml.NodeTagInt, yaml.NodeTagFloat}, tag(n)) {
				r.refuse(n, diagnostic.CheckWrongValue, path, n.Value+" is not a port", remedy)
			} else {
				r.refuse(n, diagnostic.CheckWrongType, path, "expected a number, got "+describe(n), remedy)
			}
		},
	})
}

func (r *strictReader) each(n *yaml.Node, path string, read func(*yaml.Node, string)) {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n, diagnostic.CheckWrongType, path, "expected a list, got "+describe(n), "start each case with a dash")
		return
	}
	for i, e := range n.Content {
		read(deref(e), fmt.Sprintf("%s[%d]", path, i))
	}
}
