package access

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
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
		return t.req.From.JWT.token(t.at.trace)
	}
	return nil
}

// token: a claim that is not given is not there.
func (j *JWT) token(trace *symbolic.Trace) *token {
	tok := &token{issuer: j.Issuer, audiences: j.Audiences, open: trace, given: j.Claims}
	if tok.given == nil {
		tok.given = map[string]any{}
	}
	tok.varies(trace)
	tok.claims = claims{{"iss", knownValue(j.Issuer)}}
	if sub := (symbolic.Point{Text: j.Subject, There: j.Subject != ""}); sub.There || trace != nil {
		tok.claims = append(tok.claims, namedValue{"sub", trace.At(subjectAxis, sub)})
	}
	tok.claims = append(tok.claims, tok.audienceClaim()...)
	return tok
}

// audienceClaim: one audience is a text, several are a list (RFC 7519 4.1.3).
func audienceClaim(audiences []string) claims {
	if len(audiences) == 1 {
		return claims{{"aud", knownValue(audiences[0])}}
	}
	var out claims
	for _, a := range audiences {
		out = append(out, namedValue{"aud", symbolic.ElementOf(a)})
	}
	return out
}

// varies has the audiences of a token be those of the axis.
func (t *token) varies(trace *symbolic.Trace) {
	if trace != nil {
		t.audience = trace.Claim(audienceAxis, audiencePoint(t.audiences))
	}
}

func (t *token) audienceClaim() claims {
	if t.audience.Varies() {
		return claims{{"aud", t.audience}}
	}
	return audienceClaim(t.audiences)
}

// user is the name of the user of a session.
func (t *trip) user() value { return t.at.trace.On(userAxis, t.req.From.User) }

func (c *claims) add(prefix string, of map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		switch v := of[name].(type) {
		case string:
			*c = append(*c, namedValue{prefix + name, knownValue(v)})
		case []string:
			for _, s := range v {
				*c = append(*c, namedValue{prefix + name, symbolic.ElementOf(s)})
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
			tok.issuer, tok.assumed, tok.of = r.issuer, false, r
			tok.audiences = r.audiences[:min(len(r.audiences), 1)]
			break
		}
	}
	tok.claims = claims{{"iss", knownValue(tok.issuer)}, {"email", t.user()}, {"*", symbolic.In(perhaps)}}
	if _, given := t.req.From.Claims["sub"]; !given {
		tok.claims = append(tok.claims, namedValue{"sub", symbolic.In(some)})
	}
	tok.claims.add("", t.req.From.Claims)
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
		t.assumeOfOne("ServiceAccount " + t.req.From.Token)
	}
	tok := &token{issuer: usualClusterIssuer}
	tok.audiences = t.req.From.audiences()
	tok.varies(t.at.trace)
	if r := t.clusterRule(rules); r != nil {
		tok.issuer, tok.of = r.issuer, r
	}
	sub := t.at.trace.On(tokenAxis, accountPrefix+ns+":"+account)
	tok.claims = claims{
		{"iss", knownValue(tok.issuer)}, {"sub", sub},
		{"kubernetes.io\x00namespace", sub.Between(accountPrefix, ":")}, {"kubernetes.io\x00serviceaccount\x00name", sub.After(":").After(":").After(":")},
		{"kubernetes.io\x00serviceaccount\x00uid", symbolic.In(some)}, {"kubernetes.io\x00pod\x00name", symbolic.In(perhaps)},
		{"kubernetes.io\x00pod\x00uid", symbolic.In(perhaps)}, {"kubernetes.io\x00node\x00name", symbolic.In(perhaps)},
		{"kubernetes.io\x00node\x00uid", symbolic.In(perhaps)}, {"jti", symbolic.In(some)},
	}
	tok.claims.add("", t.req.From.Claims)
	tok.claims = append(tok.claims, tok.audienceClaim()...)
	return tok
}

const accountPrefix = "system:serviceaccount:"

const usualClusterIssuer = "https://kubernetes.default.svc.cluster.local"

// clusterRule is the rule that tells which issuer the cluster's tokens bear. Where rules name several, a file does not say which is the
// cluster's; nil: none does, and the issuer is the default of kubeadm and kind.
func (t *trip) clusterRule(rules []*jwtRule) *jwtRule {
	of, others := t.w.clusterRules(rules)
	switch {
	case len(of)+len(others) == 0 && len(rules) == 0:
		return nil
	case len(of)+len(others) == 0:
		t.assume("the issuer of the cluster's tokens, " + usualClusterIssuer)
		return nil
	case len(of) == 0:
		t.assume("the issuer of the cluster's tokens is one whose claim sub is the user's name: " + others[0].issuer)
		of = others
	case len(others) > 0:
		t.assume("the issuer of the cluster's tokens is that of an API server, and not " + others[0].issuer)
	}
	if len(of) == 1 {
		return of[0]
	}
	var issuers []string
	for _, r := range of {
		issuers = append(issuers, r.issuer)
	}
	return of[t.choose(Point{Kind: AtRequest}, len(of), "which issuer the cluster's tokens bear is not known: rules take "+strings.Join(issuers, ", "))]
}

// clusterRules gives the rules whose issuer is one of an API server's, one for each issuer, and the others that may be for the cluster's tokens:
// they copy sub to the header of the user, and not email too, which is a session's.
func (w *World) clusterRules(rules []*jwtRule) (of, others []*jwtRule) {
	seen := map[string]bool{"": true}
	for _, r := range rules {
		switch {
		case seen[r.issuer] || r.copy("email") != "":
			continue
		case isClusterIssuer(r.issuer):
			of = append(of, r)
		case w.namesUser(r.copy("sub"), rules):
			others = append(others, r)
		default:
			continue
		}
		seen[r.issuer] = true
	}
	return of, others
}

// namesUser reports whether a header is the one that carries the user: a rule copies email to it, or policies take it for that.
func (w *World) namesUser(header string, rules []*jwtRule) bool {
	return header != "" && (header == w.usualHeader() || slices.ContainsFunc(rules, func(r *jwtRule) bool { return r.copy("email") == header }))
}

// isClusterIssuer: kubeadm and kind, EKS, GKE, AKS.
func isClusterIssuer(issuer string) bool {
	host := strings.TrimPrefix(issuer, "https://")
	return strings.HasPrefix(host, "kubernetes.default") || strings.HasPrefix(host, "oidc.eks.") || strings.HasPrefix(host, "oidc-eks.") ||
		strings.HasPrefix(host, "container.googleapis.com/v1/projects/") || strings.Contains(host, ".oic.prod-aks.azure.")
}

// tokenPlace is where a client shows a token.
type tokenPlace struct {
	at location
	in string
}

// placesOf are the first places of the rules of a token's issuer, each once. Rules that copy other claims may look in different ones.
func placesOf(rules []*jwtRule, tok *token) (out []tokenPlace) {
	for _, r := range rules {
		if r.issuer == tok.issuer {
			at, in := r.firstPlace()
			if p := (tokenPlace{at, in}); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (p tokenPlace) String() string {
	if p.at.header != "" {
		return "header " + p.at.header
	}
	return p.in
}

// carry puts the token on the request, in the first place where the rule of its issuer looks. A client chooses among those of several rules; where a
// login puts it is up to the login.
func (t *trip) carry(rules []*jwtRule) {
	tok := *t.shown
	t.shown = &tok
	tok.at = bearer
	if places := placesOf(rules, &tok); len(places) > 0 {
		i := 0
		if len(places) > 1 && t.req.From.User == "" {
			i = t.choose(Point{Kind: AtRequest}, len(places), "rules of the issuer "+tok.issuer+" look for its tokens in the "+places[0].String()+" and in the "+
				places[1].String()+", and in which one the client shows it is not known")
		}
		tok.at, tok.in = places[i].at, places[i].in
	}
	if at := tok.at; at.header != "" {
		if t.req.From.carries() && t.at.sent(at.header).State() == known { // a login replaces an existing value
			t.doubled = at.header
		}
		t.at.headers = append(t.at.headers.without(at.header), namedValue{at.header, knownValue(at.prefix + "token")})
	}
}

// withAssumed adds the rule of a session's issuer that the manifests lack.
func (t *trip) withAssumed(rules []*jwtRule) []*jwtRule {
	if t.shown == nil || !t.shown.assumed {
		return rules
	}
	return append(rules[:len(rules):len(rules)], &jwtRule{
		issuer: t.shown.issuer, forward: true, copies: []claimHeader{{"email", t.w.userHeader(rules)}}, locations: []location{bearer},
	})
}

// userHeader is the header that carries the user: the one that a rule for the cluster's tokens copies sub to, else the one that policies take for it.
func (w *World) userHeader(rules []*jwtRule) string {
	of, others := w.clusterRules(rules)
	for _, r := range append(of, others...) {
		if h := r.copy("sub"); h != "" {
			return h
		}
	}
	return w.usualHeader()
}

// usualHeader is the header that most policies compare with the name of a user, which is an e-mail address or the owner of a namespace; else that of Kubeflow.
func (w *World) usualHeader() string {
	w.onceHeader.Do(func() { w.madeUpHeader = w.commonHeader() })
	return w.madeUpHeader
}

func (w *World) commonHeader() string {
	owners := map[string]bool{}
	for _, ns := range w.names {
		if owner := w.namespaces[ns].owner; owner != "" {
			owners[owner] = true
		}
	}
	namesUser := func(text string) bool { return owners[text] || strings.Contains(text, "@") }
	votes, best := map[string]int{}, usualUserHeader
	for _, ns := range w.names {
		for _, p := range w.namespaces[ns].policies {
			for i := range p.rules {
				for _, c := range p.rules[i].when {
					if c.attribute == header && !strings.HasPrefix(c.key, ":") && c.key != "authorization" && slices.ContainsFunc(c.values, namesUser) {
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
