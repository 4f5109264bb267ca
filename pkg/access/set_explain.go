package access

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Report lists who reaches what, namespace by namespace, and which routes change the user of a request.
type Report struct {
	Namespaces []NamespaceReport `json:"namespaces"`
	Dead       []DeadRule        `json:"dead,omitempty"`
	NotJudged  []DeadRule        `json:"notJudged,omitempty"` // ALLOW rules without a line that may let somebody in
	Findings   []RouteFinding    `json:"findings,omitempty"`
	Assumed    []string          `json:"assumed,omitempty"` // about who the clients are and what their way is, where the manifests do not say it
	Errors     []string          `json:"internalErrors,omitempty"`

	world *World
}

// NamespaceReport is one namespace: how it is protected, and one line for each set of requests that get in. What it says is so of like namespaces, too,
// with their names and their owners' in the spot of its own.
type NamespaceReport struct {
	Namespace string   `json:"namespace"`
	Like      []string `json:"like,omitempty"`
	Mesh      string   `json:"mesh"`
	Access    []Access `json:"access"`

	tenant bool // a user namespace
}

// Access is what some clients reach, or "nothing", and by which policy. Witness is one of the requests.
type Access struct {
	Who     string `json:"who"`
	Kind    string `json:"kind"`
	Reaches string `json:"reaches"`
	Outcome string `json:"outcome"`
	By      string `json:"by"`
	Witness string `json:"witness,omitempty"`

	rules    []string // that By names
	client   client
	says     map[string]symbolic.Phrase // the set of its first target, by axis
	full     bool                       // everything of a target
	ofTenant bool                       // the witness is a pod of a user namespace
	detour   bool                       // through a door
}

// Roles tells the owner of a namespace and its contributors from other users: by the names of the policies that allow them, as patterns.
type Roles struct{ Owner, Contributor []string }

// Explain reports which of all requests to each namespace are allowed and which are not judged. Namespaces with neither Services nor policies of their
// own are left out. If namespaces are given, it reports only on them, and omits ALLOW rules for all namespaces.
func (w *World) Explain(roles Roles, namespaces ...string) Report {
	return w.ExplainOnly(roles, Filter{Namespaces: namespaces})
}

// ExplainOnly is Explain of a part. Of rules without a line, and of clients that reach nothing beside the one that is asked about, it says nothing.
func (w *World) ExplainOnly(roles Roles, f Filter) Report {
	r := Report{Namespaces: []NamespaceReport{}, world: w}
	for _, f := range w.rewrites(nil) {
		r.Findings = append(r.Findings, f.report())
	}
	x := newAsker(w)
	x.roles, x.report, x.only = roles, &r, f
	classes := x.classes()
	for i, class := range classes {
		f.step(i, len(classes))
		s := w.namespaces[class[0]]
		if len(s.services)+len(s.policies)+len(s.notebooks)+len(x.routed[s.name]) == 0 {
			continue
		}
		if n := x.explain(s); len(n.Access) > 0 {
			n.Like = class[1:]
			r.Namespaces = append(r.Namespaces, n)
		}
	}
	if f.Service == "" && !f.one() {
		x.addFronts(&r)
		r.Dead, r.NotJudged = x.dead(&r)
	}
	slices.Sort(r.Assumed)
	return r
}

// classes are all namespaces, or those that are asked for, by their names, those that are alike with the first of them.
func (x *asker) classes() (out [][]string) {
	first := map[string][]string{}
	for _, class := range x.w.alike() {
		for i, name := range x.only.namespaces(class) {
			if i == 0 {
				first[name] = x.only.namespaces(class)
			} else {
				first[name] = nil
			}
		}
	}
	names := slices.Clone(x.only.namespaces(x.w.names))
	sort.Strings(names)
	for _, name := range names {
		switch class, tenant := first[name]; {
		case !tenant:
			out = append(out, []string{name})
		case class != nil:
			out = append(out, class)
		}
	}
	return out
}

// explain asks all questions about a namespace.
func (x *asker) explain(s *space) NamespaceReport {
	out := NamespaceReport{Namespace: s.name, Mesh: x.w.describe(s), tenant: s.profile}
	t := &survey{x: x, s: s, aims: x.aims(s), pods: x.podAims(s), pool: x.pool.About()}
	t.aims = slices.DeleteFunc(t.aims, func(a *aim) bool { return !x.only.takes(a.name, false) })
	t.pods = slices.DeleteFunc(t.pods, func(p podAim) bool { return !x.only.takes(p.name, true) })
	for i, a := range t.aims {
		for _, port := range slices.DeleteFunc(slices.Clone(a.allPorts()), func(port int) bool { return !x.only.at(port) }) {
			t.ask(goal{a.to, port, false}, spot{aim: i, port: port})
			t.ask(goal{a.to, port, true}, spot{aim: i, port: port, tcp: true})
		}
	}
	for i := range t.pods {
		p := &t.pods[i]
		requests := x.w.podWaypoint(s, p.pod)
		for _, port := range p.allPorts(s) {
			if t.ask(goal{p.to, port, true}, spot{pods: true, aim: i, port: port, tcp: true}); requests.gateway != nil || requests.doubt != "" {
				t.ask(goal{p.to, port, false}, spot{pods: true, aim: i, port: port})
			}
		}
	}
	out.Access = t.access()
	return out
}

// survey collects the rows of a namespace.
type survey struct {
	x      *asker
	s      *space
	aims   []*aim
	pods   []podAim
	pool   *symbolic.Pool
	rows   []*row
	asked  map[client]Step // kinds of clients that were asked for, and what denies most of them
	order  []client
	asks   int
	same   int // questions whose answer is that of the first for everything
	common *row
}

// client is a kind of clients that a namespace is asked about.
type client struct {
	kind   clientKind
	issuer string
}

// row is one line of one or more targets.
type row struct {
	client
	who, what, by string
	outcome       Outcome
	rules         []string
	witness       string
	spots         []spot
	says          map[string]symbolic.Phrase
	whole         bool // all clients of the kind, and everything
	ofTenant      bool
	session       string // a token's line as that of the session with it
}

// spot is a target, by its number, at a port.
type spot struct {
	pods    bool
	aim     int
	port    int
	tcp     bool
	noRoute bool
}

// ask adds the lines about a target.
func (t *survey) ask(g goal, at spot) {
	routeless := !g.to.Direct && g.to.Service != "" && t.x.w.routeless(g.to)
	for _, q := range t.x.only.of(t.x.w.inquiries(g.to, g.port, g.tcp)) {
		q.unrouted = routeless && q.kind.ingress()
		a := t.x.w.about(&q, t.pool)
		t.x.report.Errors = append(t.x.report.Errors, a.wrong...)
		t.x.report.assume(&a)
		c := client{kind: q.kind}
		if q.from.JWT != nil {
			c.issuer = q.from.JWT.Issuer
		}
		t.note(c, a.denied)
		whole := false
		for i := range a.lines {
			l := &a.lines[i]
			for _, key := range l.rules {
				t.x.passed[key] = true
			}
			if !t.x.only.holds(t.x.w, l.says) {
				continue
			}
			r := t.row(c, l)
			spot := at
			spot.noRoute = l.noRoute
			r.spots = append(r.spots, spot)
			whole = whole || len(a.lines) == 1 && l.everything()
			if whole {
				t.whole(r)
			}
		}
		t.asks++
	}
}

// assume adds what the answers to a question assume, but not what is about one target or client alone, whose line names it.
func (r *Report) assume(a *account) {
	for i := range a.found {
		v := &a.found[i].Outcome.verdict
		for _, what := range v.Assumed {
			if !slices.Contains(v.ofOne, what) && !slices.Contains(r.Assumed, what) {
				r.Assumed = append(r.Assumed, what)
			}
		}
	}
}

// ingress reports whether clients of a kind come through an ingress Gateway.
func (k clientKind) ingress() bool {
	return k == aUser || k == aToken || k == aJWT || k == anonymous
}

// routeless reports whether no route of an ingress Gateway leads to a Service, nor may one be made for it (byModel). Who would get in by one is then the question.
func (w *World) routeless(to To) bool {
	s := w.look(to.Namespace)
	svc := s.service(to.Service)
	if svc == nil {
		svc = (&trip{w: w}).service(s, to.Service)
	}
	if s.modelOf(svc.name) != nil {
		return false
	}
	for _, g := range w.allIngresses() {
		for _, table := range w.tables(g) {
			if len(table.byBackend[svc.id()])+len(table.toPools) > 0 {
				return false
			}
		}
	}
	return true
}

func (t *survey) note(c client, denied Step) {
	if t.asked == nil {
		t.asked = map[client]Step{}
	}
	if was, ok := t.asked[c]; !ok {
		t.asked[c], t.order = denied, append(t.order, c)
	} else if was.Point.Kind == "" {
		t.asked[c] = denied
	}
}

// whole counts the questions that have one answer for everything.
func (t *survey) whole(r *row) {
	if t.common == nil {
		t.common = r
	}
	if t.common.outcome == r.outcome && t.common.by == r.by {
		t.same++
	}
}

// everything reports whether a line has all clients and all requests of its question.
func (l *line) everything() bool {
	for _, p := range l.says {
		if p != nil {
			return false
		}
	}
	return true
}

// row is that of a line, which other targets may have, too.
func (t *survey) row(c client, l *line) *row {
	lex := t.x.w.lexicon()
	n := row{client: c, who: l.who(lex), what: l.what(lex), by: t.x.shortBy(l, t.s.name), outcome: l.outcome, rules: l.rules, says: l.says, whole: l.everything(), session: l.sessionOf(t.x.w)}
	for _, r := range t.rows {
		if r.client == n.client && r.who == n.who && r.what == n.what && r.by == n.by && r.outcome == n.outcome {
			return r
		}
	}
	if !l.unasked {
		n.witness = l.witness.text()
		ns, account, _ := splitAccount(l.witness.From.ServiceAccount)
		if t.x.w.proxyOf(ns, account) != "" {
			n.witness = strings.Replace(n.witness, "pod "+l.witness.From.ServiceAccount, t.x.w.proxyOf(ns, account), 1)
		}
		n.ofTenant = t.x.w.look(ns).profile
	}
	t.rows = append(t.rows, &n)
	return t.rows[len(t.rows)-1]
}

func (r *row) saying() saying { return saying{r.kind, r.who, r.what, r.session} }

// told reports whether other rows cover a row about a token: those of the session with it, or of pods with any token.
func (t *survey) told(r *row) bool {
	for _, o := range t.rows {
		if o.by != r.by || o.outcome != r.outcome || slices.ContainsFunc(r.spots, func(p spot) bool { return !slices.Contains(o.spots, p) }) {
			continue
		}
		if r.saying().isOf(o.saying()) {
			return true
		}
	}
	return false
}

// access are the lines of the namespace.
func (t *survey) access() []Access {
	if t.common != nil && t.same == t.asks && !t.x.only.one() {
		if t.common.outcome != Deny {
			return []Access{t.ofAnyone("anyone")}
		}
		return append([]Access{t.ofAnyone("anyone")}, t.detours()...)
	}
	open := !t.x.only.one() && t.openToAll()
	var out []Access
	for _, c := range t.order {
		if open && !c.kind.ingress() {
			continue
		}
		some, all := false, false
		var own []*row
		for _, r := range t.rows {
			if r.client != c {
				continue
			}
			if some, all = true, all || strings.HasPrefix(r.who, "any"); !t.told(r) {
				own = append(own, r)
			}
		}
		slices.SortStableFunc(own, func(a, b *row) int { return cmp.Or(t.rank(a)-t.rank(b), cmp.Compare(a.who, b.who)) })
		for _, r := range own {
			out = append(out, t.line(r))
		}
		if t.x.only.one() {
			if !some {
				out = append(out, Access{Who: t.x.only.From.String(), Kind: c.kind.String(), Reaches: "nothing", Outcome: Deny.String(), By: t.x.shortStep(Deny, t.asked[c], t.s.name)})
			}
			continue
		}
		if text := c.others(some); text != "" && !all && t.asked[c].Point.Kind != "" {
			out = append(out, Access{Who: text, Kind: c.kind.String(), Reaches: "nothing", Outcome: Deny.String(), By: t.x.shortStep(Deny, t.asked[c], t.s.name)})
		}
	}
	if open {
		return append(out, t.ofAnyone("any pod, in the mesh or not"))
	}
	return append(out, t.detours()...)
}

func (t *survey) ofAnyone(who string) Access {
	c := t.common
	return Access{Who: who, Kind: "anyone", Reaches: t.s.openTo(c.outcome), Outcome: c.outcome.String(), By: c.by, Witness: c.witness, rules: c.rules}
}

// openToAll reports whether every client outside the mesh and every pod in it reaches everything.
func (t *survey) openToAll() bool {
	var open *row
	outsiders, pods := 0, 0
	for _, r := range t.rows {
		switch {
		case !r.whole || r.outcome != Allow:
		case r.kind == offTheMesh:
			outsiders, open = outsiders+len(r.spots), r
		case r.kind == aPod:
			pods += len(r.spots)
		}
	}
	all := 0
	for _, a := range t.aims {
		all += 2 * len(a.allPorts())
	}
	for i := range t.pods {
		all += len(t.pods[i].allPorts(t.s))
	}
	if outsiders < all || pods < all || open == nil {
		return false
	}
	t.common = open
	return true
}

// others returns the name of the clients of a kind that no line has, or "" if they are reported with others.
func (c client) others(some bool) string {
	which := map[bool]string{true: "any other ", false: "any "}[some]
	switch c.kind {
	case aUser:
		return which + "user"
	case aToken:
		return which + "Kubernetes token"
	case aJWT:
		if some {
			return ""
		}
		return "token of " + issuerText(c.issuer)
	case anonymous:
		if some {
			return ""
		}
		return "anonymous, through the ingress"
	case aPod:
		return which + "pod in the mesh"
	case offTheMesh:
		if some {
			return ""
		}
		return "anything off the mesh"
	}
	return ""
}

// rank puts what the owner has first, and what is about all others last.
func (t *survey) rank(r *row) int {
	switch kind := t.kindOf(r); {
	case kind == "owner":
		return 0
	case r.who == "pods of ns "+t.s.name:
		return 1
	case strings.HasPrefix(r.who, "any"):
		return 3
	}
	return 2
}

func (t *survey) kindOf(r *row) string {
	named := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			return slices.ContainsFunc(r.rules, func(key string) bool {
				id, _, _ := strings.Cut(key, " rule ")
				return matchPattern(pattern, strings.TrimPrefix(id, t.s.name+"/"))
			})
		})
	}
	if r.kind == aUser && !strings.HasPrefix(r.who, "any") && !strings.Contains(r.who, ",") {
		switch {
		case named(t.x.roles.Owner):
			return "owner"
		case named(t.x.roles.Contributor):
			return "contributor"
		}
	}
	return r.kind.String()
}
