package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Tenants are the user namespaces of the manifests, in order: those with the annotation owner, or the label of the profile-controller. Of a
// Namespace alone nobody knows what is open by configuration; the caller adds it.
func (w *World) Tenants() (out []Tenant) {
	for _, name := range w.profiles() {
		s := w.namespaces[name]
		t := Tenant{Namespace: name, Owner: s.owner}
		if b := w.bind(s, nil, "service"); b.gateway != nil && b.gateway.namespace == name {
			t.Waypoint = b.gateway.name
		}
		out = append(out, t)
	}
	return out
}

// Lint looks for everything that Findings looks for, and for policies of any namespace that are without effect: Istio rejects them, they are
// attached to nothing, or ztunnel drops their rules. The cost is linear in the objects.
func (w *World) Lint(tenants []Tenant) []Finding {
	a := newSelfCheck(w, tenants)
	a.look()
	x := a.sets()
	for _, name := range w.names {
		s := w.namespaces[name]
		for _, p := range s.policies {
			if p.bad != nil || p.unapplied != "" || p.dryRun {
				continue // as lostRules has it
			}
			if why := x.unattached(p); why != "" && !a.targetsUnseen(p) {
				a.report(diagnostic.PolicyUnattached, p.origin, "is attached to nothing ("+why+")", "nothing enforces it", "correct spec.targetRefs or the selector, or remove the policy")
			}
		}
		if member, _ := s.partOf(&plainPod); !a.tenants[name] && s.declared && member == captured && name != w.mesh.rootNamespace {
			a.lostRules(&Tenant{Namespace: name}, s)
		}
	}
	return a.found
}

// targetsUnseen reports whether a policy is for a Service that is not in the manifests: a controller may make it.
func (a *selfCheck) targetsUnseen(p *policy) bool {
	return slices.ContainsFunc(p.targets, func(t target) bool { return t.kind == "Service" && a.w.look(p.namespace).service(t.name) == nil })
}
