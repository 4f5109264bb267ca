package access

import "strconv"

// layer is a kind of enforcement point: how it compares a rule.
type layer uint8

const (
	l4 layer = iota // ztunnel
	l7              // waypoint or gateway
)

func (w *World) match(on layer, p *policy, r *rule, a *attributes) verdict3 {
	if on == l4 {
		return r.ztunnel(p, a)
	}
	return w.envoy(p, r, a)
}

// matchPolicy gives the first rule that matches best, and how well.
func (w *World) matchPolicy(on layer, p *policy, a *attributes) (best verdict3, index int) {
	if p.bad != nil {
		if a.doubt.why == "" {
			a.doubt.why = p.id() + p.notCertain() + p.bad.Error()
		}
		return maybe, -1
	}
	index = -1
	for i := range p.rules {
		if m := w.match(on, p, &p.rules[i], a); m > best {
			best, index = m, i
			if m == yes {
				break
			}
		}
	}
	return best, index
}

// judge applies DENY, then ALLOW: a DENY that matches denies; without an ALLOW policy everything passes; with one, a rule must match
// (ztunnel state.rs assert_rbac; Envoy RBAC filters in the order of authz/builder). Dry-run policies decide nothing, AUDIT neither.
func (w *World) judge(on layer, point Point, policies []*policy, a *attributes) ruling {
	if a.watch != nil {
		a.watch(on, point, policies, a)
	}
	a.doubt = doubt{}
	var pending ruling
	pended := false
	for _, p := range policies {
		// What a malformed policy would do nobody knows, so it counts here whatever it says it is.
		if p.bad == nil && (p.action != deny || p.dryRun || a.undenied) || p.action == custom {
			continue
		}
		switch m, i := w.matchPolicy(on, p, a); {
		case m == yes:
			return ruling{outcome: Deny, Step: p.step(point, i, doubt{why: "a DENY rule matches"})}
		case m == maybe && !pended:
			pended, pending = true, ruling{outcome: NotJudged, Step: p.step(point, i, a.doubt)}
		}
	}
	a.doubt = doubt{}
	out := w.judgeAllow(on, point, policies, a)
	if out.outcome == Allow && pended {
		return pending
	}
	return out
}

func (w *World) judgeAllow(on layer, point Point, policies []*policy, a *attributes) ruling {
	best, index := no, -1
	var first, hit *policy
	for _, p := range policies {
		if p.action != allow || p.dryRun && p.bad == nil {
			continue
		}
		if first == nil {
			first = p
		}
		if m, i := w.matchPolicy(on, p, a); m > best {
			best, hit, index = m, p, i
		}
		if best == yes {
			hit, index = w.favored(on, policies, hit, index, a)
			return ruling{outcome: Allow, Step: hit.step(point, index, doubt{why: "an ALLOW rule matches"})}
		}
	}
	switch {
	case first == nil:
		return ruling{outcome: Allow, Step: stepAt(point, "no ALLOW policy applies, so all may pass")}
	case best == maybe:
		return ruling{outcome: NotJudged, Step: hit.step(point, index, a.doubt)}
	}
	return ruling{outcome: Deny, Step: first.step(point, -1, doubt{why: noMatch(policies)})}
}

// favored is the rule to name of those that match: one that the question is about, else the first.
func (w *World) favored(on layer, policies []*policy, hit *policy, index int, a *attributes) (*policy, int) {
	for _, r := range a.favor {
		for _, p := range policies {
			if !p.inForce() {
				continue
			}
			for i := range p.rules {
				if &p.rules[i] == r && w.match(on, p, r, a) == yes {
					return p, i
				}
			}
		}
	}
	return hit, index
}

// noMatch counts the ALLOW policies that had no rule for a request.
func noMatch(policies []*policy) string {
	n := 0
	for _, p := range policies {
		if p.action == allow && !p.dryRun {
			n++
		}
	}
	if n == 1 {
		return "no ALLOW rule matches"
	}
	return "no ALLOW rule of " + strconv.Itoa(n) + " policies matches"
}
