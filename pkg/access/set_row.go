package access

import (
	"slices"
	"strings"
)

// line is a row as the report has it.
func (t *survey) line(r *row) Access {
	a := Access{Who: r.who, Kind: t.kindOf(r), Outcome: r.outcome.String(), By: r.by, Witness: r.witness, rules: r.rules, client: r.client, says: r.says, full: r.what == "", ofTenant: r.ofTenant}
	if a.Kind == "owner" || a.Kind == "contributor" {
		a.Who += " (" + a.Kind + ")"
	}
	if list, ok := strings.CutPrefix(r.who, "pod "); ok {
		a.Who, a.Kind = t.x.w.podsAndProxies(list, a.Kind)
	}
	var what []string
	if services := t.services(r); len(services) > 0 {
		what = append(what, strings.Join(services, ", "))
	}
	if pods := t.podsOf(r); len(pods) > 0 {
		what = append(what, strings.Join(pods, ", "))
	}
	if a.Reaches = strings.Join(what, ", "); r.outcome == NotJudged {
		a.Reaches = "NOT JUDGED: " + a.Reaches
	}
	return a
}

// podsAndProxies are the accounts of a list, those of waypoints and Gateways by what they are.
func (w *World) podsAndProxies(list, kind string) (who, as string) {
	var proxies, pods []string
	for _, word := range strings.Split(list, ", ") {
		ns, account, ok := splitAccount(word)
		if strings.ContainsAny(word, " *\"") || !ok {
			return "pod " + list, kind
		}
		if p := w.proxyOf(ns, account); p != "" {
			proxies = append(proxies, p)
		} else {
			pods = append(pods, word)
		}
	}
	if len(pods) == 0 {
		return strings.Join(proxies, ", "), "proxy"
	}
	return strings.Join(append(proxies, "pod "+strings.Join(pods, ", ")), ", "), kind
}

// proxyOf is a waypoint or Gateway by its account, "" where pods may have that.
func (w *World) proxyOf(ns, account string) string {
	g := w.look(ns).gateway(account)
	if slices.ContainsFunc(w.look(ns).workloads, func(pod *workload) bool { return pod.account == account && !pod.assumed && !pod.proxy }) {
		return ""
	}
	switch {
	case g != nil && g.waypoint:
		return "waypoint " + join(ns, account)
	case slices.ContainsFunc(w.allIngresses(), func(g *gateway) bool { return g.namespace == ns && g.account == account }), w.namedFronts()[join(ns, account)]:
		return "gateway " + join(ns, strings.TrimSuffix(account, "-istio"))
	}
	return ""
}

const noRouteYet = " (no route yet)"

// services are the Services of a row. What is so of all of them is said without their names.
func (t *survey) services(r *row) []string {
	var names, labels []string
	whole, routed, all := 0, 0, 0
	rest := t.spotsAt(r, anyService)
	for i, a := range t.aims {
		if a.svc == nil || !a.svc.headless {
			all++
		}
		p := t.spotsOf(r, i)
		if p.none() {
			continue
		}
		full := len(p.http) == len(a.allPorts())
		if full && (a.svc == nil || !a.svc.headless) {
			whole++
			if !p.noRoute {
				routed++
			}
		}
		if a.assumed && a.name != anyService && rest != nil && p.like(rest) {
			continue // nothing is special about it
		}
		ports := ""
		if n := len(a.allPorts()); len(p.http) < n && len(p.http) > 0 || len(p.http) == 0 && len(p.tcp) < n {
			list := p.http
			if len(list) == 0 {
				list = p.tcp
			}
			ports = portsText(list, a.allPorts())
		}
		name, label := a.name+ports, a.label+ports
		if len(p.http) == 0 {
			name, label = "connections to "+name, "connections to "+label
		}
		if p.noRoute {
			name, label = name+noRouteYet, label+noRouteYet
		}
		names, labels = append(names, name), append(labels, label)
	}
	switch {
	case len(labels) == 0:
		return nil
	case r.what == "":
		return labels
	case whole == all && routed == all:
		return []string{r.what}
	case whole == all && routed == 0:
		return []string{r.what + noRouteYet}
	}
	return []string{r.what + " of " + strings.Join(names, ", ")}
}

// portsText are some of the ports that there are.
func portsText(some, all []int) string {
	slices.Sort(some)
	var out []string
	for _, n := range some {
		out = append(out, portText(n))
	}
	switch {
	case len(some) == len(all):
		return ""
	case len(some) == 1:
		return ", port " + out[0]
	}
	return ", ports " + strings.Join(out, ", ")
}

// targetPorts are the ports of one target in a row.
type targetPorts struct {
	http, tcp []int
	noRoute   bool
}

func (p *targetPorts) none() bool { return len(p.http)+len(p.tcp) == 0 }

func (p *targetPorts) like(o *targetPorts) bool {
	return p.noRoute == o.noRoute && (len(p.http) > 0) == (len(o.http) > 0) && (len(p.tcp) > 0) == (len(o.tcp) > 0)
}

func (t *survey) spotsAt(r *row, name string) *targetPorts {
	i := slices.IndexFunc(t.aims, func(a *aim) bool { return a.name == name })
	if i < 0 {
		return nil
	}
	p := t.spotsOf(r, i)
	if p.none() {
		return nil
	}
	return &p
}

func (t *survey) spotsOf(r *row, aim int) (out targetPorts) {
	for _, p := range r.spots {
		switch {
		case p.pods || p.aim != aim:
		case p.tcp && !slices.Contains(out.tcp, p.port):
			out.tcp = append(out.tcp, p.port)
		case !p.tcp && !slices.Contains(out.http, p.port):
			out.http, out.noRoute = append(out.http, p.port), out.noRoute || p.noRoute
		}
	}
	return out
}

// podsOf are the pods of a row, those with the same ports together.
func (t *survey) podsOf(r *row) (out []string) {
	names := map[string][]string{}
	var order []string
	for i := range t.pods {
		pod, all := &t.pods[i], t.pods[i].allPorts(t.s)
		var ports []int
		for _, p := range r.spots {
			if p.pods && p.aim == i && !slices.Contains(ports, p.port) {
				ports = append(ports, p.port)
			}
		}
		if len(ports) == 0 {
			continue
		}
		text := portsText(ports, all)
		if slices.Contains(ports, pod.free) && len(ports) < len(all) {
			rest := slices.DeleteFunc(slices.Clone(all), func(n int) bool { return slices.Contains(ports, n) })
			text = ", any port but " + strings.TrimPrefix(strings.TrimPrefix(portsText(rest, all), ", ports "), ", port ")
		}
		if names[text] == nil {
			order = append(order, text)
		}
		names[text] = append(names[text], pod.name)
	}
	for _, text := range order {
		label := "pod addresses"
		if len(names[text]) < len(t.pods) {
			label += " of " + strings.Join(names[text], ", ")
		}
		if label += text; r.what != "" {
			label = r.what + " of " + label
		}
		out = append(out, label)
	}
	return out
}

// shortBy names who decides a line within its namespace: the kind of point, the policy and the rule, then the gateways' rules that ask for something.
func (x *asker) shortBy(l *line, own string) string {
	text := x.shortStep(l.outcome, l.by, own)
	rules := l.rules
	if l.by.Policy != "" && l.by.Rule >= 0 && len(rules) > 0 {
		rules = rules[1:]
	}
	for _, key := range rules {
		if x.asks[key] {
			text += "; gateway: " + key
		}
	}
	return text
}

func (x *asker) shortStep(outcome Outcome, s Step, own string) string {
	kind := string(s.Point.Kind)
	text := s.Why
	if s.Policy != "" && s.Point.Kind != AtRoute {
		text = strings.TrimPrefix(s.Policy, own+"/")
		if s.Rule >= 0 {
			text += " rule " + portText(s.Rule)
		}
		if outcome == Deny && s.Rule < 0 {
			text = s.Why + " (" + text + ")"
		}
		if outcome == NotJudged {
			text += ": " + s.Why
		}
	} else if s.Policy != "" {
		text = s.Policy + " " + s.Why
	}
	if outcome == NotJudged {
		kind = "NOT JUDGED: " + kind
	}
	return kind + ": " + text
}

// addFronts adds, to a line of its policy's namespace, that an ALLOW rule of an ingress Gateway that asks for nothing admits clients.
func (x *asker) addFronts(r *Report) {
	for i := range r.Namespaces {
		n := &r.Namespaces[i]
		for _, p := range x.gatewayPolicies {
			for j := range p.rules {
				if key := ruleKey(p.id(), j); p.inForce() && p.namespace == n.Namespace && x.passed[key] && !x.asks[key] {
					n.Access = append(n.Access, Access{
						Who: "clients of the ingress Gateway", Kind: "ingress", Reaches: "what its routes lead to", Outcome: Allow.String(),
						By: "gateway: " + p.name + " rule " + portText(j), rules: []string{key},
					})
				}
			}
		}
	}
}

func ruleKey(policy string, rule int) string { return policy + " rule " + portText(rule) }

// inForce reports whether a policy's rules let anybody in where it is attached.
func (p *policy) inForce() bool { return p.action == allow && p.bad == nil && !p.dryRun }

// rules are those that the answer names.
func (v *Verdict) rules() (out []string) {
	if v.Policy != "" && v.Rule >= 0 {
		out = append(out, ruleKey(v.Policy, v.Rule))
	}
	for _, s := range v.fronts() {
		out = append(out, ruleKey(s.Policy, s.Rule))
	}
	return out
}

// fronts are the ALLOW rules of gateways that let the request in.
func (v *Verdict) fronts() (out []Step) {
	for _, s := range v.Steps {
		if s.Point.Kind == AtGateway && s.Policy != "" && s.Rule >= 0 && v.Outcome == Allow && (s.Policy != v.Policy || s.Rule != v.Rule) {
			out = append(out, s)
		}
	}
	return out
}
