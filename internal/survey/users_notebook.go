package survey

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Annotations by which a Notebook configures its route (notebook-controller).
const (
	rewriteAnnotation = "notebooks.kubeflow.org/http-rewrite-uri"
	headersAnnotation = "notebooks.kubeflow.org/http-headers-request-set"
	headersField      = "metadata.annotations[" + headersAnnotation + "]"
)

// notebook gives a Notebook the route that the notebook-controller's VirtualService was: code-server
// and RStudio serve at /, and a header tells RStudio its path.
func (s *sources) notebook(item *manifest.Item) {
	p := s.of(item.Namespace)
	if p == nil {
		return
	}
	if item.IsGenerated() {
		s.warnGenerated(item, "it gets no route")
		return
	}
	if !s.isNew(item.Namespace, item.Name, "") {
		return // inline, where the configuration is complete, or in the input twice
	}
	n := profile.Notebook{Name: item.Name, Rewrite: item.Annotation(rewriteAnnotation), Headers: s.headers(item)}
	refused := profile.CheckNotebook(n, "metadata.name", "metadata.annotations."+rewriteAnnotation)
	if s.passesOver(diagnostic.AppNotRouted, item, refused, "it gets no route") {
		return
	}
	p.Notebooks = append(p.Notebooks, n)
}

// headers returns the headers that the annotation sets, without those that identify the user: set
// after the gateway's check, such a header would make every client that user. The referee reports
// them, because the notebook-controller sets them in the cluster.
func (s *sources) headers(item *manifest.Item) map[string]string {
	text := item.Annotation(headersAnnotation)
	if text == "" {
		return nil
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(text), &headers); err != nil {
		s.WarnAt(diagnostic.NotebookHeadersUnset, item, headersField, "is not a JSON map of strings ("+err.Error()+")", "no header is set, as the notebook-controller sets none", `write {"Name": "value"}`)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		why := unfit(name, headers[name])
		if why != "" {
			s.WarnAt(diagnostic.NotebookHeaderUnset, item, headersField, fmt.Sprintf("sets %q, which %s", name, why), "this header is not set", "remove it from the annotation")
		}
		if why != "" || s.identifies(name) {
			delete(headers, name)
		}
	}
	if len(headers) > 16 { // Gateway API: RequestHeaderModifier
		s.WarnAt(diagnostic.NotebookHeadersUnset, item, headersField, fmt.Sprintf("sets %d headers, but an HTTPRoute allows 16", len(headers)), "none of them is set",
			"remove the headers that are not needed")
		return nil
	}
	return headers
}

// identifies reports whether a header says who the user is.
func (s *sources) identifies(name string) bool {
	return Identifies(name, s.spec.Identity.UserIDHeader, s.spec.Identity.GroupsHeader)
}

// Identifies reports whether a header says who the user is: one of the two that the gateway writes, or one
// that a login reads. CGI, WSGI and what is built on them read _ as -.
func Identifies(name, user, groups string) bool {
	plain := strings.NewReplacer("_", "-")
	return slices.ContainsFunc([]string{user, groups, "authorization", "cookie"}, func(header string) bool {
		return strings.EqualFold(plain.Replace(name), plain.Replace(header))
	})
}

// unfit returns why an HTTPRoute cannot set a header, or "".
func unfit(name, value string) string {
	switch {
	case strings.EqualFold(name, "host"):
		return "changes where the request goes"
	case len(name) > 256 || len(value) > 4096: // Gateway API: HTTPHeader
		return "is longer than an HTTPRoute allows"
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "":
		return "is not a header name"
	case value == "" || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return "has a value that HTTP cannot carry"
	}
	return ""
}
