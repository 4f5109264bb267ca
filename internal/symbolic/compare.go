package symbolic

import "strings"

// MatchPattern tries a value pattern of Istio: `*` (not empty), `abc*`, `*abc`, or the exact text. A star in the middle is a letter like
// others (authz/matcher.StringMatcherWithPrefix and ambient stringToMatch agree on this).
func MatchPattern(pattern, s string) bool {
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

// MatchStars tries a pattern in which every star matches any run of characters. For each literal it is linear in the text.
func MatchStars(pattern, s string) bool {
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

// The operators of a path template.
const (
	OneSegment  = "{*}"
	AnySegments = "{**}"
)

// MatchTemplate tries a path template: {*} is one path segment, not empty, and {**} any number of characters and slashes, none included
// (Envoy uri_template: both take only pchar). {**} is the last operator (security.CheckValidPathTemplate), text may follow it.
func MatchTemplate(template, path string) bool {
	for template != "" {
		switch {
		case strings.HasPrefix(template, AnySegments):
			rest := template[len(AnySegments):]
			return len(path) >= len(rest) && strings.HasSuffix(path, rest) && pchars(path[:len(path)-len(rest)], true) == len(path)-len(rest)
		case strings.HasPrefix(template, OneSegment):
			n := pchars(path, false)
			if n == 0 {
				return false
			}
			template, path = template[len(OneSegment):], path[n:]
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

// under reports whether a path is a prefix of whole segments, or below it (Envoy path_separated_prefix).
func under(prefix, path string) bool {
	return prefix == "/" || path == prefix || len(path) > len(prefix) && path[len(prefix)] == '/' && strings.HasPrefix(path, prefix)
}

// PlainSegment reports whether all of a path's segment is characters that a template operator takes.
func PlainSegment(s string) bool { return pchars(s, false) == len(s) }

// SameAudience reports whether two audiences are one except for the scheme and one trailing slash (Envoy check_audience.cc sanitizeAudience). An empty
// one is none.
func SameAudience(a, of string) bool { return of != "" && bareAudience(a) == bareAudience(of) }

func bareAudience(s string) string {
	if rest, ok := strings.CutPrefix(s, "http://"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "https://")
	}
	return strings.TrimSuffix(s, "/")
}

// matchWord tries a value pattern on each word of a text.
func matchWord(pattern, s string) bool {
	for word := range strings.SplitSeq(s, " ") {
		if word != "" && MatchPattern(pattern, word) {
			return true
		}
	}
	return false
}
