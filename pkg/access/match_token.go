package access

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// takes: one of the rule's audiences is one of the token's, without regard to the scheme and one trailing slash (Envoy check_audience.cc
// sanitizeAudience). A rule without audiences takes any token.
func (r *jwtRule) takes(t *token) bool {
	for _, a := range r.audiences {
		if t.audience.Varies() {
			if t.audience.IsAudience(a) {
				return true
			}
			continue
		}
		for _, of := range t.audiences {
			if symbolic.SameAudience(a, of) {
				return true
			}
		}
	}
	return len(r.audiences) == 0
}

// finds: the rule looks where the token is, and reads the token and no more there.
func (r *jwtRule) finds(t *token) bool {
	if t.at.header == "" {
		return contains(r.params, strings.TrimPrefix(t.in, inParam)) || contains(r.cookies, strings.TrimPrefix(t.in, inCookie))
	}
	for _, l := range r.locations {
		if s, found := l.read(t.at.prefix + "token"); l.header == t.at.header && found && s == "token" {
			return true
		}
	}
	return false
}

// read is what Envoy takes for the token in a header's value. The prefix may stand anywhere in it, and what no token can begin with is skipped
// (Envoy jwt_authn extractor.cc extractJWT).
func (l location) read(v string) (token string, found bool) {
	i := strings.Index(v, l.prefix)
	switch {
	case l.prefix == "":
		return v, true
	case i < 0:
		return "", false
	}
	rest := v[i+len(l.prefix):]
	for j := range len(rest) {
		if c := rest[j]; symbolic.Unreserved(c) && c != '~' {
			return rest[j:], true
		}
	}
	return v, true
}

// sight is what a rule sees of tokens: the one that the client shows, others, which no issuer has signed, and what nobody knows.
type sight struct{ shown, other, unknown string }

// look has a rule look for tokens in all its places.
func (a *attributes) look(r *jwtRule, t *token) (s sight) {
	if t != nil && r.finds(t) {
		s.shown = t.in
		if t.at.header != "" {
			s.shown = "header " + t.at.header
		}
	}
	for _, l := range r.locations {
		v := a.sent(l.header)
		switch {
		case t != nil && l.header == t.at.header:
			if own, found := l.read(t.at.prefix + "token"); found && own != "token" {
				s.other = "header " + l.header
			}
		case v.State() == known && v.Contains(l.prefix):
			s.other = "header " + l.header
		case v.State() == some || v.State() == perhaps:
			s.unknown = "header " + l.header
		}
	}
	for _, name := range r.params {
		if (t == nil || t.in != inParam+name) && a.hasParameter(name) {
			s.other = inParam + name
		}
	}
	cookie := value{}
	if len(r.cookies) > 0 {
		cookie = a.sent("cookie")
	}
	for _, name := range r.cookies {
		switch {
		case t != nil && t.in == inCookie+name:
		case cookie.State() == known && cookie.Finds(cookieNamed(name)):
			s.other = inCookie + name
		case cookie.State() == perhaps:
			s.unknown = inCookie + name
		}
	}
	return s
}

// hasParameter reports whether the request has a parameter.
func (a *attributes) hasParameter(name string) bool {
	v := a.trace.At(paramAxis+name, symbolic.Point{There: hasParameter(a.query, name)})
	return v.State() != absent
}

// hasParameter: a query holds a parameter, whose name may be escaped (Envoy Utility::QueryParamsMulti parseAndDecodeQueryString).
func hasParameter(query, name string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if s, err := url.PathUnescape(key); err == nil && s == name || key == name {
			return true
		}
	}
	return false
}

// cookies are the expressions of cookieNamed, by the names.
var cookies sync.Map

// cookieNamed finds a cookie in the header cookie.
func cookieNamed(name string) *regexp.Regexp {
	if re, ok := cookies.Load(name); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(`(?:^|;)[ \t]*` + regexp.QuoteMeta(name) + `(?:=|[ \t]*(?:;|$))`)
	cookies.Store(name, re)
	return re
}
