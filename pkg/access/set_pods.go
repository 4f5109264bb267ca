package access

import (
	"maps"
	"slices"
	"strings"
)

// podAim is a kind of pods to ask for by its address, with what ztunnel takes for it.
type podAim struct {
	name     string
	assumed  bool // only a policy speaks of them
	to       To
	pod      *workload
	policies []*policy
	openings []opening
	free     int   // a port that nothing names
	ports    []int // that DENY rules and PeerAuthentications name
}

// podAims are the kinds of pods of a namespace, plain ones where the manifests hold none, and those that only the selector of a policy speaks of.
func (x *asker) podAims(s *space) (out []podAim) {
	add := func(name string, pod *workload, assumed bool) {
		a := podAim{name: name, assumed: assumed, to: To{Namespace: s.name, Pod: map[string]string{}, only: pod}, pod: pod, policies: x.w.atZtunnel(s.name, pod)}
		proxied := s.member(pod) == sidecar
		if proxied {
			a.policies = x.w.atProxy(s.name, pod)
		}
		for _, o := range openingsOf(a.policies) {
			if o.policy != nil && (proxied || o.of().droppedByZtunnel() == "") {
				a.openings = append(a.openings, o)
			}
		}
		a.findPorts(s)
		out = append(out, a)
	}
	for _, pod := range s.workloads {
		add(pod.name, pod, false)
	}
	if len(s.workloads) == 0 {
		add("pod", s.madeUp("pod", nil), false)
	}
	var made []labels
	for _, p := range s.policies {
		if p.inForce() && len(p.targets) == 0 && len(p.selector) > 0 &&
			!slices.ContainsFunc(s.workloads, func(pod *workload) bool { return p.selector.selects(pod.labels) }) &&
			!slices.ContainsFunc(made, func(l labels) bool { return slices.Equal(l, p.selector) }) {
			made = append(made, p.selector)
			add("pods with "+p.selector.text()+" (assumed)", s.madeUp("pod", p.selector), true)
		}
	}
	return out
}

func (l labels) text() string {
	var out []string
	for _, one := range l {
		out = append(out, one.key+"="+one.value)
	}
	return strings.Join(out, ",")
}

func (a *podAim) findPorts(s *space) {
	named := map[int]bool{}
	for _, p := range a.policies {
		p.each(func(c *condition) {
			if c.attribute != port {
				return
			}
			for _, v := range slices.Concat(c.values, c.notValues) {
				if n := portOf(v); !named[n] {
					named[n] = true
					if p.action == deny {
						a.ports = append(a.ports, n)
					}
				}
			}
		})
	}
	for _, p := range s.peers {
		for _, m := range p.ports {
			if !named[m.number] {
				named[m.number] = true
				a.ports = append(a.ports, m.number)
			}
		}
	}
	a.free = 1
	for named[a.free] {
		a.free++
	}
}

// podAddresses asks for pods by their address, as such and then at the ports that rules name.
func (r *reach) podAddresses(a *podAim) {
	if r.c.from.ingress() && !r.c.proxy {
		return
	}
	v := r.atPod(a, a.free, nil)
	if v.Outcome != Deny || len(a.openings) == 0 {
		i := item{name: a.name, pods: true, assumed: a.assumed}
		if p := r.x.rules[v.Policy]; p != nil && v.Rule >= 0 && v.Rule < len(p.rules) && v.Outcome == Allow {
			i.text = p.rules[v.Rule].butPorts()
		}
		r.addPod(v, i)
	} else {
		r.add(v, item{})
	}
	switch v.Outcome {
	case Allow:
		r.coverPods(a, v)
		return
	case NotJudged:
		r.x.doubt(a.openings, v)
	}
	for i := range a.openings {
		o := &a.openings[i]
		if v.Outcome == Deny && v.Rule >= 0 && o.takes(r.x.w, r.c.peers(r.x)) {
			r.x.stop(o, v)
		}
		r.atPorts(a, o, v)
	}
}

// atPorts asks at the ports that a rule names. v is the answer at any other.
func (r *reach) atPorts(a *podAim, o *opening, v Verdict) {
	var open []string
	var last Verdict
	for _, n := range o.ports(a) {
		at := r.atPod(a, n, o.of())
		switch {
		case o.passes(at):
			open, last = append(open, portText(n)), at
		case at.Outcome == NotJudged && v.Outcome != NotJudged && at.Policy == o.policy.id():
			r.addPod(at, item{name: a.name, text: "port " + portText(n), pods: true, assumed: a.assumed})
		}
	}
	switch len(open) {
	case 0:
	case 1:
		r.addPod(last, item{name: a.name, text: "port " + open[0], pods: true, assumed: a.assumed})
	default:
		r.addPod(last, item{name: a.name, text: "ports " + strings.Join(open, ", "), pods: true, assumed: a.assumed})
	}
}

// addPod leaves out what nothing allows a proxy expressly.
func (r *reach) addPod(v Verdict, i item) {
	if !r.c.proxy || v.Policy != "" && v.Rule >= 0 {
		r.add(v, i)
	}
}

func (r *reach) coverPods(a *podAim, v Verdict) {
	for i := range a.openings {
		o := &a.openings[i]
		if contains(v.rules(), o.key()) || !o.takes(r.x.w, r.c.peers(r.x)) {
			continue
		}
		r.x.cover(o, v, func() bool {
			ports := o.ports(a)
			if len(ports) == 0 {
				ports = []int{a.free}
			}
			return slices.ContainsFunc(ports, func(n int) bool { return o.passes(r.atPod(a, n, o.of())) })
		})
	}
}

// atPod is the answer at one port. A proxy's connection comes with the identity of the proxy and passes nothing else.
func (r *reach) atPod(a *podAim, number int, favor *rule) Verdict {
	var list []*rule
	if favor != nil {
		list = append(list, favor)
	}
	if r.c.proxy {
		if nothing, is := r.x.w.judgesNothing(r.s); is {
			return Verdict{Outcome: nothing.outcome, Step: nothing.Step}
		}
		ns, account, _ := splitAccount(r.c.from.ServiceAccount)
		at := attributes{peer: r.x.w.identity(ns, account), tcp: true, port: number, favor: list}
		got := r.x.w.atPod(r.s, a.pod, &at)
		return Verdict{Outcome: got.outcome, Step: got.Step}
	}
	return r.x.w.Decide(Request{From: r.c.from, To: a.to, TCP: true, Port: number, Headers: maps.Clone(r.c.header), favor: list})
}

// ports are those to try: what the rule names, else what others spare.
func (o *opening) ports(a *podAim) (out []int) {
	listed := false
	for _, c := range o.asks {
		if c.attribute != port {
			continue
		}
		for _, v := range c.values {
			listed = true
			if n := portOf(v); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	if !listed {
		return a.ports
	}
	return out
}

// butPorts are the ports that a rule excludes, in words.
func (r *rule) butPorts() string {
	var out []string
	for _, l := range append([][]condition{r.when}, r.to...) {
		for _, c := range l {
			if c.attribute == port {
				out = append(out, c.notValues...)
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "any port but " + strings.Join(out, ", ")
}
