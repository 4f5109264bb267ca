package access

import (
	"slices"
	"strings"
)

// forward has a route's rule change the request, and looks at what becomes of the client's token: it is gone where the rule takes its
// header off or sets another value. A value that is added comes behind it, and the first token is the one that counts (Envoy jwt_authn
// extractor.cc extractJWT).
func (t *trip) forward(c *candidate) {
	var before value
	if t.shown != nil {
		before = find(t.at.headers, t.shown.at.header)
	}
	c.forward(&t.at)
	for _, f := range c.rule.filters {
		for _, v := range slices.Concat(f.set, f.add) {
			t.written = append(t.written, v.name)
		}
	}
	if t.shown == nil || t.shown.at.header == "" {
		return
	}
	if after := find(t.at.headers, t.shown.at.header); after != before && !strings.HasPrefix(after.s, before.s+",") {
		t.shown = nil
	}
}

// writtenToken names a header that a route has set and that holds a token where a rule looks: its issuer and claims are not known.
func (t *trip) writtenToken(rules []*jwtRule) string {
	if t.shown != nil || len(t.written) == 0 {
		return ""
	}
	for _, r := range rules {
		for _, l := range r.locations {
			if v := find(t.at.headers, l.header); contains(t.written, l.header) && strings.Contains(v.s, l.prefix) && strings.Count(v.s, ".") >= 2 {
				return l.header
			}
		}
	}
	return ""
}
