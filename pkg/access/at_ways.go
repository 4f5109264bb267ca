package access

import "slices"

// way is one way of a request from a client outside to a virtual host of a gateway.
type way struct {
	gateway *gateway
	table   *table
	host    *virtualHost // nil: there is none that leads to the target
	given   bool         // the request names a path
	leads   bool         // some match of the host leads to the target
	path    string       // a route's, where the request names none
	match   *candidate   // the match that it is of
}

// answer is where a way ends.
type answer struct {
	Verdict
	rank wayRank
}

// wayRank is how much an answer counts; the first that there is decides.
type wayRank uint8

const (
	toTarget     wayRank = iota // the routes lead to the target
	toElsewhere                 // they lead to something else
	byAssumption                // none leads to the target, and one is assumed
)

// throughIngress goes every way that a request may take: through each ingress Gateway and listener, and where its host is not known, to each
// virtual host that leads to the target. Of the answers it reports the one that lets most in; a way that leads elsewhere counts only where no
// other leads to the target.
func (t *trip) throughIngress(to *space) Verdict {
	svc := t.fork().service(to, t.req.To.Service)
	ways, led := t.ways(to, svc)
	var best answer
	for i, way := range ways {
		if a := t.fork().via(&way, to, led); i == 0 || a.better(best) {
			best = a
		}
	}
	if len(ways) == 0 {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtRequest}, t.noListener())})
		best = answer{t.verdict(), byAssumption}
	}
	if best.rank != toTarget || best.Outcome == Deny {
		if v, may := t.byModel(to, svc, best); may {
			return v
		}
		if r, found := t.w.unfollowed(svc, to.pods(svc)); found {
			t.steps = best.Steps
			t.denied, t.pending, t.assumed, t.ofOne = nil, nil, best.Assumed, best.ofOne
			t.meet(r)
			return t.verdict()
		}
	}
	return best.Verdict
}

func (t *trip) noListener() string {
	if t.req.Listener != "" {
		return "no Gateway has a listener " + t.req.Listener + " that reads requests"
	}
	return "no Gateway has a listener that reads requests"
}

func (a *answer) better(than answer) bool {
	if a.rank != than.rank {
		return a.rank < than.rank
	}
	if a.Outcome == than.Outcome {
		return than.moot && !a.moot
	}
	return worse(ruling{outcome: than.Outcome}, ruling{outcome: a.Outcome}).outcome != than.Outcome
}

// ways are all ways to a Service; led: the routes of some lead there.
func (t *trip) ways(to *space, svc *service) (out []way, led bool) {
	var none []way
	pods := to.pods(svc)
	for _, g := range t.w.allIngresses() {
		for _, table := range t.w.tables(g) {
			if t.req.Listener != "" && !table.any && !slices.Contains(table.listeners, t.req.Listener) {
				continue
			}
			if t.req.unrouted {
				none = append(none, way{gateway: g, table: table, given: true})
				continue
			}
			found, leads := t.waysAt(g, table, svc, pods)
			led = led || leads
			if len(found) > 0 {
				out = append(out, found...)
			} else {
				none = append(none, way{gateway: g, table: table, given: t.req.Path != ""})
			}
		}
	}
	if t.req.Path == "" && len(out) > 0 {
		return out, led // who names no path asks for a route to the target
	}
	if len(out) == 0 && !t.req.unrouted {
		for i := range none {
			none[i].host = t.otherHost(none[i].table)
		}
	}
	return append(out, none...), led
}

// waysAt are those through one table whose host is the request's or leads to the target.
func (t *trip) waysAt(g *gateway, table *table, svc *service, pods []*workload) (out []way, leads bool) {
	hosts := table.byBackend[svc.id()]
	toPool := map[*virtualHost]*candidate{}
	for _, p := range table.toPools {
		if !slices.Contains(hosts, p.host) && t.w.poolOf(p.match, svc, pods) != "" {
			hosts, toPool[p.host] = append(slices.Clip(hosts), p.host), p.match
		}
	}
	leads = len(hosts) > 0
	chosen := hosts
	if host, ok := t.host(); ok {
		chosen = nil
		if h := table.of(host, t.at.trace); h != nil && (t.req.Path != "" || slices.Contains(hosts, h)) {
			chosen = []*virtualHost{h}
		}
	}
	for _, h := range chosen {
		one := way{gateway: g, table: table, host: h, given: t.req.Path != "", leads: slices.Contains(hosts, h)}
		if !one.given {
			if one.path, one.match = h.pathTo(svc.id()); toPool[h] != nil {
				one.path, one.match = toPool[h].match.example(), toPool[h]
			}
		}
		out = append(out, one)
	}
	return out, leads
}

// host is the request's, where it is known.
func (t *trip) host() (value, bool) { return t.at.host, t.at.host.State() == known }

// otherHost is some host that takes the request, where none leads to the target.
func (t *trip) otherHost(table *table) *virtualHost {
	if _, ok := t.host(); ok || t.req.Path == "" {
		return nil
	}
	at := t.at
	readings, _ := readPath(t.req.Path, t.w.mesh.normalization)
	query := readings[0].query
	at.path = t.pathRead(readings, 0)
	if h := table.hosts["*"]; h != nil && len(h.pick(&at, query)) > 0 {
		return h
	}
	for _, h := range table.ordered {
		if len(h.pick(&at, query)) > 0 {
			return h
		}
	}
	return nil
}

// fork is a copy that goes its own way.
func (t *trip) fork() *trip {
	out := *t
	out.steps, out.assumed, out.ofOne = slices.Clone(t.steps), slices.Clone(t.assumed), slices.Clone(t.ofOne)
	out.at.headers = slices.Clone(t.at.headers)
	return &out
}
