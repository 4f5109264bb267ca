package access

import (
	"slices"
	"strings"
)

// access are the lines of one client. pods is the number of kinds of pods.
func (r *reach) access(pods int) []Access {
	if len(r.items) == 0 {
		if r.c.proxy {
			return nil
		}
		return []Access{{Who: r.c.who, Kind: r.c.kind, Reaches: "nothing", Outcome: Deny.String(), By: r.denied}}
	}
	var out []Access
	for _, g := range r.groups() {
		a := Access{Who: r.c.who, Kind: r.c.kind, Outcome: g[0].outcome.String(), By: g[0].by, rules: g[0].rules}
		var what []string
		a.whole = true
		for _, w := range phrases(g) {
			a.whole = a.whole && w[0].text == ""
			what = append(what, r.phrase(w, pods)...)
		}
		if a.Reaches = strings.Join(what, ", "); g[0].outcome == NotJudged {
			a.Reaches = "NOT JUDGED: " + a.Reaches
		}
		out = append(out, a)
	}
	return out
}

// groups are the items by outcome and rule, what is reached as a whole first and pods last.
func (r *reach) groups() (out [][]item) {
	slices.SortStableFunc(r.items, func(a, b item) int { return a.rank() - b.rank() })
	for _, i := range r.items {
		at := slices.IndexFunc(out, func(g []item) bool { return g[0].outcome == i.outcome && g[0].by == i.by })
		if at < 0 {
			out = append(out, []item{i})
		} else {
			out[at] = append(out[at], i)
		}
	}
	return out
}

func (i item) rank() int {
	switch {
	case i.pods:
		return 2
	case i.text != "":
		return 1
	}
	return 0
}

// phrases are the items of a group that say the same of different Services or pods.
func phrases(g []item) (out [][]item) {
	for _, i := range g {
		at := slices.IndexFunc(out, func(o []item) bool { return o[0].text == i.text && o[0].pods == i.pods })
		if at < 0 {
			out = append(out, []item{i})
		} else if !slices.ContainsFunc(out[at], func(o item) bool { return o.name == i.name }) {
			out[at] = append(out[at], i)
		}
	}
	return out
}

func (r *reach) phrase(l []item, pods int) []string {
	const noRoute = " (no route yet)"
	var names, labels []string
	routed := 0
	for _, i := range l {
		if i.noRoute {
			i.name, i.label = i.name+noRoute, i.label+noRoute
		} else {
			routed++
		}
		names, labels = append(names, i.name), append(labels, i.label)
	}
	text := l[0].text
	switch {
	case l[0].pods:
		out := "pod addresses"
		if len(l) < pods {
			out += " of " + strings.Join(names, ", ")
		}
		if text != "" {
			out += ", " + text
		}
		return []string{out}
	case text == "":
		return labels
	case len(l) == r.all && routed == len(l):
		return []string{text}
	case len(l) == r.all && routed == 0:
		return []string{text + noRoute}
	}
	return []string{text + " of " + strings.Join(names, ", ")}
}

// shortBy names the deciding policy within its namespace, and the kind of point; then the gateways' rules that ask for something.
func shortBy(v Verdict, own string, asks map[string]bool) string {
	s := v.Step
	kind := string(s.Point.Kind)
	text := s.Why
	if s.Policy != "" && s.Point.Kind != AtRoute {
		text = strings.TrimPrefix(s.Policy, own+"/")
		if s.Rule >= 0 {
			text += " rule " + portText(s.Rule)
		}
		if v.Outcome == Deny && s.Rule < 0 {
			text = s.Why + " (" + text + ")"
		}
		if v.Outcome == NotJudged {
			text += ": " + s.Why
		}
	} else if s.Policy != "" {
		text = s.Policy + " " + s.Why
	}
	if v.Outcome == NotJudged {
		kind = "NOT JUDGED: " + kind
	}
	text = kind + ": " + text
	for _, f := range v.fronts() {
		if !asks[ruleKey(f.Policy, f.Rule)] {
			continue
		}
		text += "; gateway: " + f.Policy + " rule " + portText(f.Rule)
	}
	return text
}

const anyPod = "anyone in the mesh"

// saidOfAll takes off the lines about proxies, and about pods that only policies speak of, what any pod in the mesh reaches as well.
func saidOfAll(all []*reach) {
	type what struct {
		by, name, text string
		outcome        Outcome
	}
	of := func(i *item) what { return what{i.by, i.name, i.text, i.outcome} }
	said := map[what]bool{}
	for _, r := range all {
		for i := range r.items {
			if r.c.kind == anyPod && r.items[i].pods {
				said[of(&r.items[i])] = true
			}
		}
	}
	for _, r := range all {
		if r.c.kind == anyPod || r.c.from.OffMesh {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(r.items), func(i item) bool { return (i.assumed || r.c.proxy) && said[of(&i)] })
		if len(rest) > 0 || r.c.proxy {
			r.items = rest
		}
	}
}

// addFronts says of each ALLOW rule of an ingress Gateway that asks for nothing, beside a line of its policy's namespace, that it lets clients in.
func (x *asker) addFronts(r *Report) {
	for i := range r.Namespaces {
		n := &r.Namespaces[i]
		for _, o := range x.fronts {
			if key := o.key(); o.policy.namespace == n.Namespace && x.passed[key] && !x.asks[key] {
				n.Access = append(n.Access, Access{
					Who: "clients of the ingress Gateway", Kind: "ingress", Reaches: "what its routes lead to", Outcome: Allow.String(),
					By: "gateway: " + o.policy.name + " rule " + portText(o.rule), rules: []string{key},
				})
			}
		}
	}
}
