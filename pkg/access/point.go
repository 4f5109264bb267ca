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
func (w *World) matchPolicy(on layer, at attached, a *attributes) (best verdict3, index int) {
	if at.policy.bad != "" {
		if a.doubt == "" {
			a.doubt = at.policy.id() + " is malformed: " + at.policy.bad
		}
		return maybe, -1
	}
	index = -1
	for i := range at.policy.rules {
		if m := w.match(on, at.policy, &at.policy.rules[i], a); m > best {
			best, index = m, i
			if m == yes {
				break
			}
		}
	}
	if best == yes && at.sure == maybe {
		best = maybe
		if a.doubt == "" {
			a.doubt = "whether " + at.policy.id() + " selects the pod depends on labels that are not given"
		}
	}
	return best, index
}

// judge applies DENY, then ALLOW: a DENY that matches denies; without an ALLOW policy everything passes; with one, a rule must match
// (ztunnel state.rs assert_rbac; Envoy RBAC filters in the order of authz/builder). Dry-run policies decide nothing, AUDIT neither.
func (w *World) judge(on layer, point string, policies []attached, a *attributes) ruling {
	a.doubt = ""
	var pending ruling
	pended := false
	for _, at := range policies {
		// What a malformed policy would do nobody knows, so it counts here whatever it says it is.
		if at.policy.bad == "" && (at.policy.action != deny || at.policy.dryRun) || at.policy.action == custom {
			continue
		}
		switch m, i := w.matchPolicy(on, at, a); {
		case m == yes:
			return ruling{Deny, Step{point, at.policy.id(), i, "a DENY rule matches"}}
		case m == maybe && !pended:
			pended, pending = true, ruling{NotJudged, Step{point, at.policy.id(), i, a.doubt}}
		}
	}
	a.doubt = ""
	out := w.judgeAllow(on, point, policies, a)
	if out.outcome == Allow && pended {
		return pending
	}
	return out
}

func (w *World) judgeAllow(on layer, point string, policies []attached, a *attributes) ruling {
	exists, best := no, no
	var first, hit attached
	index := -1
	for _, at := range policies {
		if at.policy.action != allow || at.policy.dryRun && at.policy.bad == "" {
			continue
		}
		if first.policy == nil {
			first = at
		}
		exists = max(exists, at.sure)
		if m, i := w.matchPolicy(on, at, a); m > best {
			best, hit, index = m, at, i
		}
		if best == yes {
			return ruling{Allow, Step{point, hit.policy.id(), index, "an ALLOW rule matches"}}
		}
	}
	switch {
	case exists == no:
		return ruling{Allow, Step{point, "", -1, "no ALLOW policy applies, so all may pass"}}
	case best == maybe:
		return ruling{NotJudged, Step{point, hit.policy.id(), index, a.doubt}}
	case exists == maybe:
		return ruling{NotJudged, Step{point, first.policy.id(), -1, "whether it selects the pod depends on labels that are not given"}}
	}
	return ruling{Deny, Step{point, first.policy.id(), -1, noMatch(policies)}}
}

// noMatch counts the ALLOW policies that had no rule for a request.
func noMatch(policies []attached) string {
	n := 0
	for _, at := range policies {
		if at.policy.action == allow && !at.policy.dryRun {
			n++
		}
	}
	if n == 1 {
		return "no ALLOW rule matches"
	}
	return "no ALLOW rule of " + strconv.Itoa(n) + " policies matches"
}

// judgeCustom applies CUSTOM policies, which come before everything else. What an external authorizer answers is not in the manifests: a
// matching rule is NOT JUDGED, except that a session (from.user) is what such an authorizer looks for and passes, which is assumed. A
// provider that meshConfig does not define denies (authz/builder getBadCustomDenyRules). On TCP, an HTTP provider is skipped; whether it is
// one is only known for certain names, so a match on TCP is NOT JUDGED.
func (w *World) judgeCustom(point string, policies []attached, a *attributes, session bool) (out ruling, assumed string) {
	for _, at := range policies {
		if at.policy.action != custom {
			continue
		}
		a.doubt = ""
		m, i := w.matchPolicy(l7, at, a)
		step := Step{point, at.policy.id(), i, ""}
		switch {
		case m == no:
		case at.policy.bad != "":
			step.Why = a.doubt
			out = ruling{NotJudged, step}
		case w.mesh.stated && !w.mesh.providers[at.policy.provider]:
			step.Why = "meshConfig defines no provider " + at.policy.provider + ", which denies"
			if m == yes {
				return ruling{Deny, step}, assumed
			}
			step.Why = a.doubt
			out = ruling{NotJudged, step}
		case session:
			assumed = "the authorizer " + at.policy.provider + " lets a session pass"
		case m == yes:
			step.Why = "the authorizer " + at.policy.provider + " decides"
			out = ruling{NotJudged, step}
		default:
			step.Why = a.doubt
			out = ruling{NotJudged, step}
		}
	}
	if out.Point == "" {
		out.outcome = Allow
	}
	return out, assumed
}
