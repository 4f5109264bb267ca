package access

import (
	"maps"
	"slices"
	"strings"
)

// session gives the token that the client of a case shows, nil for none. A user's is of the rule that copies the claim email, a Kubernetes
// token of the one that copies sub; its audience is as the case says, a user's is always the right one.
func (t *trip) session(rules []*jwtRule, policies []*policy) *token {
	switch {
	case t.req.From.User != "":
		return t.userToken(rules, policies)
	case t.req.From.Token != "":
		return t.kubernetesToken(rules)
	case t.req.From.JWT != nil:
		return t.req.From.JWT.token()
	}
	return nil
}

// token: a claim that is not given is not there.
func (j *JWT) token() *token {
	tok := &token{issuer: j.Issuer, audiences: j.Audiences}
	tok.claims = claims{{"iss", knownValue(j.Issuer)}}
	if j.Subject != "" {
		tok.claims = append(tok.claims, namedValue{"sub", knownValue(j.Subject)})
	}
	tok.claims = append(tok.claims, audienceClaim(j.Audiences)...)
	tok.claims.add("", j.Claims)
	return tok
}

// audienceClaim: one audience is a text, several are a list (RFC 7519 4.1.3).
func audienceClaim(audiences []string) claims {
	if len(audiences) == 1 {
		return claims{{"aud", knownValue(audiences[0])}}
	}
	var out claims
	for _, a := range audiences {
		out = append(out, namedValue{"aud", value{a, element}})
	}
	return out
}

func (c *claims) add(prefix string, of map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		switch v := of[name].(type) {
		case string:
			*c = append(*c, namedValue{prefix + name, knownValue(v)})
		case []string:
			for _, s := range v {
				*c = append(*c, namedValue{prefix + name, value{s, element}})
			}
		case map[string]any:
			c.add(prefix+name+"\x00", v)
		}
	}
}

const assumedIssuer = "https://issuer.assumed"

func (t *trip) userToken(rules []*jwtRule, policies []*policy) *token {
	tok := &token{issuer: issuerWithoutRule(rules, policies), assumed: true}
	for _, r := range rules {
		if r.copy("email") != "" {
			tok.issuer, tok.assumed = r.issuer, false
			tok.audiences = r.audiences[:min(len(r.audiences), 1)]
			break
		}
	}
	if tok.assumed {
		t.assume("the session's issuer, which copies the claim email to the header " + t.w.userHeader(rules))
	}
	tok.claims = claims{
		{"iss", knownValue(tok.issuer)}, {"sub", value{state: some}}, {"email", knownValue(t.req.From.User)}, {"*", value{state: perhaps}},
	}
	tok.claims = append(tok.claims, audienceClaim(tok.audiences)...)
	return tok
}

// issuerWithoutRule is the issuer of an assumed session: one whose tokens a DENY policy there exempts and for which no rule is in the
// manifests, so that the login that has the rule is elsewhere.
func issuerWithoutRule(rules []*jwtRule, policies []*policy) string {
	for _, p := range policies {
		for i := range p.rules {
			for _, c := range p.rules[i].when {
				if p.action != deny || c.attribute != claim || c.key != "iss" {
					continue
				}
				for _, issuer := range c.notValues {
					if !strings.Contains(issuer, "*") && !slices.ContainsFunc(rules, func(r *jwtRule) bool { return r.issuer == issuer }) {
						return issuer
					}
				}
			}
		}
	}
	return assumedIssuer
}

func (t *trip) kubernetesToken(rules []*jwtRule) *token {
	ns, account, _ := splitAccount(t.req.From.Token)
	if !t.w.look(ns).hasAccount(account) {
		t.assume("ServiceAccount " + t.req.From.Token)
	}
	tok := &token{issuer: "https://kubernetes.default.svc.cluster.local"}
	if a := t.req.From.Audience; a != "" {
		tok.audiences = []string{a}
	}
	found := false
	for _, r := range rules {
		// A rule that copies email too is the session's.
		if r.copy("sub") != "" && r.copy("email") == "" && !found {
			tok.issuer, found = r.issuer, true
		}
	}
	tok.claims = claims{
		{"iss", knownValue(tok.issuer)}, {"sub", knownValue("system:serviceaccount:" + ns + ":" + account)},
		{"kubernetes.io\x00namespace", knownValue(ns)}, {"kubernetes.io\x00serviceaccount\x00name", knownValue(account)},
		{"jti", value{state: some}},
	}
	tok.claims = append(tok.claims, audienceClaim(tok.audiences)...)
	return tok
}

// carry puts the token on the request, where the rule of its issuer looks for it.
func (t *trip) carry(rules []*jwtRule) {
	t.shown.at = location{"authorization", "Bearer "}
	for _, r := range rules {
		if r.issuer == t.shown.issuer {
			if len(r.locations) == 0 {
				t.shown.at = location{}
				return // a parameter or cookie
			}
			t.shown.at = r.locations[0]
			break
		}
	}
	at := t.shown.at
	t.at.headers = append(t.at.headers.without(at.header), namedValue{at.header, knownValue(at.prefix + "token")})
}

// withAssumed adds the rule of a session's issuer that the manifests lack.
func (t *trip) withAssumed(rules []*jwtRule) []*jwtRule {
	if t.shown == nil || !t.shown.assumed {
		return rules
	}
	return append(rules[:len(rules):len(rules)], &jwtRule{
		issuer: t.shown.issuer, forward: true, copies: []claimHeader{{"email", t.w.userHeader(rules)}}, locations: []location{{"authorization", "Bearer "}},
	})
}

// userHeader is the header that carries the user: the one another rule copies sub to, else the one that most policies compare.
func (w *World) userHeader(rules []*jwtRule) string {
	for _, r := range rules {
		if h := r.copy("sub"); h != "" {
			return h
		}
	}
	w.onceHeader.Do(func() { w.madeUpHeader = w.commonHeader() })
	return w.madeUpHeader
}

func (w *World) commonHeader() string {
	votes, best := map[string]int{}, usualUserHeader
	for _, ns := range w.names {
		for _, p := range w.namespaces[ns].policies {
			for i := range p.rules {
				for _, c := range p.rules[i].when {
					if c.attribute == header && !strings.HasPrefix(c.key, ":") && c.key != "authorization" {
						votes[c.key]++
						if votes[c.key] > votes[best] || votes[c.key] == votes[best] && c.key < best {
							best = c.key
						}
					}
				}
			}
		}
	}
	return best
}
