package access

import "slices"

// opening is a way in that an ALLOW rule leaves: what a request must be like, beside its client.
type opening struct {
	policy *policy // nil: no ALLOW policy applies
	rule   int
	client [][]condition // any of which the identity of the client satisfies, nil: everybody's does
	asks   []condition   // all of which the request satisfies
	front  *opening      // of the gateway that the request comes through first
}

func (o *opening) key() string { return ruleKey(o.policy.id(), o.rule) }

func ruleKey(policy string, rule int) string { return policy + " rule " + portText(rule) }

// inForce reports whether a policy's rules let anybody in where it is attached.
func (p *policy) inForce() bool { return p.action == allow && p.bad == nil && !p.dryRun }

// openingsOf are those of the ALLOW policies of one point, in order.
func openingsOf(policies []*policy) (out []opening) {
	closes := false
	for _, p := range policies {
		closes = closes || p.action == allow && !p.dryRun
		if !p.inForce() {
			continue
		}
		for i := range p.rules {
			out = append(out, p.rules[i].openings(p, i)...)
		}
	}
	if !closes {
		out = append(out, opening{})
	}
	return out
}

// openings: each entry of `from` that asks for more than an identity is one of its own, and so is each entry of `to`.
func (r *rule) openings(p *policy, index int) (out []opening) {
	who, asks := split(r.when)
	ways := []opening{}
	var plain [][]condition
	for _, e := range r.from {
		if id, more := split(e); len(more) == 0 {
			plain = append(plain, slices.Concat(id, who))
		} else {
			ways = append(ways, opening{client: [][]condition{slices.Concat(id, who)}, asks: more})
		}
	}
	switch {
	case len(plain) > 0:
		ways = append(ways, opening{client: plain})
	case len(r.from) == 0 && len(who) > 0:
		ways = append(ways, opening{client: [][]condition{who}})
	case len(r.from) == 0:
		ways = append(ways, opening{})
	}
	entries := r.to
	if len(entries) == 0 {
		entries = [][]condition{nil}
	}
	for _, y := range ways {
		for _, e := range entries {
			y.policy, y.rule = p, index
			out = append(out, opening{policy: p, rule: index, client: y.client, asks: pseudo(slices.Concat(e, y.asks, asks))})
		}
	}
	return out
}

// split gives the conditions about an identity, and the others.
func split(conditions []condition) (identity, others []condition) {
	for _, c := range conditions {
		switch c.attribute {
		case principal, namespaceOf, serviceAccount, trustDomain:
			identity = append(identity, c)
		default:
			others = append(others, c)
		}
	}
	return identity, others
}

// pseudo has conditions about Envoy's pseudo headers speak of what they mean.
func pseudo(conditions []condition) []condition {
	for i := range conditions {
		if c := &conditions[i]; c.attribute == header {
			switch c.key {
			case ":method":
				c.attribute, c.key = method, ""
			case ":authority", "host":
				c.attribute, c.key = host, ""
			}
		}
	}
	return conditions
}

// takes reports whether the rule may be for one of these clients.
func (o *opening) takes(w *World, peers []identity) bool {
	if len(o.client) == 0 {
		return true
	}
	for _, peer := range peers {
		at := freeAttributes(peer)
		if w.envoyAny(o.policy, o.client, &at) != no {
			return true
		}
	}
	return false
}

// rule gives what the opening is of.
func (o *opening) of() *rule { return &o.policy.rules[o.rule] }

// passes reports whether a verdict is an allow by the opening.
func (o *opening) passes(v Verdict) bool {
	return v.Outcome == Allow && (o.policy == nil || v.Policy == o.policy.id() && v.Rule == o.rule) &&
		(o.front == nil || slices.ContainsFunc(v.Steps, func(s Step) bool {
			return s.Point.Kind == AtGateway && s.Policy == o.front.policy.id() && s.Rule == o.front.rule
		}))
}

// misses reports whether a verdict is for want of the opening's own conditions: no other request of the same client would do better.
func (o *opening) misses(v Verdict) bool {
	return v.Outcome == Deny && v.Point.Kind == AtWaypoint && v.Policy != "" && v.Rule < 0
}
