package access

import "fmt"

// Tenant is one profile's namespace, as far as the self-check needs it.
type Tenant struct {
	Namespace string
	Owner     string // the value of the user header that the owner comes with; "": no owner comes through the ingress
	Header    string // the user header; "": kubeflow-userid
	Groups    string // the groups header; "": kubeflow-groups
	Waypoint  string // the Gateway that the namespace's traffic must go through; "": any
	Ingress   string // the principal <trust domain>/ns/<namespace>/sa/<account> that the ingress runs as; "" or where a Gateway tells: as that says
}

// Finding is one thing that is probably wrong: on which object, what was found, what it does, and what to do.
type Finding struct {
	Object string `json:"object"`
	Found  string `json:"found"`
	Effect string `json:"effect"`
	Remedy string `json:"remedy"`
	Note   bool   `json:"note,omitempty"` // it is told, but nothing is known to be wrong
	// LostRules: it is about rules of the policy that ztunnel does not enforce as they are written.
	LostRules bool `json:"-"`
}

// String puts a finding on one line.
func (f Finding) String() string {
	if f.Note {
		return f.Object + ": " + f.Found + ": " + f.Effect
	}
	return f.Object + ": " + f.Found + ": " + f.Effect + "; " + f.Remedy
}

// Findings looks for what a namespace must not have: a way in for other tenants (open paths by GET or HEAD and monitoring aside), an owner
// who is locked out, policies that lose rules in ztunnel, waypoint labels that point to nothing. What the root namespace does to all is
// said once, and so is every route that changes who a user is. The cost is linear in the objects.
func (w *World) Findings(tenants []Tenant) []Finding {
	a := newSelfCheck(w, tenants)
	a.rootPolicies()
	a.lockoutsOfAll()
	for i := range tenants {
		a.tenant(&tenants[i])
	}
	for _, f := range w.rewrites(tenants) {
		a.found = append(a.found, f.Finding)
	}
	return a.found
}

// selfCheck holds what is the same for all tenants.
type selfCheck struct {
	w       *World
	found   []Finding
	tenants map[string]bool
	sorted  []string // the tenants' namespaces
	ingress *gateway
	front   []*policy // policies at the ingress, none where it is made up
	users   identity  // who comes with the users of the tenant at hand

	// Root namespace policies that apply to whole tenants.
	rootL4, rootL7 []*policy

	// What routes at the ingress lead to, by namespace.
	toHeadless, toPools, toStreams map[string][]hit
	allowL4                        bool // one of them is an ALLOW for every pod
	allowL7                        bool // or for every waypoint
	deniedL4                       bool // a DENY there stops every stranger
}

func (a *selfCheck) report(object, found, effect, remedy string) {
	a.found = append(a.found, Finding{Object: object, Found: found, Effect: effect, Remedy: remedy})
}

func policyObject(p *policy) string { return "AuthorizationPolicy " + p.id() }

// rootPolicies judges the policies of the root namespace once: their stranger is the same for every tenant.
func (a *selfCheck) rootPolicies() {
	for _, p := range a.w.look(a.w.mesh.rootNamespace).policies {
		switch {
		case p.bad != "" || p.dryRun || p.action > deny || p.selected && p.selector == nil:
		case len(p.targets) > 0:
			if p.targetsClass() {
				a.rootL7 = append(a.rootL7, p)
				a.allowL7 = a.allowL7 || p.action == allow
			}
		case len(p.selector) == 0:
			a.rootL4 = append(a.rootL4, p)
			a.allowL4 = a.allowL4 || p.action == allow
			a.deniedL4 = a.deniedL4 || p.action == deny && a.stops(l4, p)
		}
	}
	for _, p := range a.rootL4 {
		if who, i := a.opens(l4, p, "", nil); who != "" && !a.deniedL4 {
			a.report(policyObject(p), fmt.Sprintf("rule %d lets %s reach pods of every namespace", i, who),
				"every tenant is open to the others at L4, past its waypoint", "give it a selector, or name the sources")
		}
	}
	for _, p := range a.rootL7 {
		if who, i := a.opens(l7, p, "", nil); who != "" {
			a.report(policyObject(p), fmt.Sprintf("rule %d lets %s through every waypoint", i, who),
				"every tenant is open to the others at L7", "target the waypoint that it is meant for")
		}
	}
}

func (a *attachment) targetsClass() bool {
	for _, t := range a.targets {
		if t.kind == "GatewayClass" && t.name == "istio-waypoint" && t.group == gatewayGroup {
			return true
		}
	}
	return false
}

// tenant looks at one namespace.
func (a *selfCheck) tenant(t *Tenant) {
	s := a.w.namespaces[t.Namespace]
	if s == nil || !s.declared {
		return // nothing is known about it
	}
	object := "Namespace " + s.name
	switch s.member(&plainPod) {
	case outside:
		a.report(object, "it is not in the mesh", "no policy protects its pods", "label it istio.io/dataplane-mode: ambient")
		return
	case sidecar:
		a.report(object, "its pods get sidecars", "the waypoint's policies do not apply to them", "label it istio-injection: disabled")
		return
	}
	a.users = a.ingressOf(t)
	a.lostRules(s)
	b := a.waypointLabels(t, s)
	a.openL4(s, b)
	if b.gateway != nil {
		a.openL7(t, s, b.gateway)
	}
	if !a.ownerLockedOut(t, s, b) {
		a.refusedLogins(t, s, b)
	}
	a.lockouts(s, b)
}

var plainPod = workload{name: "pod", account: "default", assumed: true}

// waypointLabels checks the namespace's binding.
func (a *selfCheck) waypointLabels(t *Tenant, s *space) binding {
	b := a.w.bind(s, nil, "service")
	object := "Namespace " + s.name
	switch name, asked := s.labels.get("istio.io/use-waypoint"); {
	case b.missing != "":
		a.report(object, "its label istio.io/use-waypoint points to "+b.missing+", which is not there or does not admit it",
			"traffic goes direct: no L7 policy applies", "add that Gateway, or correct the label")
	case b.doubt != "":
		a.report(object, b.doubt, "nobody can say which L7 policies apply", "use a Gateway of class istio-waypoint")
	case asked && t.Waypoint != "" && (name != t.Waypoint || b.gateway != nil && b.gateway.namespace != s.name):
		a.report(object, "its label istio.io/use-waypoint names "+name+" and not its own waypoint "+t.Waypoint,
			"the policies on "+t.Waypoint+" do not apply", "label it istio.io/use-waypoint: "+t.Waypoint)
	case b.gateway == nil && t.Waypoint != "":
		a.report(object, b.why, "no L7 policy applies", "label it istio.io/use-waypoint: "+t.Waypoint)
	}
	return b
}

// lostRules reports policies without targetRefs that hold HTTP attributes. The profile-controller's own is known and harmless.
func (a *selfCheck) lostRules(s *space) {
	for _, p := range s.policies {
		switch {
		case p.bad != "":
			a.report(policyObject(p), "it is malformed: "+p.bad, "Istio refuses it, so what it should do is not done", "correct the field")
			continue
		case len(p.targets) > 0 || p.action > deny || p.dryRun || p.name == "ns-owner-access-istio":
			continue
		}
		lost, first, attr := 0, 0, ""
		for i := range p.rules {
			if dropped := p.rules[i].droppedByZtunnel(); dropped != "" {
				if lost == 0 {
					first, attr = i, dropped
				}
				lost++
			}
		}
		if lost == 0 {
			continue
		}
		effect := "ztunnel drops that rule"
		switch {
		case p.action == deny:
			effect = "ztunnel leaves out the HTTP part, so it denies more than it says or nothing at all"
		case lost == len(p.rules):
			effect = "it has no effect but to allow nothing: ztunnel drops all of its rules"
		}
		a.report(policyObject(p), fmt.Sprintf("it has no targetRefs, and rule %d (of %d such) uses %s", first, lost, attr),
			effect, "attach it to the waypoint by targetRefs")
		a.found[len(a.found)-1].LostRules = true
	}
}

// freeAttributes are a request of which the client may choose everything but who it is.
func freeAttributes(peer identity) attributes {
	free := value{state: some}
	return attributes{peer: peer, method: free, host: free, path: free, anyHeader: true}
}
