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
	pathOfLogin = regexp.MustCompile(LoginPathPattern)
	image       = regexp.MustCompile(ImagePattern)
	quantity    = regexp.MustCompile(QuantityPattern)
)

func validLabel(s string) bool     { return len(s) <= 63 && label.MatchString(s) }
func validSubdomain(s string) bool { return len(s) <= 253 && subdomain.MatchString(s) }

// malformed refuses a text that has not the form of its field. A template or a variable that was not
// replaced is named as such.
func (r *refusals) malformed(code diagnostic.Code, path, text, found, remedy string) {
	if why, instead := notRendered(text); why != "" {
		code, found, remedy = diagnostic.ConfigNotRendered, why, instead
	}
	r.add(code, path, quote(text)+" "+found, remedy)
}

// notRendered says that a text is a template, or a variable that was not replaced, and what to do
// about that; "" for any other text.
func notRendered(text string) (found, remedy string) {
	switch {
	case strings.Contains(text, "{{"):
		return templateFound, templateRemedy
	case strings.Contains(text, "${"):
		return "looks like a variable that was not replaced", "replace it first, for example with envsubst"
	case strings.Contains(text, "$("):
		return "looks like a kustomize variable that was not replaced", "replace it first, for example with replacements in the kustomization"
	}
	return "", ""
}

// label refuses what is not a DNS-1123 label; what says whose name it is.
func (r *refusals) label(path, what, name string) bool {
	if validLabel(name) {
		return true
	}
	remedy := "use at most 63 lowercase letters, digits and dashes, starting and ending with a letter or digit"
	if near := strings.NewReplacer("_", "-", ".", "-", " ", "-").Replace(strings.ToLower(name)); validLabel(near) {
		remedy += "; did you mean " + near + "?"
	}
	r.malformed(diagnostic.ConfigBadName, path, name, "is not a valid "+what, remedy)
	return false
}

// subdomain refuses what is not a DNS-1123 subdomain.
func (r *refusals) subdomain(path, what, name string) {
	if validSubdomain(name) {
		return
	}
	remedy := "use at most 253 lowercase letters, digits, dashes and dots, with a letter or digit at both ends of each part"
	if near := strings.ReplaceAll(strings.ToLower(name), "_", "-"); validSubdomain(near) {
		remedy += "; did you mean " + near + "?"
	}
	r.malformed(diagnostic.ConfigBadName, path, name, "is not a valid "+what, remedy)
}

// namespaced refuses what is not namespace/name; namespace is the one of an example.
func (r *refusals) namespaced(path, ref, namespace string) bool {
	ns, name, found := strings.Cut(ref, "/")
	switch {
	case found && validLabel(ns) && validSubdomain(name):
		return true
	case r.userName(path, ref):
	case !found && validSubdomain(ref):
		r.add(diagnostic.ConfigBadReference, path, quote(ref)+" has no namespace", "write namespace/name, for example "+written(path, namespace+"/"+ref))
	default:
		r.malformed(diagnostic.ConfigBadReference, path, ref, "is not namespace/name", "write a namespace and a name with one slash between them, both as Kubernetes has them")
	}
	return false
}

// userName refuses the name by which Kubernetes knows a ServiceAccount as a user.
func (r *refusals) userName(path, account string) bool {
	// Kubernetes: system:serviceaccount:<namespace>:<name> (apiserver: serviceaccount.MakeUsername).
	rest, found := strings.CutPrefix(account, "system:serviceaccount:")
	namespace, name, _ := strings.Cut(rest, ":")
	if !found || !validLabel(namespace) || !validSubdomain(name) {
		return false
	}
	r.add(diagnostic.ConfigBadReference, path, quote(account)+" is a user name, not a ServiceAccount", "write "+written(path, namespace+"/"+name))
	return true
}

// written returns the field at path with a value, as YAML to paste; of an item, the list with it.
func written(path, value string) string {
	name := path[strings.LastIndex(path, ".")+1:]
	if list, _, isItem := strings.Cut(name, "["); isItem {
		return list + ": [" + flow(value) + "]"
	}
	return name + ": " + flow(value)
}

// value refuses a text that would not be one exact value in a policy. Istio reads *, abc* and
// *abc as patterns; HTTP/1 strips whitespace, so that " alice" arrives as "alice".
func (r *refusals) value(path, text string) {
	switch {
	case strings.Contains(text, "*"):
		r.add(diagnostic.ConfigPattern, path, quote(text)+" contains *, and Istio would read it as a pattern that matches others", "write one exact value")
	case strings.TrimSpace(text) != text:
		r.add(diagnostic.ConfigWhitespace, path, quote(text)+" starts or ends with whitespace, which HTTP strips", "remove the whitespace")
	case strings.ContainsFunc(text, diagnostic.Invisible):
		r.add(diagnostic.ConfigInvisible, path, quote(text)+" contains an invisible character", "use visible characters only")
	}
}

// unique refuses a key that was seen before, at an earlier path.
func (r *refusals) unique(seen map[string]string, path, key string) {
	if first, found := seen[key]; found {
		r.add(diagnostic.ConfigListedTwice, path, quote(key)+" is listed twice, first at "+first, "remove one of the two", first)
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
	name := path[strings.LastIndex(path, ".")+1:]
	found, remedy := "is not one of "+strings.Join(choices, ", "), "choose one of them"
	if len(choices) == 1 {
		found, remedy = "is not "+choices[0]+", the only choice", "write "+name+": "+choices[0]+", or remove the line"
	} else if best := diagnostic.Closest(value, choices); best != "" {
		remedy = "did you mean " + best + "?"
	}
	r.malformed(diagnostic.ConfigBadChoice, path, value, found, remedy)
}
