package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Answer is what becomes of one request, with all that looked at it.
type Answer struct {
	Request string   `json:"request"` // in words
	Got     string   `json:"got"`     // allow, deny or not-judged
	By      string   `json:"by"`
	Routed  string   `json:"routed,omitempty"` // through the ingress: the Service (namespace/name) that the routes lead to
	Rules   []Judged `json:"rules"`            // of all points on the way, in order
	Assumed []string `json:"assumed,omitempty"`
	Near    []Near   `json:"nearest"`         // requests that come out the other way: one of the same client, one of another
	Limit   string   `json:"limit,omitempty"` // why not all requests were looked at
}

// Judged is what became of one rule at one point.
type Judged struct {
	Point   string   `json:"point"`
	Action  string   `json:"action"`
	Policy  string   `json:"policy"`
	Rule    int      `json:"rule"`
	Matches string   `json:"matches"`          // yes, no or not-judged
	Failed  []string `json:"failed,omitempty"` // the conditions for which it does not match
}

// Ask answers one request, and says what each rule on its way made of it. A request that is impossible is not judged.
func (w *World) Ask(r Request) Answer {
	out := Answer{Rules: []Judged{}, Near: []Near{}}
	o := &open{}
	o.watch = func(on layer, point Point, policies []*policy, a *attributes) {
		for _, j := range w.rulesAt(on, point, policies, *a) {
			if !slices.ContainsFunc(out.Rules, func(k Judged) bool { return k.same(&j) }) {
				out.Rules = append(out.Rules, j)
			}
		}
	}
	if r.Method == "" && !r.TCP {
		r.Method = "GET"
	}
	sure := r
	sure.ofCase = true // as check has it
	v := w.answer(sure, o)
	out.Rules = slices.DeleteFunc(out.Rules, func(j Judged) bool {
		return !slices.ContainsFunc(v.Steps, func(s Step) bool { return s.Point.String() == j.Point })
	})
	out.Request, out.Got, out.By, out.Routed, out.Assumed = r.text(), v.Outcome.String(), v.By(), v.Routed, v.Assumed
	out.Near, out.Limit = w.nearest(r, v)
	return out
}

func (j *Judged) same(k *Judged) bool {
	return j.Point == k.Point && j.Policy == k.Policy && j.Rule == k.Rule && j.Matches == k.Matches && slices.Equal(j.Failed, k.Failed)
}

// rulesAt says of each rule of the policies at a point whether it matches.
func (w *World) rulesAt(on layer, point Point, policies []*policy, a attributes) (out []Judged) {
	a.trace = nil
	for _, p := range policies {
		j := Judged{Point: point.String(), Action: actionNames[p.action], Policy: p.id(), Rule: -1, Matches: "no"}
		switch {
		case p.bad != nil:
			j.Matches, j.Failed = NotJudged.String(), []string{p.bad.Error()}
		case p.dryRun:
			j.Failed = []string{"it is a dry run"}
		case len(p.rules) == 0:
			j.Failed = []string{"it has no rule"}
		default:
			for i := range p.rules {
				out = append(out, w.ruleAt(on, j, p, i, a))
			}
			continue
		}
		out = append(out, j)
	}
	return out
}

func (w *World) ruleAt(on layer, j Judged, p *policy, i int, a attributes) Judged {
	r := &p.rules[i]
	j.Rule = i
	switch w.match(on, p, r, &a) {
	case yes:
		j.Matches = "yes"
		return j
	case maybe:
		j.Matches = NotJudged.String()
	}
	if dropped := r.droppedByZtunnel(); on == l4 && p.action == allow && dropped != "" {
		j.Failed = []string{"ztunnel drops the rule, because it asks for " + dropped}
		return j
	}
	if a.tcp && p.action == allow && r.http() {
		j.Failed = []string{"it asks for what only an HTTP request has"}
		return j
	}
	for i := range r.when {
		if c := r.when[i : i+1]; on == l4 && !c[0].layer4() {
			j.Failed = append(j.Failed, "ztunnel does not know "+c[0].name())
		} else {
			j.Failed = append(j.Failed, w.unmet(on, p, c, a)...)
		}
	}
	for _, entries := range [2][][]condition{r.from, r.to} {
		var each []string
		for _, e := range entries {
			if unmet := w.unmet(on, p, e, a); len(unmet) > 0 {
				each = append(each, strings.Join(unmet, ", and "))
				continue
			}
			each = nil
			break
		}
		j.Failed = append(j.Failed, each...)
	}
	return j
}

// unmet are the conditions that do not hold of a request, in words. Of those that ztunnel does not know, it takes out each; an entry that is empty then
// never matches.
func (w *World) unmet(on layer, p *policy, conditions []condition, a attributes) (out []string) {
	var unseen []string
	for i := range conditions {
		c := &conditions[i]
		var m verdict3
		switch {
		case on == l4 && (c.attribute.http() || c.attribute == remoteIP || c.attribute == trustDomain):
			unseen = append(unseen, c.name())
			continue
		case on == l4:
			m = ztunnelCondition(p, c, &a)
		case a.tcp && c.attribute.http():
			continue
		default:
			m = w.envoyCondition(p, c, &a)
		}
		if m != yes {
			out = append(out, c.unmet(m, a.textOf(c)))
		}
	}
	if len(unseen) > 0 && len(unseen) == len(conditions) {
		out = append(out, "ztunnel does not know "+shortened(unseen))
	}
	return out
}

// unmet says why a condition does not hold. has is what the request has.
func (c *condition) unmet(m verdict3, has string) string {
	name := strings.ReplaceAll(cmp.Or(c.name(), fieldOf[c.attribute]), "\x00", "][")
	one := oneOf[name]
	text, named := cmp.Or(one, name)+" is "+has, one != "" && has != "none" && has != "not known" && !strings.HasPrefix(has, "one of ")
	if named {
		text = one + " " + has
	}
	values, notValues := quoted(c.values), quoted(c.notValues)
	switch {
	case m == maybe:
		return text + ", and whether the rule matches it is not known"
	case len(c.values) > 0 && len(c.notValues) > 0:
		notValues = " without " + notValues
	case len(c.values) == 0 && named && notValues == has:
		return text + " is excluded by the rule"
	case len(c.values) == 0 && named:
		return text + " is excluded by the rule, by " + notValues
	case len(c.values) == 0:
		return text + "; the rule excludes " + notValues
	default:
		notValues = ""
	}
	switch {
	case named:
		return text + " is not one of " + values + notValues
	case len(c.values) == 1:
		return text + "; the rule requires " + values + notValues
	}
	return text + "; the rule requires one of " + values + notValues
}

// fieldOf are the fields of a rule's from and to that have no key.
var fieldOf = map[attribute]string{principal: "principals", namespaceOf: "namespaces", serviceAccount: "serviceAccounts", trustDomain: "trustDomains", port: "ports", sourceIP: "ipBlocks"}

// oneOf is what a request has one of, by the fields of a rule's from and to.
var oneOf = map[string]string{
	"principals": "principal", "namespaces": "source namespace", "serviceAccounts": "service account", "trustDomains": "trust domain", "ports": "port", "ipBlocks": "source IP",
	"hosts": "host", "methods": "method", "paths": "path", "requestPrincipals": "request principal", "remoteIpBlocks": "remote IP",
}

// quoted lists values. One with a blank is in quotes.
func quoted(values []string) string {
	out := slices.Clone(values)
	for i, v := range out {
		if strings.ContainsAny(v, " \t") {
			out[i] = strconv.Quote(v)
		}
	}
	return shortened(out)
}

// textOf is what a request has for a condition, in words.
func (a *attributes) textOf(c *condition) string {
	v := value{}
	switch c.attribute {
	case principal, namespaceOf, serviceAccount, trustDomain:
		switch {
		case a.peer.namespace == "":
			return "none"
		case c.attribute == principal:
			return a.peer.principal()
		case c.attribute == namespaceOf:
			return a.peer.namespace
		case c.attribute == serviceAccount:
			return join(a.peer.namespace, a.peer.account)
		}
		return a.peer.domain
	case port:
		return portText(a.port)
	case method:
		v = a.method
	case host:
		v = a.host
	case path:
		v = a.path
	case header:
		v = a.header(c.key)
	case claim, audience, presenter:
		v = a.claim(c.claim())
	case requestPrincipal:
		if a.claims == nil {
			return "none"
		}
		if sub := find(a.claims, "sub"); sub.State() == symbolic.Known {
			return find(a.claims, "iss").Read() + "/" + sub.Read()
		}
		return "one of " + find(a.claims, "iss").Read()
	}
	switch v.State() {
	case symbolic.Known:
		return v.Read()
	case symbolic.Absent:
		return "none"
	}
	return "not known"
}

var actionNames = [...]string{allow: "ALLOW", deny: "DENY", custom: "CUSTOM", audit: "AUDIT"}
