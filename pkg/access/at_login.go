package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// passesAuthorizer has a session pass the authorizer that is asked about it, which is assumed, and has that write its headers. asked is false
// where none is asked.
func (t *trip) passesAuthorizer(point Point, a authorization, rules []*jwtRule) (asked, over bool) {
	switch a.asked {
	case no:
		return false, false
	case maybe:
		if t.choose(point, 2, "whether "+a.by+" asks the authorizer about a session is not known") == 1 {
			return false, false
		}
	}
	t.assume("the authorizer " + a.provider + " lets a session pass")
	p, stated := t.w.mesh.providers[a.provider]
	if !stated {
		return true, false
	}
	if !namesHeader(p.shown, "cookie") {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(point, "the authorizer "+a.provider+
			" is not shown the cookie of a session: includeRequestHeadersInCheck does not name it")})
		return true, true
	}
	t.at.letWrite(p.sends)
	if header := t.w.userHeader(rules); namesHeader(p.sends, header) {
		t.assume("the authorizer " + a.provider + " sets the header " + header + " to the user of a session")
		t.at.setHeader(header, t.user())
	}
	return true, false
}

// letWrite: nobody knows what headers of these names are from here on.
func (a *attributes) letWrite(patterns []string) {
	a.writable = append(a.writable[:len(a.writable):len(a.writable)], patterns...)
	for i, h := range a.headers {
		if namesHeader(patterns, h.name) {
			a.headers = slices.Clone(a.headers)
			a.headers[i].value = symbolic.In(perhaps)
		}
	}
}

// login gives a session its token, where an authorizer adds one: a browser has no more than its cookie. A path that no CUSTOM policy matches is
// exempt from login. Where no policy asks for a login at all, one that the manifests lack is assumed.
func (t *trip) login(g *gateway, rules []*jwtRule, policies []*policy, a authorization, session *token) (over bool) {
	point := g.point()
	asked, over := t.passesAuthorizer(point, a, rules)
	if over {
		return true
	}
	p, stated := t.w.mesh.providers[a.provider]
	switch {
	case session.of != nil && session.of.onlyCookies(): // the browser holds the token itself
	case asked && stated && !p.addsTokenOf(session.of):
		return false
	case asked && session.assumed:
		session = t.issuedBy(g, rules, session)
	case asked:
	case slices.ContainsFunc(policies, func(p *policy) bool { return p.action == custom }):
		return false
	case t.w.mesh.authorizes() && t.choose(point, 2, "no CUSTOM policy there asks for a login, so whether a session has a token is not known") == 1:
		return false
	default:
		t.assume("a login before Gateway " + g.id() + ", which gives a session its token")
	}
	if session.assumed {
		t.assume("the session's issuer, which copies the claim email to the header " + t.w.userHeader(rules))
	}
	t.shown = session
	t.carry(rules)
	return false
}

// addsTokenOf: the provider may set a header in which the rule of a session looks for its token.
func (p provider) addsTokenOf(r *jwtRule) bool {
	if r == nil {
		return namesHeader(p.sends, bearer.header)
	}
	return slices.ContainsFunc(r.locations, func(l location) bool { return namesHeader(p.sends, l.header) })
}

// issuedBy: the login is in the manifests and no rule copies the claim email. That rule may be lacking, or the token is of an issuer that no rule
// takes, or of one whose rule writes no header.
func (t *trip) issuedBy(g *gateway, rules []*jwtRule, session *token) *token {
	others := slices.DeleteFunc(slices.Clone(rules), func(r *jwtRule) bool { return r.issuer == "" || isClusterIssuer(r.issuer) })
	i := t.choose(g.point(), 2+len(others), "no rule of a RequestAuthentication there copies the claim email, so whether it takes a session's token is not known")
	if i == 0 {
		return session
	}
	out := *session
	if out.assumed = false; i > 1 {
		r := others[i-2]
		out.issuer, out.audiences, out.of = r.issuer, r.audiences[:min(len(r.audiences), 1)], r
		out.claims = slices.DeleteFunc(slices.Clone(out.claims), func(c namedValue) bool { return c.name == "iss" || c.name == "aud" })
		out.claims = append(append(out.claims, namedValue{"iss", knownValue(r.issuer)}), audienceClaim(out.audiences)...)
	}
	return &out
}
