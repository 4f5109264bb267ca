package profile

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// refusals collects everything that is wrong, so that one run reports all of it.
type refusals struct {
	// top is the document that the paths lead through; nil for what was found in the input.
	top *yaml.Node
	all []refusal
}

// A refusal is one thing that is wrong.
type refusal struct {
	diagnostic.Diagnostic
	// because are other fields that it follows from: if one of them is refused, it is an aftershock.
	because []string
	// meant is the path of the field that an unknown field was probably meant to be, with [] for any
	// item of a list; or "".
	meant string
}

// add refuses the value at path, or the lack of one.
func (r *refusals) add(code diagnostic.Code, path, found, remedy string, because ...string) {
	n, _ := manifest.Find(r.top, path)
	r.refuse(n, code, path, found, remedy)
	r.all[len(r.all)-1].because = because
}

// refuse refuses the field at path, which n is the key, the value or the parent of.
func (r *refusals) refuse(n *yaml.Node, code diagnostic.Code, path, found, remedy string) {
	r.all = append(r.all, refusal{Diagnostic: diagnostic.Diagnostic{
		Code: code, Position: positionOf(n), Field: path, Found: found, Remedy: remedy,
	}})
}

// missing refuses that there is nothing at path.
func (r *refusals) missing(path, remedy string, because ...string) {
	r.add(diagnostic.ConfigMissingField, path, "missing", remedy, because...)
}

// positionOf returns the line and the column of n; the name of the file is not known here.
func positionOf(n *yaml.Node) diagnostic.Position {
	if n == nil {
		return diagnostic.Position{}
	}
	return diagnostic.Position{Line: n.Line, Column: n.Column}
}

// diagnostics returns what was refused.
func (r *refusals) diagnostics() []diagnostic.Diagnostic {
	var all []diagnostic.Diagnostic
	for _, refused := range r.all {
		all = append(all, refused.Diagnostic)
	}
	return all
}

// err joins what was refused, in the order of the file; nil if nothing was.
func (r *refusals) err(object diagnostic.Object) error {
	all := r.diagnostics()
	slices.SortStableFunc(all, func(a, b diagnostic.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
	var errs []error
	for _, d := range all {
		d.Object = object
		errs = append(errs, d)
	}
	return errors.Join(errs...)
}

// join adds what later found wrong, without its aftershocks.
func (r *refusals) join(later refusals) {
	misplaced := later.misplaced(r.all)
	known := r.places()
	for i, refused := range later.all {
		if misplaced[i] || known.cover(refused.Field) || slices.ContainsFunc(refused.because, known.cover) {
			continue
		}
		known.add(refused.Field)
		r.all = append(r.all, refused)
	}
}

// misplaced returns which fields of r are missing because they were written under another name, or
// in another place: of several, the last one above that place.
func (r *refusals) misplaced(unknown []refusal) map[int]bool {
	lacking := map[string][]int{} // by the path, and by that of any item
	for i, refused := range r.all {
		if refused.Code != diagnostic.ConfigMissingField {
			continue
		}
		lacking[refused.Field] = append(lacking[refused.Field], i)
		if path := anyItem(refused.Field); path != refused.Field {
			lacking[path] = append(lacking[path], i)
		}
	}
	found := map[int]bool{}
	for _, field := range unknown {
		for left := lacking[field.meant]; len(left) > 0; left = lacking[field.meant] {
			above, _ := slices.BinarySearchFunc(left, field.Position.Line+1, func(i, line int) int {
				return cmp.Compare(r.all[i].Position.Line, line) // items of a list are in the order of the file
			})
			at := max(above-1, 0)
			i := left[at]
			lacking[field.meant] = slices.Delete(left, at, at+1)
			if !found[i] {
				found[i] = true
				break
			}
		}
	}
	return found
}

var index = regexp.MustCompile(`\[\d+\]`)

// anyItem returns a path with [] for the index of each list.
func anyItem(path string) string { return index.ReplaceAllString(path, "[]") }

// places are where something was refused, and all that is around it.
type places struct{ refused, around map[string]bool }

func (r *refusals) places() places {
	p := places{map[string]bool{}, map[string]bool{}}
	for _, known := range r.all {
		p.add(known.Field)
	}
	return p
}

func (p places) add(path string) {
	p.refused[path] = true
	for outer := range outers(path) {
		p.around[outer] = true
	}
}

// cover reports whether path, something in it or something around it was refused already: then what
// is missing there, or a default that follows from it, needs no second message.
func (p places) cover(path string) bool {
	for outer := range outers(path) {
		if p.refused[outer] {
			return true
		}
	}
	return p.refused[path] || p.around[path] || p.refused[""]
}

// outers are the paths that path is in.
func outers(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, c := range path {
			if (c == '.' || c == '[') && !yield(path[:i]) {
				return
			}
		}
	}
}

// at is the path of the i-th item of a list.
func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// quote returns a value as messages show it: on one line, not too long, and with every character
// visible.
func quote(value string) string {
	value = shorten(value)
	if strings.ContainsFunc(value, diagnostic.Invisible) {
		return strconv.QuoteToASCII(value)
	}
	return strconv.Quote(value)
}

// longest is how much of a value a message shows, in bytes.
const longest = 80

func shorten(value string) string {
	if len(value) <= longest {
		return value
	}
	end := longest
	for end > 0 && !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end] + "..."
}
