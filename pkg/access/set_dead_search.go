package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// lost is an ALLOW rule that no line names, and what became of the requests that it matches: "" where it matches none.
type lost struct {
	policy *policy
	index  int
	why    string
	rank   int // of why: the best is looked for
}

// What becomes of a request that a rule matches, from what says least of the rule to what says most.
const (
	foundNone = iota
	foundIdle // it is asked for nowhere
	foundStopped
	foundUnknown
	foundShadowed
)

// seek asks all requests to each of some namespaces, as if there were no DENY policy, for some that the rules match.
func (x *asker) seek(rules []*lost, spaces []*space) {
	for _, s := range spaces {
		pool := x.pool.About()
		for _, a := range x.aims(s) {
			for _, port := range a.allPorts() {
				x.seekAt(rules, a.policies, goal{a.to, port, false}, pool)
				x.seekAt(rules, a.policies, goal{a.to, port, true}, pool)
			}
		}
		for _, a := range x.podAims(s) {
			policies, b := a.policies, x.w.podWaypoint(s, a.pod)
			if b.gateway != nil {
				policies = slices.Concat(policies, x.w.atWaypoint(b.gateway, nil))
			}
			for _, port := range a.allPorts(s) {
				if x.seekAt(rules, policies, goal{a.to, port, true}, pool); b.gateway != nil || b.doubt != "" {
					x.seekAt(rules, policies, goal{a.to, port, false}, pool)
				}
			}
		}
	}
}

// seekAt asks for one target, before which some policies stand.
func (x *asker) seekAt(rules []*lost, policies []*policy, g goal, pool *symbolic.Pool) {
	routeless := g.to.Service != "" && x.w.routeless(g.to)
	for _, q := range x.w.inquiries(g.to, g.port, g.tcp) {
		q.unrouted = routeless && q.kind.ingress()
		var here []*lost
		for _, l := range rules {
			if l.rank < foundShadowed && (slices.Contains(policies, l.policy) || q.kind.ingress() && x.atAnyGateway(l.policy)) {
				here = append(here, l)
			}
		}
		if len(here) == 0 {
			continue
		}
		x.seekOne(here, q, pool)
	}
}

// seekOne asks one question for some rules. What a search that does not come to its end has not found of a rule, nobody knows.
func (x *asker) seekOne(here []*lost, q inquiry, pool *symbolic.Pool) {
	done := x.w.search(&q, pool, maxQuestions, func(r Request) (Verdict, *symbolic.Trace, bool) {
		r.plain, r.undenied = q.shows(), true
		o := &open{trace: &symbolic.Trace{}}
		var hit []*lost
		o.watch = func(on layer, _ Point, at []*policy, a *attributes) {
			for _, l := range here {
				if l.rank == foundShadowed || !slices.Contains(at, l.policy) {
					continue
				}
				switch x.w.match(on, l.policy, &l.policy.rules[l.index], a) {
				case yes:
					hit = append(hit, l)
				case maybe:
					l.found(foundUnknown, a.doubt.why)
				}
			}
		}
		v := x.w.answer(r, o)
		if r.undenied = false; len(hit) > 0 {
			x.tell(hit, x.w.Decide(r))
		}
		return v, o.trace, slices.ContainsFunc(here, func(l *lost) bool { return l.rank < foundShadowed })
	})
	for _, l := range here {
		if done.failed != "" {
			l.found(foundUnknown, done.failed)
		}
	}
}

// tell says of rules what decides about a request that they match, in their place.
func (x *asker) tell(rules []*lost, v Verdict) {
	for _, l := range rules {
		switch {
		case v.Outcome == NotJudged && v.moot:
		case v.Outcome == NotJudged:
			l.found(foundUnknown, v.Why)
		case v.Outcome == Allow && slices.Contains(v.rules(), ruleKey(l.policy.id(), l.index)):
			l.found(foundShadowed, "lets in nobody who does not get in without it")
		case v.Outcome == Allow && len(v.rules()) > 0:
			l.found(foundShadowed, "shadowed by "+strings.TrimPrefix(v.rules()[0], l.policy.namespace+"/"))
		case v.Outcome == Allow:
			l.found(foundShadowed, "shadowed by "+v.String())
		default:
			l.found(foundStopped, "matches nothing that gets through: "+v.String())
		}
	}
}

func (l *lost) found(rank int, why string) {
	if rank > l.rank {
		l.rank, l.why = rank, why
	}
}
