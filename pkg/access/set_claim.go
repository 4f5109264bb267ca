package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// proof is what was found about a claim. The zero value is that it holds.
type proof struct {
	outcome Outcome // Allow: a request gets in that must not; NotJudged: nobody knows
	failed  bool
	by      string
}

// proves looks for a request that a claim says there is none of, among all that there are.
func (w *World) proves(c *Claim) Result {
	r := Result{Name: c.Name, Expect: Deny.String(), only: c.only}
	if c.only {
		r.Expect = Allow.String()
	}
	classes := [][]string{{""}}
	if c.Each == everyProfile {
		if classes = w.alike(c.texts()...); len(classes) == 0 {
			r.Got, r.By = NotJudged.String(), "NOT JUDGED: the manifests have no user namespace"
			return r
		}
	}
	var worst proof
	failed, targets, spaces := 0, 0, 0
	x := newAsker(w)
	for _, like := range classes {
		p, n := x.prove(c, like[0], maxQuestions)
		targets, spaces = targets+n*len(like), spaces+len(like)
		for _, profile := range like {
			x.assumes(c, profile, &r)
		}
		if !p.failed {
			continue
		}
		if failed == 0 || worst.outcome == NotJudged && p.outcome != NotJudged {
			worst = p
		}
		failed += len(like)
	}
	if failed == 0 {
		r.Got, r.By, r.OK = r.Expect, "all requests to "+diagnostic.Counted(targets, "target"), true
		if c.Each != "" {
			r.By += " in " + diagnostic.Counted(spaces, "user namespace")
		}
		return r
	}
	r.Got, r.By = worst.outcome.String(), worst.by
	if failed > 1 {
		r.By += " (and in " + diagnostic.Counted(failed-1, "more user namespace") + ")"
	}
	return r
}

// profiles are the user namespaces, in order.
func (w *World) profiles() (out []string) {
	for _, name := range w.names {
		if w.namespaces[name].profile {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// prove looks at all targets of a claim, for one user namespace.
func (x *asker) prove(c *Claim, profile string, runs int) (worst proof, targets int) {
	shape, err := c.rule(profile)
	if err != nil {
		return proof{NotJudged, true, "NOT JUDGED: " + err.Error()}, 0
	}
	s := x.w.look(inProfile(c.To.Namespace, profile))
	if s == &nowhere {
		return proof{NotJudged, true, "NOT JUDGED: Namespace " + inProfile(c.To.Namespace, profile) + " is not in the manifests"}, 0
	}
	h := &hearing{x: x, claim: c, profile: profile, shape: &shape, p: &policy{origin: origin{namespace: s.name}, action: deny}, reached: map[int]bool{}, runs: runs, pool: x.pool.About(), left: maxRunsOfClaim, proxies: x.proxies(s)}
	all := x.goals(s, inProfile(c.To.Service, profile))
	for _, to := range all {
		for _, q := range x.w.inquiries(to.to, to.port, to.tcp) {
			if p := h.inquire(&q); p.failed && (!worst.failed || worst.outcome == NotJudged) {
				worst = p
			}
			if worst.failed && worst.outcome == Allow {
				return worst, len(all)
			}
		}
	}
	if !worst.failed {
		some, reached := h.some, maps.Clone(h.reached)
		if service := inProfile(c.To.Service, profile); service != "" {
			worst = h.byTwin(s, service)
		}
		if !worst.failed {
			worst = h.enter(x.w.doors(s, inProfile(c.To.Service, profile), all))
		}
		h.some, h.reached = some, reached
	}
	if !h.some && !worst.failed {
		worst = proof{NotJudged, true, "NOT JUDGED: no request to " + join(s.name, cmp.Or(inProfile(c.To.Service, profile), "*")) + " is of the shape that from and request give"}
	}
	for i := range c.who {
		if !h.reached[i] && !worst.failed {
			worst = proof{Deny, true, "no request of " + c.who[i].text(profile) + " gets in" + x.cause(c, &c.who[i], profile, all)}
		}
	}
	return worst, len(all)
}

// cause is why a client that a claim lists is denied the first request of its shape to the first target, "" where that one is not.
func (x *asker) cause(claim *Claim, c *Who, profile string, all []goal) string {
	if len(all) == 0 {
		return ""
	}
	r := Request{To: all[0].to, Port: all[0].port, TCP: all[0].tcp, From: From{User: c.User, Token: inProfile(c.Token, profile), ServiceAccount: inProfile(c.ServiceAccount, profile), Anonymous: c.Anonymous, OffMesh: c.OffMesh}}
	if c.Namespace != "" {
		r.From.ServiceAccount = join(inProfile(c.Namespace, profile), "default")
	}
	if r.From.ingress() || len(claim.Request.Methods)+len(claim.Request.Paths) > 0 {
		r.TCP = false
	}
	first := func(all []string) string {
		for _, s := range all {
			if !strings.ContainsAny(s, "*{") {
				return inProfile(s, profile)
			}
		}
		return ""
	}
	r.Method, r.Path = first(claim.Request.Methods), first(claim.Request.Paths)
	if v := x.w.Decide(r); v.Outcome == Deny {
		return ": " + v.By()
	}
	return ""
}

// maxRunsOfClaim bounds the runs for all targets of a claim in one namespace.
const maxRunsOfClaim = 100_000

// hearing is a claim about one namespace.
type hearing struct {
	x       *asker
	claim   *Claim
	profile string
	shape   *rule
	p       *policy
	reached map[int]bool // of the clients that the claim lists
	runs    int          // at most, for one question
	pool    *symbolic.Pool
	left    int           // runs, for all questions
	proxies symbolic.List // accounts that do not count
	some    bool          // some request is of the shape
}

// assumes notes what the target of a claim takes for granted.
func (x *asker) assumes(c *Claim, profile string, r *Result) {
	q := Request{From: From{OffMesh: true}, To: To{Namespace: inProfile(c.To.Namespace, profile), Service: inProfile(c.To.Service, profile)}, TCP: true}
	if q.To.Service == "" {
		q.To.Pod = map[string]string{}
	}
	missing := x.w.missing(q)
	for _, a := range withMeant(x.w.Decide(q).Assumed, missing) {
		if !contains(r.Assumed, a) && (q.To.Service != "" || !strings.HasPrefix(a, "pods of ")) {
			r.Assumed = append(r.Assumed, a)
		}
	}
	r.Missing = append(r.Missing, missing...)
}

// inquire looks at all requests of a question. Those that are not of the claim's shape are of no account.
func (h *hearing) inquire(q *inquiry) (out proof) {
	if h.left <= 0 {
		return proof{NotJudged, true, fmt.Sprintf("NOT JUDGED: more than %d kinds of requests to the targets of the claim", maxRunsOfClaim)}
	}
	s := h.x.w.search(q, h.pool, min(h.runs, h.left), func(r Request) (Verdict, *symbolic.Trace, bool) {
		o := &open{trace: &symbolic.Trace{}}
		if !h.shaped(q, r, o) {
			return Verdict{Outcome: Deny}, o.trace, true
		}
		h.some = true
		v := h.x.w.answer(r, o)
		if v.Outcome == Deny || v.Outcome == NotJudged && v.moot || h.claim.only && h.listed(q, r, v.Outcome, o.trace) {
			return v, o.trace, true
		}
		if p := h.found(r, v); !out.failed || out.outcome == NotJudged && p.outcome == Allow {
			out = p
		}
		return v, o.trace, v.Outcome != Allow
	})
	h.left -= s.runs
	if s.failed != "" && !out.failed {
		out = proof{NotJudged, true, "NOT JUDGED: " + q.kind.String() + " to " + q.text() + ": " + s.failed}
	}
	return out
}

// found is a request that the claim does not expect, as the point decision confirms.
func (h *hearing) found(r Request, v Verdict) proof {
	if again := h.x.w.Decide(r); again.Outcome != v.Outcome {
		return proof{NotJudged, true, fmt.Sprintf("internal error: %s is %v among others, and %v alone", r.text(), v.Outcome, again.Outcome)}
	}
	return proof{v.Outcome, true, r.text() + ": " + v.By()}
}

// shaped reports whether a request is of the claim's shape. Of a connection no proxy knows whether requests of the shape are in it, so they are.
func (h *hearing) shaped(q *inquiry, r Request, o *open) bool {
	t := &trip{w: h.x.w, req: r, at: o.attributes(r), open: o}
	t.at.port = q.port
	if !q.tcp {
		t.settlePath()
	}
	peers := h.x.gateways
	switch {
	case r.From.OffMesh:
		peers = []identity{{}}
	case r.From.ServiceAccount != "":
		ns, account, _ := splitAccount(r.From.ServiceAccount)
		peers = []identity{t.peer(ns, account)}
	}
	return slices.ContainsFunc(peers, func(peer identity) bool {
		t.at.peer = peer
		return h.x.w.envoy(h.p, h.shape, &t.at) != no
	})
}

// listed reports whether the claim lists the client of a request. The proxy of a Gateway sends what its own clients ask for, and those are asked for apart.
func (h *hearing) listed(q *inquiry, r Request, got Outcome, trace *symbolic.Trace) (listed bool) {
	if r.From.ServiceAccount != "" {
		listed = trace.On(peerAxis, r.on(h.x.w, peerAxis).Text).OneOf(h.proxies)
	}
	for i := range h.claim.who {
		if h.is(&h.claim.who[i], q, r, trace) {
			listed = true
			h.reached[i] = h.reached[i] || got == Allow
		}
	}
	return listed
}

// proxies returns the principals of the pods of Gateways that do not count: those outside of user namespaces, and those of the target's own. Anyone who may run
// pods in a user namespace may run one as its Gateways' accounts. An account does not count as a Gateway's either if other pods of the manifests run as it.
func (x *asker) proxies(target *space) symbolic.List {
	add := func(l []string, g *gateway) []string {
		if slices.ContainsFunc(x.w.look(g.namespace).workloads, func(pod *workload) bool { return pod.account == g.account }) {
			return l
		}
		return append(l, x.w.identity(g.namespace, g.account).principal())
	}
	if !x.askedProxies {
		x.askedProxies = true
		for _, g := range x.w.allIngresses() {
			if !x.w.look(g.namespace).profile {
				x.shared = add(x.shared, g)
			}
		}
		for _, name := range x.w.names {
			if s := x.w.namespaces[name]; !s.profile {
				for _, g := range s.gateways {
					x.shared = add(x.shared, g)
				}
			}
		}
	}
	out := symbolic.List{Name: "accounts of Gateways for " + target.name, All: slices.Clone(x.shared)}
	for _, g := range target.gateways {
		out.All = add(out.All, g)
	}
	slices.Sort(out.All)
	out.All = slices.Compact(out.All)
	return out
}

// is reports whether a request's client is the one that is meant. A token of the issuer of sessions, or of the cluster, is what the session or the
// account has.
func (h *hearing) is(who *Who, q *inquiry, r Request, trace *symbolic.Trace) bool {
	w := h.x.w
	has := func(axis, text string) bool { return trace.At(axis, r.on(w, axis)).Is(text) }
	ns, account, _ := splitAccount(inProfile(cmp.Or(who.Token, who.ServiceAccount), h.profile))
	pod := q.kind == aPod || q.kind == aPodToken || q.kind == aPodJWT
	switch {
	case who.User != "" && q.kind == aUser:
		return has(userAxis, who.User)
	case who.User != "" && q.kind == aJWT:
		return w.issuerCopies(r.From.JWT.Issuer, "email") && has(claimAxis+"email", who.User)
	case who.Token != "" && q.kind == aToken:
		return has(tokenAxis, accountPrefix+ns+":"+account)
	case who.Token != "" && q.kind == aJWT:
		return isClusterIssuer(r.From.JWT.Issuer) && has(subjectAxis, accountPrefix+ns+":"+account)
	case who.ServiceAccount != "" && pod:
		return has(peerAxis, w.identity(ns, account).principal())
	case who.Namespace != "" && pod:
		own := trace.On(peerAxis, r.on(w, peerAxis).Text)
		return own.Between(w.mesh.domains[0]+"/ns/", "/").Is(inProfile(who.Namespace, h.profile))
	}
	return who.Anonymous && q.kind == anonymous || who.OffMesh && q.kind == offTheMesh
}

// issuerCopies reports whether a rule at the ingress copies a claim of an issuer's tokens to a header.
func (w *World) issuerCopies(issuer, claim string) bool {
	return slices.ContainsFunc(w.ingressRules(), func(r *jwtRule) bool { return r.issuer == issuer && r.copy(claim) != "" })
}

func (w *Who) text(profile string) string {
	switch {
	case w.User != "":
		return "user " + w.User
	case w.Token != "":
		return "token " + inProfile(w.Token, profile)
	case w.ServiceAccount != "":
		return "pod " + inProfile(w.ServiceAccount, profile)
	case w.Namespace != "":
		return "pods of " + inProfile(w.Namespace, profile)
	case w.Anonymous:
		return "anonymous"
	}
	return "off the mesh"
}

func (q *inquiry) text() string {
	r := Request{To: q.to, Port: q.port}
	return r.target()
}

// target is where a request goes, in words.
func (r *Request) target() string {
	out := "Service " + join(r.To.Namespace, r.To.Service)
	switch {
	case r.To.only != nil:
		out = "pods " + join(r.To.Namespace, r.To.only.name)
	case r.To.Direct:
		out = "pods of " + out
	}
	if r.Port != 0 {
		out += " port " + portText(r.Port)
	}
	return out
}

// holds is what a client's token holds besides its issuer and subject: its audiences and claims.
func (f From) holds() (out string) {
	audiences, of := f.audiences(), f.Claims
	if f.JWT != nil {
		audiences, of = f.JWT.Audiences, f.JWT.Claims
	}
	switch len(audiences) {
	case 0:
	case 1:
		out = " with the audience " + audiences[0]
	default:
		out = " with the audiences " + quoteAll(audiences)
	}
	return out + claimsIn("", of)
}

// claimsIn are claims by the names that request.auth.claims has for them: NAME, or [NAME][BELOW].
func claimsIn(above string, of map[string]any) (out string) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		full := name
		if above != "" {
			full = above + "[" + name + "]"
		}
		switch v := of[name].(type) {
		case string:
			out += " with the claim " + full + ": " + cmp.Or(v, "(empty)")
		case []string:
			out += " with the claim " + full + " [" + quoteAll(v) + "]"
		case map[string]any:
			if above == "" {
				full = "[" + name + "]"
			}
			out += claimsIn(full, v)
		}
	}
	return out
}

func quoteAll(texts []string) string {
	var out []string
	for _, s := range texts {
		out = append(out, fmt.Sprintf("%q", s))
	}
	return strings.Join(out, ", ")
}

// text is a request on one line.
func (r *Request) text() string {
	what := "a connection"
	if !r.TCP {
		what = r.Method + " " + r.Path
	}
	out := r.From.String()
	if r.From.JWT != nil && r.From.JWT.Subject != "" {
		out += " with the subject " + r.From.JWT.Subject
	}
	out += r.From.holds()
	out += ", " + what + " to " + r.target()
	if r.Host != "" && !r.TCP && r.Host != anyHost && r.Host != hostOf(r.To.Namespace, r.To.Service) {
		out += ", host " + r.Host
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		value := strings.TrimSpace(r.Headers[name])
		out += ", header " + name + ": " + cmp.Or(value, "(empty)")
	}
	return out
}
