package access

import (
	"fmt"
	"slices"
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

func (w *World) readAuthentication(m meta, n *yaml.Node) error {
	s := w.space(m.namespace)
	a := &authentication{namespace: s.name, name: m.name}
	spec := field(n, "spec")
	if err := a.attach(spec); err != nil {
		a.bad = "spec" + err.Error()
	}
	rules := field(spec, "jwtRules")
	if rules != nil && rules.Kind != yaml.SequenceNode {
		a.bad = "spec.jwtRules: must be a list"
	}
	for i, r := range list(rules) {
		rule, err := parseJWTRule(deref(r))
		if err != nil {
			a.bad = fmt.Sprintf("spec.jwtRules[%d]%s", i, err)
		}
		a.rules = append(a.rules, rule)
	}
	s.authentications = append(s.authentications, a)
	return nil
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

// jwtSpaces are the namespaces whose rules a gateway or waypoint has, its own first: of two rules for one issuer the first one is tried first
// (Istio 1.31: model getConfigsForWorkload).
func (w *World) jwtSpaces(g *gateway, svc *service) []string {
	spaces := w.gatewaySpaces(g, svc)
	if len(spaces) > 1 && spaces[1] == g.namespace {
		spaces[0], spaces[1] = spaces[1], spaces[0]
	}
	return spaces
}

func (w *World) gatewayJWT(g *gateway) ([]*jwtRule, string) {
	return w.jwtRules(w.jwtSpaces(g, nil), func(a *authentication) bool { return a.onGateway(a.namespace, g) })
}

func (w *World) waypointJWT(g *gateway, svc *service) ([]*jwtRule, string) {
	return w.jwtRules(w.jwtSpaces(g, svc), func(a *authentication) bool { return a.onWaypoint(w, a.namespace, g, svc) })
}

// token is what a client shows: claims in the place where the rule of its issuer looks.
type token struct {
	issuer    string
	audiences []string
	claims    claims
	at        location // no header: a parameter or a cookie
	dropped   bool     // the ingress does not forward it
	assumed   bool     // its rule at the ingress is not in the manifests
	// anyAudience: nobody knows its audiences, so a rule that asks for some may accept it.
	anyAudience bool
}

// authenticate is Envoy's jwt_authn as Istio sets it up (authn convertToEnvoyJwtConfig): a CORS preflight skips it altogether; no token
// passes; a token must satisfy one rule, else 401; the satisfied rule's claims become headers and the verified claims. The rules are tried
// in turn until one accepts, and each that is tried first takes off the headers that it writes (jwt_authn verifier.cc), also when no token
// is there. It returns why a request is refused, "" where it is not.
func (a *attributes) authenticate(rules []*jwtRule, t *token) (refused string) {
	a.claims, a.forwarded = nil, true
	if len(rules) == 0 || a.preflight() {
		return ""
	}
	for _, r := range rules {
		a.strip(r)
		switch {
		case t == nil || !r.finds(t):
		case r.issuer != "" && r.issuer != t.issuer:
			refused = or(refused, "401: no rule accepts the issuer "+t.issuer)
		case !t.anyAudience && !r.takes(t.audiences):
			refused = "403: the token's audience " + quoteNone(strings.Join(t.audiences, ", ")) + " is not one of " + strings.Join(r.audiences, ", ")
		default:
			a.accept(r, t)
			return ""
		}
	}
	return or(refused, a.foreignToken(rules, t))
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
	if v.state != absent || a.anyHeader {
		a.headers = append(a.headers, namedValue{name, v})
	}
}

// foreignToken: a bearer token that the case made up is none that an issuer signed.
func (a *attributes) foreignToken(rules []*jwtRule, shown *token) string {
	for _, r := range rules {
		for _, l := range r.locations {
			if shown != nil && l.header == shown.at.header {
				continue
			}
			if v := find(a.headers, l.header); v.state == known && v.s != "" && strings.Contains(v.s, l.prefix) {
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
