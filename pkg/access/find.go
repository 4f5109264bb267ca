package access

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Tenant is one profile's namespace, as far as the self-check needs it.
type Tenant struct {
	Namespace string
	Owner     string // the value of the user header that the owner comes with; "": no owner comes through the ingress
	Header    string // the user header; "": kubeflow-userid
	Groups    string // the groups header; "": kubeflow-groups
	Waypoint  string // the Gateway that the namespace's traffic must go through; "": any
	Gateway   string // namespace/name of the ingress Gateway; "": the one that Ingress tells
	Ingress   string // the principal <trust domain>/ns/<namespace>/sa/<account> that the ingress runs as; "" or where a Gateway tells: as that says

	Platform string // the namespace whose web applications know users by the user header; "": none

	// OpenPaths are the paths that every pod may GET and HEAD through the waypoint, by configuration. No gateway may.
	OpenPaths []string
	// Scrapers are the clients of other namespaces that may connect to ports of the pods, by configuration.
	Scrapers []Scraper
	// Superseded are specs of AuthorizationPolicies whose rules ztunnel drops and should, because other policies allow what they say. A
	// policy counts by its rules, never by its name.
	Superseded []*yaml.Node
	// CopyOf are the objects that were made from others and are written again with them, as "<kind> <namespace>/<name>", by the same.
	CopyOf map[string]string
}

// Scraper is a client that may connect to some ports of a tenant's pods.
type Scraper struct {
	Principal string
	Ports     []string
}

// Finding is one thing that is probably wrong. Its position has no file, because a node does not know it.
type Finding = diagnostic.Diagnostic

// Findings looks for what a namespace must not have: a way in for other tenants (open paths by GET or HEAD and monitoring aside), an owner
// who is locked out, policies that lose rules in ztunnel, waypoint labels that point to nothing. What the root namespace does to all is
// said once, and so is every route that changes who a user is. The cost is linear in the objects.
func (w *World) Findings(tenants []Tenant) []Finding {
	a := newSelfCheck(w, tenants)
	a.look()
	return a.found
}

// look looks for everything about the tenants.
func (a *selfCheck) look() {
	tenants := a.all
	a.rootPolicies(tenants)
	a.lockoutsOfAll()
	a.clouded(tenants)
	a.ambientOff()
	for i := range tenants {
		a.tenant(&tenants[i])
	}
	a.openRoot()
	a.webApps(tenants)
	a.entrances(tenants)
	a.claimedUsers(tenants)
	for _, r := range a.w.rewrites(tenants) {
		a.found = append(a.found, r.finding())
	}
}

// selfCheck holds what is the same for all tenants.
type selfCheck struct {
	w       *World
	found   []Finding
	all     []Tenant
	byName  map[string]*Tenant // made when it is first needed
	tenants map[string]bool
	sorted  []string // the tenants' namespaces
	ingress *gateway
	logins  []*jwtRule    // at the ingress, once they are asked for
	read    bool          // for logins
	front   []*policy     // policies at the ingress, none where it is made up
	users   identity      // who comes with the users of the tenant at hand
	header  [1]namedValue // that userPasses tries, made once

	copyOf map[string]string

	asker     *asker            // made when it is first needed
	others    symbolic.List     // namespaces of no tenant, likewise
	doorways  []identity        // of ingress Gateways, likewise
	classes   map[string]string // of namespaces that are alike, likewise, by the first of them
	like      map[string]lookedUp
	lockedOut map[string]verdict3 // whether owners may get in, by the same
	likeWays  map[string]*watch   // of other Gateways
	writers   map[string]bool     // Gateways, with the user header that they write

	opened map[*policy]bool // those that are reported as open to strangers

	// Root namespace policies that apply to whole tenants.
	rootL4, rootL7 []*policy
	rootSuspects   []suspect // of them
	perhaps        []*policy // that let in what some proxy may refuse
	asked, doubts  bool      // the sets were asked about some tenant's namespace, and could not judge all

	// What routes at the ingress lead to, by namespace.
	toHeadless, toPools, toStreams map[string][]hit
	allowL4                        bool // one of them is an ALLOW for every pod
	allowL7                        bool // or for every waypoint
	deniedL4                       bool // a DENY there stops every stranger
}

// report adds a finding about an object.
func (a *selfCheck) report(code diagnostic.Code, about origin, found, effect, remedy string) {
	a.reportField(code, about, "", about.place, found, effect, remedy)
}

// reportField adds a finding about a field at a place.
func (a *selfCheck) reportField(code diagnostic.Code, about origin, field string, at place, found, effect, remedy string) {
	a.found = append(a.found, about.finding(code, field, at, found, effect, remedy))
}

// finding is one about a field of the object; "" is all of it.
//
//go:noinline
func (o *origin) finding(code diagnostic.Code, field string, at place, found, effect, remedy string) Finding {
	if at.line == 0 { // the field is not as it was read
		at = o.place
	}
	return Finding{
		Code: code, Position: diagnostic.Position{Line: at.line, Column: at.column}, Object: o.object(), Field: field,
		Found: found, Effect: effect, Remedy: remedy,
	}
}

// reportRule adds a finding about a rule of a policy.
func (a *selfCheck) reportRule(code diagnostic.Code, p *policy, rule int, found, effect, remedy string) {
	a.reportField(code, p.origin, ruleField(rule), p.rules[rule].place, found, effect, remedy)
}

func ruleField(i int) string { return fmt.Sprintf("spec.rules[%d]", i) }

// rootPolicies judges the policies of the root namespace once: their stranger is the same for every tenant, and what is open by
// configuration is taken to be.
func (a *selfCheck) rootPolicies(tenants []Tenant) {
	var first *Tenant
	if len(tenants) > 0 {
		first = &tenants[0]
		a.users = a.ingressOf(first)
	}
	for _, p := range a.w.look(a.w.mesh.rootNamespace).policies {
		switch {
		case p.bad != nil || p.dryRun || p.action > deny || p.selected && p.selector == nil:
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
		if !a.deniedL4 {
			a.rootSuspects = a.suspect(a.rootSuspects, l4, p, "", first)
		}
	}
	for _, p := range a.rootL7 {
		a.rootSuspects = a.suspect(a.rootSuspects, l7, p, "", first)
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
	switch s.member(&plainPod) {
	case outside:
		a.report(diagnostic.NamespaceOffMesh, s.origin(), "is not in the mesh", "no policy protects its pods from other tenants", s.enrollRemedy())
		return
	case sidecar:
		a.report(diagnostic.NamespaceOffMesh, s.origin(), "has sidecars injected into its pods", "the waypoint's policies do not apply to them", "label it istio-injection: disabled")
		return
	}
	a.users = a.ingressOf(t)
	a.lostRules(t, s)
	b := a.waypointLabels(t, s)
	a.strangers(t, s, b)
	if !a.ownerLockedOut(t, s, b) {
		a.refusedLogins(t, s, b)
	}
	a.lockouts(s, b)
}

// origin is the Namespace.
func (s *space) origin() origin {
	return origin{apiVersion: "v1", kind: "Namespace", name: s.name, place: s.place}
}

var plainPod = workload{name: "pod", account: "default", assumed: true}

// waypointLabels checks the namespace's binding.
func (a *selfCheck) waypointLabels(t *Tenant, s *space) binding {
	b := a.w.bind(s, nil, "service")
	report := func(found, effect, remedy string) {
		a.report(diagnostic.WaypointNotUsed, s.origin(), found, effect, remedy)
	}
	own := "label it istio.io/use-waypoint: " + t.Waypoint
	switch name, asked := s.labels.get("istio.io/use-waypoint"); {
	case b.missing != "":
		report("has the label istio.io/use-waypoint for Gateway "+b.missing+", which does not exist or does not admit the namespace",
			"traffic to its Services bypasses the waypoint, so no L7 policy applies", "add that Gateway, or correct the label")
	case b.doubt != "":
		report("has a waypoint that cannot be judged ("+b.doubt+")", "it is not known which L7 policies apply to its Services", "use a Gateway of class istio-waypoint")
	case asked && t.Waypoint != "" && (name != t.Waypoint || b.gateway != nil && b.gateway.namespace != s.name):
		report("has the label istio.io/use-waypoint for "+name+", which is not its own waypoint "+t.Waypoint,
			"the policies on "+t.Waypoint+" do not apply to its Services", own)
	case b.gateway == nil && t.Waypoint != "" && b.otherTraffic != "":
		report("has the waypoint "+name+", which takes "+b.otherTraffic+" traffic only", "no L7 policy applies to its Services",
			"label that Gateway istio.io/waypoint-for: service")
	case b.gateway == nil && t.Waypoint != "":
		report("does not ask for a waypoint by the label istio.io/use-waypoint", "no L7 policy applies to its Services", own)
	}
	return b
}

// lostRules reports policies without targetRefs that hold HTTP attributes.
func (a *selfCheck) lostRules(t *Tenant, s *space) {
	for _, p := range s.policies {
		switch {
		case p.unapplied != "" || p.rejected != nil:
			c := p.unservedCloud()
			a.reportField(diagnostic.VerdictsClouded, p.origin, c.field, c.at, "may not be in the cluster ("+c.why+")", "whom the policy is about is NOT JUDGED", c.remedy(""))
			continue
		case p.bad != nil:
			a.reportField(diagnostic.PolicyRejected, p.origin, p.bad.field, p.bad.place, p.bad.reason, "Istio rejects the policy, so nothing enforces it", "correct the field")
			continue
		case len(p.targets) > 0 || p.action > deny || p.dryRun:
			continue
		}
		lost, first, attr := 0, 0, ""
		for i := range p.rules {
			if dropped := p.rules[i].droppedByZtunnel(); dropped != "" && !t.superseded(p, &p.rules[i]) {
				if lost == 0 {
					first, attr = i, dropped
				}
				lost++
			}
		}
		if lost == 0 {
			continue
		}
		found := "uses " + attr + ", but the policy has no targetRefs"
		if lost > 1 {
			found = fmt.Sprintf("uses %s, and %d more of the rules use HTTP attributes, but the policy has no targetRefs", attr, lost-1)
		}
		effect := "ztunnel drops the rule, so it allows no client"
		switch {
		case p.action == deny:
			effect = "ztunnel leaves out the HTTP attributes, so the policy denies more than it says, or nothing at all"
		case lost == len(p.rules):
			effect = "ztunnel drops every rule of the policy, so it allows no client"
		}
		a.reportRule(diagnostic.RulesLost, p, first, found, effect, "attach the policy to the waypoint by targetRefs")
	}
}

// freeAttributes are a request of which the client may choose everything but who it is.
//
//go:noinline // it is large, and is called where a rule is compared
func freeAttributes(peer identity) attributes {
	free := symbolic.In(some)
	return attributes{peer: peer, method: free, host: free, path: free, anyHeader: true}
}
