package access

import "strings"

// verdict3 is what can be said of one condition. Its order makes "and" the minimum and "or" the maximum.
type verdict3 uint8

const (
	no    verdict3 = iota
	maybe          // depends on what the manifests or the request do not say
	yes
)

func not(v verdict3) verdict3 { return yes - v }

func is(b bool) verdict3 {
	if b {
		return yes
	}
	return no
}

// value is one attribute of a request: a header, a claim, the path.
type value struct {
	s     string
	state presence
}

type presence uint8

const (
	absent  presence = iota
	known            // s is the value
	some             // there is a value, and nobody can say which
	perhaps          // not even that
	element          // s is one of a list of values
)

func knownValue(s string) value { return value{s, known} }

// matches tries a value pattern of Istio: `*` (present and not empty), `abc*`, `*abc`, or the exact text. A star in the middle is a
// letter like others (authz/matcher.StringMatcherWithPrefix and ambient stringToMatch agree on this).
func (v value) matches(pattern string) verdict3 {
	switch v.state {
	case known, element:
		return is(matchPattern(pattern, v.s))
	case some:
		if pattern == "*" {
			return yes
		}
		return maybe
	case perhaps:
		return maybe
	}
	return no
}

// matchesHeader is matches for headers, of which `*` asks no more than that they are there: one that is empty is there too
// (authz/matcher.HeaderMatcher makes it a PresentMatch, not the .+ of StringMatcher).
func (v value) matchesHeader(pattern string) verdict3 {
	if pattern == "*" && v.state == known {
		return yes
	}
	return v.matches(pattern)
}

// matchesHost is matchesHeader without regard to case (authz/matcher.HostMatcher).
func (v value) matchesHost(pattern string) verdict3 {
	v.s = strings.ToLower(v.s)
	return v.matchesHeader(strings.ToLower(pattern))
}

func matchPattern(pattern, s string) bool {
	switch {
	case pattern == "*":
		return s != ""
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(s, pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(s, pattern[:len(pattern)-1])
	}
	return s == pattern
}

// matchStars tries a pattern in which every star stands for any run of characters. Linear in the text for each literal.
func matchStars(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return s == pattern
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

const (
	oneSegment  = "{*}"
	anySegments = "{**}"
)

// isTemplate: a path that holds {*} or {**} is an Envoy URI template and not a pattern (pkg/config/security ContainsPathTemplate).
func isTemplate(path string) bool {
	return strings.Contains(path, oneSegment) || strings.Contains(path, anySegments)
}

// matchTemplate tries a path template: {*} is one path segment, not empty, and {**} any number of characters and slashes, none included
// (Envoy uri_template: both take only pchar). {**} is the last operator (security.CheckValidPathTemplate), text may follow it.
func matchTemplate(template, path string) bool {
	for template != "" {
		switch {
		case strings.HasPrefix(template, anySegments):
			rest := template[len(anySegments):]
			return len(path) >= len(rest) && strings.HasSuffix(path, rest) && pchars(path[:len(path)-len(rest)], true) == len(path)-len(rest)
		case strings.HasPrefix(template, oneSegment):
			n := pchars(path, false)
			if n == 0 {
				return false
			}
			template, path = template[len(oneSegment):], path[n:]
		case path == "" || template[0] != path[0]:
			return false
		default:
			template, path = template[1:], path[1:]
		}
	}
	return path == ""
}

// pchars counts the leading characters of s that a template operator takes.
func pchars(s string, slashes bool) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~%!$&'()+,;:@=", c) >= 0:
		case c == '/' && slashes:
		default:
			return i
		}
	}
	return len(s)
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
		case operators && (glob == "" || pchars(glob, false) != len(glob)):
			return "a segment beside {*} or {**} must be plain path characters"
		}
	}
	if operators && !strings.HasPrefix(path, "/") {
		return "a template must begin with a slash" // Envoy uri_template rejects it
	}
	return ""
}
