package access

import (
	"strconv"
	"strings"
)

// ownerRemedy says what lets the owner in, by the point that denies: the gateway, the waypoint or ztunnel.
func (a *selfCheck) ownerRemedy(t *Tenant, s *space, g *gateway, through bool, tok *token, out ruling) string {
	point := out.Point.Kind
	const label = `label the namespace istio.io/ingress-use-waypoint: "true"`
	narrow := "narrow " + out.rule()
	if from := a.copyOf["AuthorizationPolicy "+out.Policy]; from != "" {
		narrow = "narrow the rule in " + from + ", from which " + out.Policy + " is copied"
	}
	switch {
	case out.Policy == "": // a token that the waypoint does not accept
		if tok == nil || out.refusal.status != 401 {
			return "correct the jwtRules at the waypoint, or turn on waypoint.verifyTokens"
		}
		return "add " + tok.issuer + " to the jwtRules of a RequestAuthentication at the waypoint, or turn on waypoint.verifyTokens"
	case point == AtZtunnel && !through && g != nil && out.Rule >= 0:
		return label + ", or " + narrow
	case out.Rule >= 0 && point == AtWaypoint && a.w.asksForToken(out):
		return "have the ingress forward the login's token and a RequestAuthentication at the waypoint accept it, or " + narrow
	case out.Rule >= 0:
		return narrow
	case point == AtGateway:
		return "add an AuthorizationPolicy to " + a.ingress.namespace + " with targetRefs to the Gateway " + a.ingress.name + " and rules: [{}]"
	case point == AtWaypoint:
		return "allow the header value " + t.Owner + " at the waypoint " + g.id()
	case through:
		return "allow the principal " + a.w.identity(g.namespace, g.account).principal() + " by an AuthorizationPolicy in " + s.name + " without targetRefs"
	case g != nil:
		return label
	}
	return "label the namespace istio.io/use-waypoint and istio.io/ingress-use-waypoint: \"true\""
}

// rule names the rule that decided, as its policy has it.
func (r ruling) rule() string {
	return "rules[" + strconv.Itoa(r.Rule) + "] of AuthorizationPolicy " + r.Policy
}

// because names what denied a request.
func (r ruling) because() string {
	switch {
	case r.Policy != "" && r.Rule >= 0:
		return r.rule()
	case r.Policy != "":
		return r.Why + ", see AuthorizationPolicy " + r.Policy
	case r.refusal.status != 0:
		return strconv.Itoa(r.refusal.status) + ", " + r.refusal.reason
	}
	return r.Why
}

// asksForToken reports whether the rule that decided compares what a RequestAuthentication has read from a token.
func (w *World) asksForToken(r ruling) bool {
	namespace, name, _ := strings.Cut(r.Policy, "/")
	for _, p := range w.look(namespace).policies {
		if p.name != name || r.Rule >= len(p.rules) {
			continue
		}
		rule := &p.rules[r.Rule]
		for _, entry := range append(rule.from[:len(rule.from):len(rule.from)], rule.when) {
			for _, c := range entry {
				switch c.attribute {
				case requestPrincipal, audience, presenter, claim:
					return true
				}
			}
		}
	}
	return false
}
