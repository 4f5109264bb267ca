package enroll

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Annotations by which a Notebook tells its route (notebook-controller).
const (
	rewriteAnnotation = "notebooks.kubeflow.org/http-rewrite-uri"
	headersAnnotation = "notebooks.kubeflow.org/http-headers-request-set"
)

// notebook gives a Notebook the route that the notebook-controller's VirtualService was: code-server
// and RStudio live at /, and RStudio is told by a header where it hangs.
func (s *sources) notebook(item *manifest.Item) {
	p := s.of(item.Namespace)
	if p == nil {
		return
	}
	if !s.isNew(item.Namespace, item.Name, "") {
		return // inline, where the configuration says all, or twice
	}
	n := profile.Notebook{Name: item.Name, Rewrite: item.Annotation(rewriteAnnotation), Headers: s.headers(item)}
	if !s.refuse(item, profile.CheckNotebook(n, "metadata.name", "metadata.annotations."+rewriteAnnotation)...) {
		p.Notebooks = append(p.Notebooks, n)
	}
}

// headers are those that the annotation sets, but none that tells who a user is: set behind the
// gateway's check, it would make everybody that user. What the notebook-controller makes of the
// annotation in the cluster is for the referee to report.
func (s *sources) headers(item *manifest.Item) map[string]string {
	text := item.Annotation(headersAnnotation)
	if text == "" {
		return nil
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(text), &headers); err != nil {
		s.warn(item, "its annotation "+headersAnnotation+" is no JSON map of texts: "+err.Error(), "no header is set, as by the notebook-controller", "write {\"Name\": \"value\"}")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if why := s.unfit(name, headers[name]); why != "" {
			s.warn(item, fmt.Sprintf("its annotation %s sets %q, which %s", headersAnnotation, name, why), "that header is not set", "take it out of the annotation")
			delete(headers, name)
		}
	}
	if len(headers) > 16 { // Gateway API: RequestHeaderModifier
		s.warn(item, fmt.Sprintf("its annotation %s sets %d headers, and a route takes 16", headersAnnotation, len(headers)), "none is set", "leave out what is not needed")
		return nil
	}
	return headers
}

func (s *sources) unfit(name, value string) string {
	id := s.spec.Identity
	says := func(header string) bool { // CGI and WSGI, and what is built on them, read _ as -
		return strings.EqualFold(strings.ReplaceAll(name, "_", "-"), strings.ReplaceAll(header, "_", "-"))
	}
	switch {
	case says(id.UserIDHeader), says(id.GroupsHeader), says("authorization"), says("cookie"), says("host"):
		return "tells who the user is or where the request goes"
	case len(name) > 256 || len(value) > 4096: // Gateway API: HTTPHeader
		return "is longer than a route takes"
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "":
		return "is not a header name"
	case value == "" || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return "has no value that HTTP could carry"
	}
	return ""
}
