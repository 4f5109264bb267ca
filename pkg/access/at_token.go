package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// token is what a client shows: claims in the place where the rule of its issuer looks.
type token struct {
	issuer    string
	audiences []string
	audience  value           // where it varies
	open      *symbolic.Trace // of the claims that are given
	given     map[string]any  // other than those that are listed
	claims    claims
	at        location // no header: a parameter or a cookie
	in        string   // which one
	dropped   bool     // the ingress does not forward it
	assumed   bool     // its rule at the ingress is not in the manifests
	of        *jwtRule // the rule that it was made for, if any
	// anyAudience: nobody knows its audiences, so a rule that asks for some may accept it.
	anyAudience bool
}

// refusal is Envoy's answer to a token that it does not accept; status 0: none. doubt: nobody knows whether it accepts it.
type refusal struct {
	status        int
	reason, doubt string
	moot          bool // of several tokens it takes one, or none
}

func (r refusal) ruling(point Point) ruling {
	return ruling{outcome: Deny, Step: stepAt(point, strconv.Itoa(r.status)+": "+r.reason), refusal: r}
}

// authenticate is Envoy's jwt_authn as Istio sets it up (authn convertToEnvoyJwtConfig): a CORS preflight skips it altogether; no token
// passes; a token must satisfy one rule, else 401; the satisfied rule's claims become headers and the verified claims. The rules are tried
// in turn until one accepts, and each that is tried first takes off the headers that it writes (jwt_authn verifier.cc), also when no token
// is there. It returns why a request is refused.
func (a *attributes) authenticate(rules []*jwtRule, t *token) (refused refusal) {
	a.claims, a.claimed, a.given, a.forwarded = nil, nil, nil, true
	if a.preflight() {
		return refusal{}
	}
	for _, r := range rules {
		a.strip(r)
		if t != nil && t.at.header != "" && contains(r.writes(), t.at.header) { // taken off before anybody looks for it
			return refusal{doubt: "a rule writes the header " + t.at.header + ", in which the token is"}
		}
		switch s := a.look(r, t); {
		case s.unknown != "":
			return refusal{doubt: "whose token is in the " + s.unknown + " is not known"}
		case s.shown != "" && s.other != "": // Istio calls the outcome undefined (JWTRule.fromHeaders)
			return refusal{moot: true, doubt: "the request has tokens in the " + s.shown + " and in the " + s.other}
		case s.other != "":
			refused = cmp.Or(refused, refusal{status: 401, reason: "the token in the " + s.other + " is of no issuer"})
		case s.shown == "":
		case r.issuer != "" && r.issuer != t.issuer:
			refused = cmp.Or(refused, refusal{status: 401, reason: "no rule accepts the issuer " + t.issuer})
		case !t.anyAudience && !r.takes(t):
			refused = refusal{status: 403, reason: "the token's audience " + quoteNone(strings.Join(t.audiences, ", ")) + " is not one of " + strings.Join(r.audiences, ", ")}
		default:
			a.accept(r, t)
			return refusal{}
		}
	}
	return refused
}

// hasKeysOf: a rule without an issuer goes by the keys alone.
func (r *jwtRule) hasKeysOf(t *token) bool {
	return t.of == r || t.of != nil && r.keys != "" && t.of.keys == r.keys
}

// writtenHeader is one that the request has and a rule writes, "" for none.
func (a *attributes) writtenHeader(rules []*jwtRule) string {
	for _, r := range rules {
		for _, name := range r.writes() {
			if a.sent(name).State() != absent {
				return name
			}
		}
	}
	return ""
}

// writes are the headers that a rule sets.
func (r *jwtRule) writes() (names []string) {
	for _, c := range r.copies {
		names = append(names, c.header)
	}
	if r.payload != "" {
		names = append(names, r.payload)
	}
	return names
}

// anyWrites reports whether some rule for tokens writes a header.
func anyWrites(rules []*jwtRule, name string) bool {
	return slices.ContainsFunc(rules, func(r *jwtRule) bool { return contains(r.writes(), name) })
}

// strip takes off what only the rule may write.
func (a *attributes) strip(r *jwtRule) {
	for _, name := range r.writes() {
		a.setHeader(name, value{})
	}
}

// accept writes what a token says. A token that is not to be forwarded leaves its header; nobody compares a parameter or a cookie.
func (a *attributes) accept(r *jwtRule, t *token) {
	a.claims, a.claimed, a.given, a.spaces, a.forwarded = t.claims, t.open, t.given, nil, r.forward
	if !r.forward && t.at.header != "" {
		a.drop(t.at.header)
	}
	var written []string
	for _, c := range r.copies {
		if a.reads != nil && !a.reads[c.header] { // nothing compares its value; for any other reader the value is unknown
			a.setHeader(c.header, symbolic.In(some))
			continue
		}
		if v, ok := a.copied(strings.ReplaceAll(c.claim, ".", "\x00")); ok {
			a.setHeader(c.header, v)
			written = append(written, c.header)
		}
	}
	if r.payload != "" {
		a.setHeader(r.payload, symbolic.In(some))
	}
	for i, name := range written { // Envoy appends to an existing value (jwt_authn authenticator.cc addJWTClaimToHeader)
		if contains(written[:i], name) || name == r.payload {
			a.setHeader(name, symbolic.In(some))
		}
	}
	a.claims, a.spaces = a.claims.split(r.spaces), r.spaces
}

// copied is the header that Envoy writes for a claim: none for one that is not there or empty, and base64 JSON for a list or a mapping (jwt_authn
// authenticator.cc addJWTClaimToHeader).
func (a *attributes) copied(name string) (header value, written bool) {
	v := a.claim(name)
	if v.OfClaim() {
		switch {
		case v.HasText():
			return v.One(), true
		case v.IsList():
			return symbolic.Encoded(symbolic.EncodedList), true
		}
		return symbolic.Encoded(symbolic.EncodedMapping), v.IsMapping()
	}
	switch state := v.State(); {
	case state == element:
		return symbolic.Encoded(symbolic.EncodedList), true
	case a.claims.hold(name):
		return symbolic.Encoded(symbolic.EncodedMapping), true
	default:
		return v, state != absent && (state != known || v.Matches("*") != no)
	}
}

// split makes lists of the words of scope, permission and the claims that a rule names, as policies compare them. Headers get the text (authn
// buildSpaceDelimitedClaims; Envoy normalize_payload_in_metadata).
func (c claims) split(names []string) (out claims) {
	for _, v := range c {
		if isWords(v.name, names) && v.Varies() {
			out = append(out, namedValue{v.name, v.Words()})
			continue
		}
		if !isWords(v.name, names) || v.State() != known {
			out = append(out, v)
			continue
		}
		for word := range strings.SplitSeq(v.Read(), " ") {
			if word != "" {
				out = append(out, namedValue{v.name, symbolic.ElementOf(word)})
			}
		}
	}
	return out
}

// isWords reports whether a claim is taken for a list of words.
func isWords(name string, names []string) bool {
	return name == "scope" || name == "permission" || contains(names, name)
}

// hold reports whether a claim is a mapping.
func (c claims) hold(name string) bool {
	return slices.ContainsFunc(c, func(v namedValue) bool { return strings.HasPrefix(v.name, name+"\x00") })
}

// setHeader replaces a header. One that is gone for sure is kept as absent where the client may send any.
func (a *attributes) setHeader(name string, v value) {
	a.headers = a.headers.without(name)
	if a.trace != nil || v.State() != absent || a.mayHave(name) {
		a.headers = append(a.headers, namedValue{name, v})
	}
}

// preflight: OPTIONS with Origin and Access-Control-Request-Method (Envoy jwt_authn bypass_cors_preflight, which Istio sets).
func (a *attributes) preflight() bool {
	return !a.plain && a.method.Is("OPTIONS") && a.sent("origin").Filled() && a.sent("access-control-request-method").Filled()
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

//go:noinline
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
// header off or sets another value.
func (t *trip) forward(c *candidate) {
	var before value
	if t.shown != nil {
		before = t.at.sent(t.shown.at.header)
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
	switch after := t.at.sent(t.shown.at.header); {
	case after == before:
	case strings.HasPrefix(after.Read(), before.Read()+","):
		t.doubled = t.shown.at.header
	default:
		t.shown = nil
	}
}

// twoTokens: the request or a route has a second value for the header with the token. Releases of Envoy read the first one, or all that follows the prefix
// (jwt_authn extractor.cc extractJWT, token_passed_entirely).
func (t *trip) twoTokens(rules []*jwtRule) bool {
	return t.shown != nil && t.doubled != "" && slices.ContainsFunc(rules, func(r *jwtRule) bool { return r.finds(t.shown) })
}

// authenticate has a point verify the token. Envoy 1.40 takes the headers that rules write off a preflight too, and Envoy 1.39, which Istio 1.31 is
// released with, does not.
func (t *trip) authenticate(point Point, rules []*jwtRule) (over bool) {
	if t.at.preflight() {
		if name := t.at.writtenHeader(rules); name != "" && t.w.since(32) != no && t.choose(Point{Kind: AtRequest}, 2, "Envoy 1.40 takes the header "+name+" off a preflight, and 1.39 does not") == 1 {
			for _, r := range rules {
				t.at.strip(r)
			}
		}
	}
	// Up to Istio 1.31 a rule that is not tried leaves the headers that it writes (measured with Envoy 1.39.3), and Envoy 1.40.0 takes off all. Which of
	// them Istio 1.32 has is not known.
	if name := t.at.writtenHeader(rules); name != "" && !t.at.preflight() && t.w.since(32) == yes &&
		t.choose(point, 2, "Envoy 1.40 takes the header "+name+" off before it tries a rule, and 1.39 with the rule that it tries") == 1 {
		for _, r := range rules {
			t.at.strip(r)
		}
	}
	if t.twoTokens(rules) {
		step := stepAt(point, "the header "+t.doubled+" has two values, which Envoys read differently")
		step.moot = true
		t.meet(ruling{outcome: NotJudged, Step: step})
		return true
	}
	t.at.reads = t.w.comparedHeaders
	refused := t.at.authenticate(t.byKeys(point, rules), t.shown)
	if refused.doubt != "" { // then nobody knows what the request is from here on
		step := stepAt(point, refused.doubt)
		step.moot = refused.moot
		t.meet(ruling{outcome: NotJudged, Step: step})
		return true
	}
	if refused.status != 0 {
		return t.meet(refused.ruling(point))
	}
	r := t.lacksRequired(rules)
	if r == nil || t.w.since(32) != yes && t.choose(point, 2, r.of.String()+" requires a token of "+cmp.Or(r.issuer, r.keys)+
		", which Istio 1.32 asks for and earlier releases do not") == 0 {
		return false
	}
	return t.meet(refusal{status: 401, reason: "the token of " + cmp.Or(r.issuer, r.keys) + " is required"}.ruling(point))
}

// byKeys: a rule without an issuer goes by the keys alone, and whether they are those of the token is known only of the rule that it was made for.
func (t *trip) byKeys(point Point, rules []*jwtRule) []*jwtRule {
	for i, r := range rules {
		if t.shown == nil || r.issuer != "" || !r.finds(t.shown) || r.hasKeysOf(t.shown) || t.choose(point, 2,
			"a rule takes tokens of any issuer whose keys are at "+r.keys+", and whether the token's are is not known") == 0 {
			continue
		}
		rules = slices.Clone(rules)
		other := *r
		other.issuer = "another than that of the token, by its keys"
		rules[i] = &other
	}
	return rules
}

// lacksRequired is a rule whose token must be there and is not (Istio 1.32: JWTRule.presence).
func (t *trip) lacksRequired(rules []*jwtRule) *jwtRule {
	if t.at.preflight() {
		return nil
	}
	for _, r := range rules {
		if r.required && (t.shown == nil || !r.finds(t.shown) || r.issuer != "" && r.issuer != t.shown.issuer || !t.shown.anyAudience && !r.takes(t.shown)) {
			return r
		}
	}
	return nil
}

// writtenToken names a header that a route has set and that holds a token where a rule looks: its issuer and claims are not known.
func (t *trip) writtenToken(rules []*jwtRule) string {
	if t.shown != nil || len(t.written) == 0 {
		return ""
	}
	for _, r := range rules {
		for _, l := range r.locations {
			if v := t.at.sent(l.header); contains(t.written, l.header) && v.Contains(l.prefix) && v.MatchesStars("*.*.*") {
				return l.header
			}
		}
	}
	return ""
}
