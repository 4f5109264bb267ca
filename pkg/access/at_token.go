package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// token is what a client shows: claims in the place where the rule of its issuer looks.
type token struct {
	issuer    string
	audiences []string
	claims    claims
	at        location // no header: a parameter or a cookie
	dropped   bool     // the ingress does not forward it
	assumed   bool     // its rule at the ingress is not in the manifests
	of        *jwtRule // the rule that it was made for, if any
	// anyAudience: nobody knows its audiences, so a rule that asks for some may accept it.
	anyAudience bool
}

// refusal is Envoy's answer to a token that it does not accept; status 0: none.
type refusal struct {
	status int
	reason string
}

func (r refusal) ruling(point Point) ruling {
	return ruling{outcome: Deny, Step: stepAt(point, strconv.Itoa(r.status)+": "+r.reason), refusal: r}
}

// authenticate is Envoy's jwt_authn as Istio sets it up (authn convertToEnvoyJwtConfig): a CORS preflight skips it altogether; no token
// passes; a token must satisfy one rule, else 401; the satisfied rule's claims become headers and the verified claims. The rules are tried
// in turn until one accepts, and each that is tried first takes off the headers that it writes (jwt_authn verifier.cc), also when no token
// is there. It returns why a request is refused.
func (a *attributes) authenticate(rules []*jwtRule, t *token) (refused refusal) {
	a.claims, a.forwarded = nil, true
	if len(rules) == 0 || a.preflight() {
		return refusal{}
	}
	for _, r := range rules {
		a.strip(r)
		switch {
		case t == nil || !r.finds(t):
		case r.issuer != "" && r.issuer != t.issuer:
			refused = cmp.Or(refused, refusal{401, "no rule accepts the issuer " + t.issuer})
		case !t.anyAudience && !r.takes(t.audiences):
			refused = refusal{403, "the token's audience " + quoteNone(strings.Join(t.audiences, ", ")) + " is not one of " + strings.Join(r.audiences, ", ")}
		default:
			a.accept(r, t)
			return refusal{}
		}
	}
	return cmp.Or(refused, a.foreignToken(rules, t))
}

// strip takes off what only the rule may write.
func (a *attributes) strip(r *jwtRule) {
	for _, c := range r.copies {
		a.setHeader(c.header, value{})
	}
	if r.payload != "" {
		a.setHeader(r.payload, value{})
	}
}

// accept writes what a token says.
func (a *attributes) accept(r *jwtRule, t *token) {
	a.claims, a.forwarded = t.claims, r.forward
	for _, l := range r.locations {
		if !r.forward {
			a.headers = a.headers.without(l.header)
		}
	}
	for _, c := range r.copies {
		name := strings.ReplaceAll(c.claim, ".", "\x00")
		switch v := a.claim(name); {
		case v.state == element, a.claims.hold(name): // written as base64 JSON (jwt_authn authenticator.cc addJWTClaimToHeader)
			a.setHeader(c.header, value{state: some})
		case v.state != absent && v != knownValue(""):
			a.setHeader(c.header, v)
		}
	}
	if r.payload != "" {
		a.setHeader(r.payload, value{state: some})
	}
}

// hold reports whether a claim is a mapping.
func (c claims) hold(name string) bool {
	return slices.ContainsFunc(c, func(v namedValue) bool { return strings.HasPrefix(v.name, name+"\x00") })
}

// setHeader replaces a header. One that is gone for sure is kept as absent where the client may send any.
func (a *attributes) setHeader(name string, v value) {
	a.headers = a.headers.without(name)
	if v.state != absent || a.mayHave(name) {
		a.headers = append(a.headers, namedValue{name, v})
	}
}

// foreignToken: a bearer token that the case made up is none that an issuer signed.
func (a *attributes) foreignToken(rules []*jwtRule, shown *token) refusal {
	for _, r := range rules {
		for _, l := range r.locations {
			if shown != nil && l.header == shown.at.header {
				continue
			}
			if v := find(a.headers, l.header); v.state == known && v.s != "" && strings.Contains(v.s, l.prefix) {
				return refusal{401, "the token in the header " + l.header + " is of no issuer"}
			}
		}
	}
	return refusal{}
}

// preflight: OPTIONS with Origin and Access-Control-Request-Method (Envoy jwt_authn bypass_cors_preflight, which Istio sets).
func (a *attributes) preflight() bool {
	return a.method.state == known && a.method.s == "OPTIONS" && find(a.headers, "origin").s != "" &&
		find(a.headers, "access-control-request-method").s != ""
}

func (h headers) without(name string) headers {
	out := make(headers, 0, len(h)+1)
	for _, v := range h {
		if v.name != name {
			out = append(out, v)
		}
	}
	return out
}

func contains(l []string, s string) bool {
	for _, e := range l {
		if e == s {
			return true
		}
	}
	return false
}

func quoteNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

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
