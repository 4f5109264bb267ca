package profile

import (
	"regexp"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

var (
	label       = regexp.MustCompile(LabelPattern)
	subdomain   = regexp.MustCompile(SubdomainPattern)
	service     = regexp.MustCompile(ServicePattern)
	headerName  = regexp.MustCompile(HeaderPattern)
	trustDomain = regexp.MustCompile(TrustDomainPattern)
	literalPath = regexp.MustCompile(PathPattern)
	image       = regexp.MustCompile(ImagePattern)
	quantity    = regexp.MustCompile(QuantityPattern)
)

const (
	labelRemedy     = "write at most 63 lower case letters, digits and dashes, a letter or digit at both ends"
	subdomainRemedy = "write at most 253 lower case letters, digits, dashes and dots, a letter or digit at both ends of each part"
)

func (r *refusals) label(path, name string) bool {
	if !validLabel(name) {
		r.add(path, name, "is not a DNS-1123 label", labelRemedy)
		return false
	}
	return true
}

func (r *refusals) subdomain(path, name string) {
	if !validSubdomain(name) {
		r.add(path, name, "is not a DNS-1123 subdomain", subdomainRemedy)
	}
}

// namespaced refuses what is not namespace/name.
func (r *refusals) namespaced(path, ref string) bool {
	namespace, name, found := strings.Cut(ref, "/")
	if !found || !validLabel(namespace) || !validSubdomain(name) {
		r.add(path, ref, "is not namespace/name", "write both as Kubernetes has them, with one slash between")
		return false
	}
	return true
}

func validLabel(s string) bool     { return len(s) <= 63 && label.MatchString(s) }
func validSubdomain(s string) bool { return len(s) <= 253 && subdomain.MatchString(s) }

// value refuses a text that would not be one exact value in a policy. Istio reads *, abc* and
// *abc as patterns; HTTP/1 trims blanks, so that " alice" arrives as "alice".
func (r *refusals) value(path, text string) {
	switch {
	case strings.Contains(text, "*"):
		r.add(path, text, "holds *, which is a pattern to Istio and would match others", "write one exact value")
	case strings.TrimSpace(text) != text:
		r.add(path, text, "begins or ends with a blank, which HTTP trims", "write it without")
	case strings.ContainsFunc(text, diagnostic.Invisible):
		r.add(path, text, "holds a character that nobody can see", "write visible characters only")
	}
}

// unique refuses a key that was seen before, at an earlier path.
func (r *refusals) unique(seen map[string]string, path, key string) {
	if first, found := seen[key]; found {
		r.add(path, key, "is listed twice, first at "+first, "keep one of the two")
		return
	}
	seen[key] = path
}

// oneOf refuses what is none of the choices.
func (r *refusals) oneOf(path, value string, choices ...string) {
	for _, choice := range choices {
		if value == choice {
			return
		}
	}
	r.add(path, value, "is not a choice", "write "+strings.Join(choices, " or "))
}
