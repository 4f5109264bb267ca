package access

import "strings"

// takes: one of the rule's audiences is one of the token's, without regard to the scheme and one trailing slash (Envoy check_audience.cc
// sanitizeAudience). A rule without audiences takes any token.
func (r *jwtRule) takes(audiences []string) bool {
	for _, a := range r.audiences {
		for _, of := range audiences {
			if of != "" && bareAudience(a) == bareAudience(of) {
				return true
			}
		}
	}
	return len(r.audiences) == 0
}

// finds: the rule looks where the token is. A prefix may stand anywhere in the header's value (Envoy jwt_authn extractor.cc).
func (r *jwtRule) finds(t *token) bool {
	if t.at.header == "" {
		return r.elsewhere
	}
	for _, l := range r.locations {
		if l.header == t.at.header && strings.Contains(t.at.prefix+"token", l.prefix) {
			return true
		}
	}
	return false
}

func bareAudience(s string) string {
	if rest, ok := strings.CutPrefix(s, "http://"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "https://")
	}
	return strings.TrimSuffix(s, "/")
}
