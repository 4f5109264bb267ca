package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// attributes are what an enforcement point sees of one request.
type attributes struct {
	peer      identity
	tcp       bool
	port      int // 0: nobody can say
	method    value
	host      value
	path      value // without the query
	query     string
	headers   headers
	claims    claims
	forwarded bool     // the token stays on the request for the next proxy
	anyHeader bool     // the client may send any header that is not listed
	writable  []string // patterns of headers that an authorizer may have set
	doubt     doubt    // the first that was met
	favor     []*rule  // to be named where they match, together with others
	undenied  bool     // by no DENY policy
	plain     bool     // the request is assumed not to be a CORS preflight
	inbound   inbound  // for a pod with a sidecar
	trace     *symbolic.Trace
	spaces    []string        // claims that are lists of words
	claimed   *symbolic.Trace // of the claims that are given
	given     map[string]any  // the token's claims other than those that are listed
	reads     map[string]bool // headers that some rule or route compares; nil: nobody has looked
	watch     func(on layer, point Point, policies []*policy, a *attributes)
}

type headers []namedValue

// claims are those of a verified token; nil means no token. Nested names are joined by \x00.
type claims []namedValue

type namedValue struct {
	name string
	value
}

func find(l []namedValue, name string) value {
	for i := range l {
		if l[i].name == name {
			return l[i].value
		}
	}
	return value{}
}

// The axes of a traced request.
const (
	methodAxis   = "method"
	hostAxis     = "host"
	pathAxis     = "path"
	userAxis     = "user"
	tokenAxis    = "token" // the subject of a Kubernetes token
	audienceAxis = "audience"
	subjectAxis  = "subject" // of a token of any issuer
	peerAxis     = "peer"    // the principal of a pod
	headerAxis   = symbolic.HeaderAxis
	paramAxis    = "parameter "
	claimAxis    = "claim "
)

// sent returns a header as it is on the request, no matter who added it; it is absent if the request does not have it.
func (a *attributes) sent(name string) value {
	for i := range a.headers {
		if a.headers[i].name == name {
			return a.headers[i].value
		}
	}
	if a.trace != nil && !a.anyHeader && !isProxyHeader(name) {
		return a.trace.At(headerAxis+name, symbolic.Point{})
	}
	return value{}
}

// drop takes a header off.
func (a *attributes) drop(name string) {
	a.headers = a.headers.without(name)
	if a.trace != nil {
		a.headers = append(a.headers, namedValue{name, value{}})
	}
}

// header looks a header up by its lower case name.
func (a *attributes) header(name string) value {
	switch name {
	case ":method":
		return a.method
	case ":authority", "host":
		return a.host
	case ":path":
		return symbolic.In(some) // with its query, which nobody compares
	case ":scheme":
		return symbolic.In(some) // Envoy sets it from the connection where the client does not (HttpConnectionManager)
	case ":protocol":
		return symbolic.In(perhaps) // of an upgrade over HTTP/2
	}
	if isProxyHeader(name) {
		return symbolic.In(perhaps)
	}
	for i := range a.headers {
		if a.headers[i].name == name {
			return a.headers[i].value
		}
	}
	if a.mayHave(name) {
		return symbolic.In(perhaps)
	}
	return a.sent(name)
}

// mayHave: nobody knows whether a header that is not listed is there.
func (a *attributes) mayHave(name string) bool { return a.anyHeader || namesHeader(a.writable, name) }

// matchClaim: of a list, one element must match (authz/matcher.MetadataListValueMatcherForJWTClaims).
func (a *attributes) matchClaim(name, pattern string) verdict3 {
	out := a.claim(name).Matches(pattern)
	for i := range a.claims {
		if c := &a.claims[i]; c.name == name && !c.Varies() && c.State() == element {
			out = max(out, c.Matches(pattern))
		}
	}
	return out
}

// claim looks a claim up. Claims of a token that nobody listed may be there.
func (a *attributes) claim(name string) value {
	if a.claims == nil {
		return value{}
	}
	if v := find(a.claims, name); v.Varies() || v.State() != absent {
		return v
	}
	for i := range a.claims {
		if a.claims[i].name == "*" {
			return symbolic.In(perhaps)
		}
	}
	if a.given != nil {
		return a.givenClaim(name)
	}
	return value{}
}

// givenClaim looks a claim up in the mappings that its name leads through. Envoy takes no token in which the issuer, the subject or the audience is a
// mapping (jwt_verify_lib jwt.cc parseImpl).
func (a *attributes) givenClaim(name string) value {
	if head, _, nested := strings.Cut(name, "\x00"); nested && (head == "iss" || head == "sub" || head == "aud") {
		return value{}
	}
	for i := range name {
		if name[i] == 0 && !a.claimed.Claim(claimAxis+name[:i], claimPoint(a.given, name[:i])).IsMapping() {
			return value{}
		}
	}
	v := a.claimed.Claim(claimAxis+name, claimPoint(a.given, name))
	if isWords(name, a.spaces) {
		v = v.Words()
	}
	return v
}

// envoy judges whether a rule matches at a waypoint or gateway: any from, any to, every when (authz/model New and Generate).
// On a TCP chain an HTTP attribute drops a whole ALLOW rule, while a DENY or CUSTOM rule loses only that attribute and gets wider
// (authz/model rule.checkError).
func (w *World) envoy(p *policy, r *rule, a *attributes) verdict3 {
	if a.tcp && p.action == allow && r.http() {
		return no
	}
	start := a.trace.Mark()
	out := w.envoyAll(p, r.when, a)
	if out == no && a.trace != nil {
		w.failsByClient(p, r, a, start)
	}
	for _, entries := range [2][][]condition{r.from, r.to} {
		if out == no || len(entries) == 0 {
			continue
		}
		before := a.trace.Mark()
		if out = min(out, w.envoyAny(p, entries, a)); out == no {
			a.trace.Forget(start, before)
		}
	}
	return out
}

// failsByClient has a trace say of a rule that fails that it is for other clients, where it is. Most rules of a point fail for that alone, so the set of
// the run is larger than for the condition that failed first.
func (w *World) failsByClient(p *policy, r *rule, a *attributes, start int) {
	doubt, before := a.doubt, a.trace.Mark()
	if len(r.from) > 0 && w.envoyAny(p, r.from, a) == no {
		a.trace.Forget(start, before)
	} else {
		a.trace.Forget(before, a.trace.Mark())
	}
	a.doubt = doubt
}

// http: some attribute of the rule exists for HTTP only.
func (r *rule) http() bool {
	for _, c := range r.when {
		if c.attribute.http() {
			return true
		}
	}
	for _, entries := range [2][][]condition{r.from, r.to} {
		for _, e := range entries {
			for _, c := range e {
				if c.attribute.http() {
					return true
				}
			}
		}
	}
	return false
}

func (w *World) envoyAny(p *policy, entries [][]condition, a *attributes) verdict3 {
	out, start := no, a.trace.Mark()
	for _, e := range entries {
		before := a.trace.Mark()
		if out = max(out, w.envoyAll(p, e, a)); out == yes {
			a.trace.Forget(start, before)
			break
		}
	}
	return out
}

func (w *World) envoyAll(p *policy, conditions []condition, a *attributes) verdict3 {
	out, start := yes, a.trace.Mark()
	for i := range conditions {
		if a.tcp && conditions[i].attribute.http() {
			continue
		}
		before := a.trace.Mark()
		if out = min(out, w.envoyCondition(p, &conditions[i], a)); out == no {
			a.trace.Forget(start, before)
			break
		}
	}
	return out
}

func (w *World) envoyCondition(p *policy, c *condition, a *attributes) verdict3 {
	out, start := yes, a.trace.Mark()
	if len(c.values) > 0 {
		out = w.envoyValues(p, c, c.values, a)
	}
	if out != no && len(c.notValues) > 0 {
		before := a.trace.Mark()
		if out = min(out, not(w.envoyValues(p, c, c.notValues, a))); out == no {
			a.trace.Forget(start, before)
		}
	}
	if out == maybe {
		a.doubts(c)
	}
	return out
}

func (w *World) envoyValues(p *policy, c *condition, values []string, a *attributes) verdict3 {
	out, start := no, a.trace.Mark()
	if v := a.compared(c); v.OfClaim() {
		return v.MatchesAny(values)
	}
	if v, ok := a.text(c, values); ok {
		if m, ok := v.MatchesOneOf(values); ok {
			return m
		}
	}
	for _, v := range values {
		before := a.trace.Mark()
		if out = max(out, w.envoyValue(p, c, v, a)); out == yes {
			a.trace.Forget(start, before)
			break
		}
	}
	return out
}

// text is what a condition compares with patterns, and with nothing else, where it does.
func (a *attributes) text(c *condition, values []string) (v value, ok bool) {
	switch c.attribute {
	case method:
		return a.method, true
	case path:
		return a.path, !slices.ContainsFunc(values, isTemplate)
	case header:
		return a.header(c.key), true
	}
	return value{}, false
}

func (w *World) envoyValue(p *policy, c *condition, v string, a *attributes) verdict3 {
	switch c.attribute {
	case principal:
		return is(w.mesh.matchPrincipalEnvoy(a.peer, v))
	case namespaceOf:
		return is(a.peer.matchNamespaceEnvoy(v))
	case serviceAccount:
		return is(a.peer.matchAccount(v, p.namespace))
	case trustDomain:
		if w.forgetsTrustDomains() {
			return maybe
		}
		return is(w.mesh.matchTrustDomain(a.peer, v))
	case port:
		return a.matchPort(v)
	case method:
		return a.method.MatchesHeader(v)
	case host:
		return a.host.MatchesHost(v)
	case path:
		return a.matchPath(v)
	case header:
		return a.header(c.key).MatchesHeader(v)
	case claim, audience, presenter:
		return a.matchClaim(c.claim(), v)
	case requestPrincipal:
		return a.matchRequestPrincipal(v)
	}
	// Addresses, SNI, Envoy's own metadata and what Istio does not know: the manifests do not say.
	return maybe
}

// claim is the one that the condition compares, "" for none (authz/model requestAudiencesGenerator, requestPresenterGenerator, requestClaimGenerator: all
// compare a text or a list).
func (c *condition) claim() string {
	switch c.attribute {
	case claim:
		return c.key
	case audience:
		return "aud"
	case presenter:
		return "azp"
	}
	return ""
}

// compared is the claim that the condition compares.
func (a *attributes) compared(c *condition) value {
	if name := c.claim(); name != "" {
		return a.claim(name)
	}
	return value{}
}

func (a *attributes) matchPort(v string) verdict3 {
	if a.port == 0 {
		return maybe
	}
	n := 0
	for i := 0; i < len(v); i++ {
		n = n*10 + int(v[i]-'0')
	}
	return is(n == a.port)
}

// matchPath compares the path without its query (Envoy RBAC url_path and uri_template).
func (a *attributes) matchPath(v string) verdict3 {
	if !isTemplate(v) {
		return a.path.Matches(v)
	}
	return a.path.MatchesTemplate(v)
}

// matchRequestPrincipal splits at the last slash, since an issuer may be a URL (authz/model requestPrincipalGenerator).
func (a *attributes) matchRequestPrincipal(v string) verdict3 {
	iss, sub := a.claim("iss"), a.claim("sub")
	i := strings.LastIndex(v, "/")
	issuer, subject := v, ""
	if i >= 0 {
		issuer, subject = v[:i], v[i+1:]
	}
	switch {
	case v == "*":
		return min(iss.Matches("*"), sub.Matches("*"))
	case strings.HasPrefix(v, "*") && i < 0:
		return min(iss.Matches("*"), sub.Matches(v))
	case strings.HasPrefix(v, "*"):
		return min(iss.Matches(issuer), sub.Exactly(subject))
	case strings.HasSuffix(v, "*") && i < 0:
		return min(iss.Matches(v), sub.Matches("*"))
	case strings.HasSuffix(v, "*"):
		return min(iss.Exactly(issuer), sub.Matches(subject))
	}
	return min(iss.Exactly(issuer), sub.Exactly(subject))
}

// doubt is why a condition could not be judged, and what is not known.
type doubt struct {
	why   string
	lacks attribute
}

// doubt says why a condition could not be judged.
func (c *condition) doubt() string {
	switch c.attribute {
	case envoyMetadata:
		return c.key + " depends on Envoy filters"
	case sourceIP, remoteIP, destinationIP:
		return "addresses are not in the manifests"
	case sni:
		return "connection.sni depends on the client's TLS"
	case port:
		return "the port is not known: give request.port, or the Service and its pods"
	case host:
		return "the host is not known: give request.host"
	case path:
		return "the path is not known: give request.path"
	case header:
		return "the header " + c.key + " is not known"
	case claim, requestPrincipal, audience, presenter:
		return "the token's claims are not known in full"
	}
	return "depends on what the manifests do not say"
}
