package fn

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// ignoreAnnotation of an object lists findings about it that are accepted, one in a line: a code, a colon and the reason.
const ignoreAnnotation = "ambient.kubeflow.org/lint-ignore"

var ignored = regexp.MustCompile(`^(AP\d{4}): *(\S.*)$`)

// ignoring sorts out what the objects' annotations ignore. Errors cannot be ignored, and neither can a finding without a reason.
func ignoring(found []diagnostic.Diagnostic, items []*manifest.Item) (r diagnostic.Report) {
	type key struct {
		manifest.ID
		code diagnostic.Code
	}
	type entry struct {
		item   *manifest.Item
		reason string
		used   bool
	}
	entries := map[key]*entry{}
	var order []key
	const field = "metadata.annotations[" + ignoreAnnotation + "]"
	for _, item := range items {
		for line := range strings.Lines(item.Annotation(ignoreAnnotation)) {
			line = strings.TrimSpace(line)
			m := ignored.FindStringSubmatch(line)
			switch {
			case line == "":
			case m == nil:
				r.Findings = append(r.Findings, item.Report(diagnostic.IgnoreInvalid, field, "has the line "+strconv.Quote(line)+", which is not a code, a colon and a reason", "it ignores nothing", "write one such as AP0718: the pod belongs to the CNI"))
			case !canIgnore(diagnostic.Code(m[1])):
				r.Findings = append(r.Findings, item.Report(diagnostic.IgnoreInvalid, field, "names "+m[1]+", which is not the code of a warning or an info", "it ignores nothing", "take the code from the message"))
			default:
				k := key{inNamespace(item.ID), diagnostic.Code(m[1])}
				if entries[k] == nil {
					entries[k], order = &entry{item: item, reason: m[2]}, append(order, k)
				}
			}
		}
	}
	for _, d := range found {
		if e := entries[key{identity(d.Object), d.Code}]; e != nil {
			e.used = true
			r.Ignored = append(r.Ignored, diagnostic.Ignored{Diagnostic: d, Reason: e.reason})
			continue
		}
		r.Findings = append(r.Findings, d)
	}
	for _, k := range order {
		if e := entries[k]; !e.used {
			r.Findings = append(r.Findings, e.item.Report(diagnostic.IgnoreUnused, field, "ignores "+string(k.code)+", which was not found", "", "remove the line"))
		}
	}
	return r
}

// canIgnore reports whether a code may be ignored: errors may not.
func canIgnore(code diagnostic.Code) bool {
	return slices.ContainsFunc(diagnostic.Codes(), func(e diagnostic.Entry) bool { return e.Code == code && e.Severity != diagnostic.Error })
}
