package profile

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Refusal is one thing that is wrong with a configuration: where, what stands there, why that
// cannot be, and what to write instead.
type Refusal struct {
	Path, Value, Reason, Remedy string
}

func (r Refusal) Error() string {
	text := r.Path + ": "
	if r.Value != "" {
		text += r.Value + " "
	}
	return text + r.Reason + "; " + r.Remedy
}

// warning is a message about a field that works but deserves a look.
func warning(path, found, effect, remedy string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{Code: diagnostic.Uncoded, Field: path, Found: found, Effect: effect, Remedy: remedy}
}

// refusals collects everything that is wrong, so that one run tells all.
type refusals []Refusal

// add notes that value, found at path, cannot be.
func (r *refusals) add(path, value, reason, remedy string) {
	if len(value) > 80 {
		value = value[:80] + "..."
	}
	quoted := strconv.Quote(value)
	if strings.ContainsFunc(value, diagnostic.Invisible) {
		quoted = strconv.QuoteToASCII(value)
	}
	*r = append(*r, Refusal{path, quoted, reason, remedy})
}

// missing notes that there is nothing at path.
func (r *refusals) missing(path, remedy string) {
	*r = append(*r, Refusal{Path: path, Reason: "is missing", Remedy: remedy})
}

// places are where something was refused, and all that is around it.
type places struct{ refused, around map[string]bool }

func (r refusals) places() places {
	p := places{map[string]bool{}, map[string]bool{}}
	for _, known := range r {
		p.add(known.Path)
	}
	return p
}

func (p places) add(path string) {
	p.refused[path] = true
	for outer := range outers(path) {
		p.around[outer] = true
	}
}

// cover tells whether path, something in it or something around it was refused already: then what
// is missing there, or a default that follows from it, needs no second word.
func (p places) cover(path string) bool {
	for outer := range outers(path) {
		if p.refused[outer] {
			return true
		}
	}
	return p.refused[path] || p.around[path]
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

// err is nil when nothing was refused.
func (r refusals) err() error {
	var errs []error
	for _, refusal := range r {
		errs = append(errs, refusal)
	}
	return errors.Join(errs...)
}

// at is the path of the i-th item of a list.
func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
