package access

import (
	"fmt"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// authentication is one RequestAuthentication.
type authentication struct {
	namespace, name string
	attachment
	rules []jwtRule
	bad   string
}

// jwtRule is one issuer: who may be in the audience, where the token is, and which claims become headers.
type jwtRule struct {
	issuer    string
	audiences []string
	copies    []claimHeader
	locations []location // headers; empty: Authorization, Bearer
	elsewhere bool       // from parameters or cookies, and from no header
	forward   bool       // the token stays on the request
}

type claimHeader struct{ claim, header string }
type location struct{ header, prefix string }

func (w *World) readAuthentication(m meta, n *yaml.Node) error {
	s := w.space(m.namespace)
	a := &authentication{namespace: s.name, name: m.name}
	spec := field(n, "spec")
	for _, key := range attachmentFields {
		if err := a.attachment.parse(key, field(spec, key)); err != nil {
			a.bad = "spec" + err.Error()
		}
	}
	for i, r := range list(field(spec, "jwtRules")) {
		rule, err := parseJWTRule(deref(r))
		if err != nil {
			a.bad = fmt.Sprintf("spec.jwtRules[%d].%s", i, err)
		}
		a.rules = append(a.rules, rule)
	}
	s.authentications = append(s.authentications, a)
	return nil
}

func parseJWTRule(n *yaml.Node) (r jwtRule, err error) {
	if r.issuer, err = text(field(n, "issuer")); err != nil {
		return r, fmt.Errorf("issuer: %w", err)
	}
	if r.audiences, err = texts(field(n, "audiences")); err != nil {
		return r, fmt.Errorf("audiences: %w", err)
	}
	for _, c := range list(field(n, "outputClaimToHeaders")) {
		r.copies = append(r.copies, claimHeader{textOf(field(c, "claim")), strings.ToLower(textOf(field(c, "header")))})
	}
	for _, h := range list(field(n, "fromHeaders")) {
		r.locations = append(r.locations, location{strings.ToLower(textOf(field(h, "name"))), textOf(field(h, "prefix"))})
	}
	r.forward = boolean(field(n, "forwardOriginalToken"))
	r.elsewhere = len(r.locations) == 0 && len(list(field(n, "fromParams")))+len(list(field(n, "fromCookies"))) > 0
	if len(r.locations) == 0 && !r.elsewhere {
		r.locations = []location{{"authorization", "Bearer "}} // Envoy's default
	}
	return r, nil
}

// copy gives the header that a claim is copied to, "" for none.
func (r *jwtRule) copy(claim string) string {
	for _, c := range r.copies {
		if c.claim == claim {
			return c.header
		}
	}
	return ""
}

// jwtRules are the rules of all RequestAuthentications at a point, by issuer (authn newPolicyApplier). doubt: one of them is unusable.
func (w *World) jwtRules(spaces []string, applies func(*authentication) bool) (rules []*jwtRule, doubt string) {
	for _, ns := range spaces {
		for _, a := range w.look(ns).authentications {
			if !applies(a) {
				continue
			}
			if a.bad != "" {
				doubt = "RequestAuthentication " + join(a.namespace, a.name) + ": " + a.bad
			}
			for i := range a.rules {
				rules = append(rules, &a.rules[i])
			}
		}
	}
	sort.SliceStable(rules, func(i, j int) bool { return rules[i].issuer < rules[j].issuer })
	return rules, doubt
}

func (w *World) gatewayJWT(g *gateway) ([]*jwtRule, string) {
	return w.jwtRules(w.gatewaySpaces(g, nil), func(a *authentication) bool { return a.onGateway(a.namespace, g) })
}

func (w *World) waypointJWT(g *gateway, svc *service) ([]*jwtRule, string) {
	return w.jwtRules(w.gatewaySpaces(g, svc), func(a *authentication) bool { return a.onWaypoint(w, a.namespace, g, svc) })
}

// token is what a client shows: claims in the place where the rule of its issuer looks.
type token struct {
	issuer   string
	audience string // "": none
	claims   claims
}

// authenticate is Envoy's jwt_authn as Istio sets it up (authn convertToEnvoyJwtConfig): a CORS preflight skips it altogether; every header
// that a claim is copied to is taken off the request first; no token passes; a token must satisfy one rule, else 401; the satisfied rule's
// claims become headers and the verified claims. It returns why a request is refused, "" where it is not.
func (a *attributes) authenticate(rules []*jwtRule, t *token) (refused string) {
	a.claims, a.forwarded = nil, true
	if len(rules) == 0 || a.preflight() {
		return ""
	}
	for _, r := range rules {
		for _, c := range r.copies {
			a.headers = a.headers.without(c.header)
			if a.anyHeader { // stripped for sure, so the client cannot send it
				a.headers = append(a.headers, namedValue{c.header, value{}})
			}
		}
	}
	if t == nil {
		return a.foreignToken(rules)
	}
	refused = "401: no rule accepts the issuer " + t.issuer
	for _, r := range rules {
		if r.issuer != "" && r.issuer != t.issuer {
			continue
		}
		if len(r.audiences) > 0 && !contains(r.audiences, t.audience) {
			refused = "403: the token's audience " + quoteNone(t.audience) + " is not one of " + strings.Join(r.audiences, ", ")
			continue
		}
		a.claims = t.claims
		a.forwarded = r.forward
		for _, l := range r.locations {
			if !r.forward {
				a.headers = a.headers.without(l.header)
			}
		}
		for _, c := range r.copies {
			if v := a.claim(strings.ReplaceAll(c.claim, ".", "\x00")); v.state != absent {
				a.headers = append(a.headers.without(c.header), namedValue{c.header, v})
			}
		}
		return ""
	}
	return refused
}

// foreignToken: a bearer token that the case made up is none that an issuer signed.
func (a *attributes) foreignToken(rules []*jwtRule) string {
	for _, r := range rules {
		for _, l := range r.locations {
			if v := find(a.headers, l.header); v.state == known && v.s != "" && strings.HasPrefix(v.s, l.prefix) {
				return "401: the token in the header " + l.header + " is of no issuer"
			}
		}
	}
	return ""
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
