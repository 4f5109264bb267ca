package access

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// verdict3 is what can be said of one condition. Its order makes "and" the minimum and "or" the maximum.
type verdict3 = symbolic.Answer

const (
	no    = symbolic.No
	maybe = symbolic.Maybe // depends on what the manifests or the request do not say
	yes   = symbolic.Yes
)

func not(v verdict3) verdict3 { return yes - v }

func is(b bool) verdict3 {
	if b {
		return yes
	}
	return no
}

// value is one attribute of a request: a header, a claim, the path. A run that is traced says of each what was compared with it.
type value = symbolic.Value

type presence = symbolic.State

const (
	absent  = symbolic.Absent
	known   = symbolic.Known
	some    = symbolic.Some    // there is a value, and nobody can say which
	perhaps = symbolic.Perhaps // not even that
	element = symbolic.Element // one of a list of values
)

func knownValue(s string) value { return symbolic.Text(s) }

// matchPattern tries a value pattern (authz/matcher.StringMatcherWithPrefix and ambient stringToMatch agree on them; headers are compared by
// HeaderMatcher, which takes * for no more than that one is there, and hosts by HostMatcher, without regard to case).
func matchPattern(pattern, s string) bool { return symbolic.MatchPattern(pattern, s) }

const (
	oneSegment  = symbolic.OneSegment
	anySegments = symbolic.AnySegments
)

// isTemplate: a path that holds {*} or {**} is an Envoy URI template and not a pattern (pkg/config/security ContainsPathTemplate).
func isTemplate(path string) bool {
	return strings.Contains(path, oneSegment) || strings.Contains(path, anySegments)
}

// badTemplate says why Istio refuses a path, "" where it does not (security.CheckValidPathTemplate).
func badTemplate(path string) string {
	operators := isTemplate(path)
	anySeen := false
	for glob := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		switch {
		case glob == oneSegment || glob == anySegments:
			if anySeen {
				return "{**} must be the last operator"
			}
			anySeen = glob == anySegments
		case strings.ContainsAny(glob, "{}"):
			return "a brace is only allowed in {*} and {**}"
		case operators && (glob == "" || !symbolic.PlainSegment(glob)):
			return "in a path with {*} or {**}, every other segment must be plain path characters"
		}
	}
	if operators && !strings.HasPrefix(path, "/") {
		return "a template must begin with a slash" // Envoy uri_template rejects it
	}
	return ""
}
