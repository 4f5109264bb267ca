package access

// ztunnel judges whether a rule matches at ztunnel, which sees peers, addresses and ports only. istiod drops an ALLOW rule that holds one
// HTTP attribute (ambient handleRule). From a DENY rule it strips them, and an entry or a `when` that is left empty never matches, so the
// rule never denies (ambient handleRule; ztunnel rbac.rs skips empty matches); if an L4 attribute remains, the stripped rule is wider.
func (r *rule) ztunnel(p *policy, a *attributes) verdict3 {
	if p.action == allow && r.droppedByZtunnel() != "" {
		return no
	}
	out, start := yes, a.trace.Mark()
	for i := range r.when {
		before := a.trace.Mark()
		if out = min(out, ztunnelWhen(p, &r.when[i], a)); out == no {
			a.trace.Forget(start, before)
			return no
		}
	}
	for _, entries := range [2][][]condition{r.to, r.from} {
		if out == no || len(entries) == 0 {
			continue
		}
		before := a.trace.Mark()
		if out = min(out, ztunnelAny(p, entries, a)); out == no {
			a.trace.Forget(start, before)
		}
	}
	return out
}

// droppedByZtunnel names an attribute for which istiod drops an ALLOW rule, "" where it keeps the rule (ambient httpOperations,
// httpSources, l4WhenAttributes).
func (r *rule) droppedByZtunnel() string {
	for _, entries := range [2][][]condition{r.from, r.to} {
		for _, e := range entries {
			for i := range e {
				if a := e[i].attribute; a.http() || a == remoteIP {
					return e[i].name()
				}
			}
		}
	}
	for i := range r.when {
		if !r.when[i].layer4() {
			return r.when[i].name()
		}
	}
	return ""
}

// layer4: the attribute of a `when` that ztunnel takes; serviceAccount, trustDomain and sni are not among them (ambient l4WhenAttributes).
func (c *condition) layer4() bool {
	switch c.attribute {
	case principal, namespaceOf, sourceIP, destinationIP, port:
		return true
	}
	return false
}

// name is the attribute as a reader of the policy knows it.
func (c *condition) name() string {
	switch c.attribute {
	case header:
		return "request.headers[" + c.key + "]"
	case claim:
		return "request.auth.claims[" + c.key + "]"
	case host:
		return "hosts"
	case method:
		return "methods"
	case path:
		return "paths"
	case requestPrincipal:
		return "requestPrincipals"
	case remoteIP:
		return "remoteIpBlocks"
	}
	return c.key
}

func ztunnelAny(p *policy, entries [][]condition, a *attributes) verdict3 {
	out, start := no, a.trace.Mark()
	for _, e := range entries {
		before := a.trace.Mark()
		if out = max(out, ztunnelEntry(p, e, a)); out == yes {
			a.trace.Forget(start, before)
			break
		}
	}
	return out
}

// ztunnelEntry: trustDomains never reach ztunnel and are no reason to drop the rule either, so they do not narrow it (ambient handleRule).
func ztunnelEntry(p *policy, conditions []condition, a *attributes) verdict3 {
	out, empty, start := yes, true, a.trace.Mark()
	for i := range conditions {
		c := &conditions[i]
		if c.attribute.http() || c.attribute == remoteIP || c.attribute == trustDomain {
			continue
		}
		empty = false
		before := a.trace.Mark()
		if out = min(out, ztunnelCondition(p, c, a)); out == no {
			a.trace.Forget(start, before)
			return no
		}
	}
	if empty {
		return no
	}
	return out
}

func ztunnelWhen(p *policy, c *condition, a *attributes) verdict3 {
	if !c.layer4() {
		return no
	}
	return ztunnelCondition(p, c, a)
}

func ztunnelCondition(p *policy, c *condition, a *attributes) verdict3 {
	out, start := yes, a.trace.Mark()
	if len(c.values) > 0 {
		out = ztunnelValues(p, c, c.values, a)
	}
	if out != no && len(c.notValues) > 0 {
		before := a.trace.Mark()
		if out = min(out, not(ztunnelValues(p, c, c.notValues, a))); out == no {
			a.trace.Forget(start, before)
		}
	}
	if out == maybe {
		a.doubts(c)
	}
	return out
}

func (a *attributes) doubts(c *condition) {
	if a.doubt.why == "" {
		a.doubt = doubt{c.doubt(), c.attribute}
	}
}

func ztunnelValues(p *policy, c *condition, values []string, a *attributes) verdict3 {
	out, start := no, a.trace.Mark()
	for _, v := range values {
		m, before := maybe, a.trace.Mark() // addresses
		switch c.attribute {
		case principal:
			m = is(a.peer.matchPrincipal(v))
		case namespaceOf:
			m = a.peer.matchNamespace(v)
		case serviceAccount:
			m = is(a.peer.matchAccount(v, p.namespace))
		case port:
			m = a.matchPort(v)
		}
		if out = max(out, m); out == yes {
			a.trace.Forget(start, before)
			break
		}
	}
	return out
}
