package serve

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// order makes what is wanted now of what is wanted in the end, and reports whether that is the same. Each of metacontroller's deletions and
// writes may come first, and any of them may fail. So the state after some of them must not allow what is allowed neither before nor after:
//   - Policies that allow may be mixed, because each allows what it does before or after, as long as there is always one: see keepClosed.
//   - Where what restricts them changes as well, they allow nothing meanwhile.
//   - A RequestAuthentication makes user headers of tokens, so it comes after the DENY that judges the tokens, and goes before it.
//   - A route that is not wanted goes before somebody new may use it.
//   - A Gateway whose options are missing is not deployed (Istio: its parametersRef), so they come before it, and go after it.
func (p *planning) order() bool {
	final := true
	without := func(is func(object) bool) {
		p.t.objects, final = slices.DeleteFunc(slices.Clone(p.t.objects), is), false
	}
	if p.isPending(isAllow) && p.isPending(isRestriction) && p.has(isAllow) {
		p.t.objects, final = p.shut(nobody), false
		if p.isPending(isAllow) { // until they allow nothing, what restricts them is as it is
			without(isRestriction)
		}
	}
	if p.isChanging(isAllow) && len(p.unwanted(isRoute)) > 0 {
		p.t.objects, final = p.shut(p.isSame), false
	}
	if p.isChanging(isDeny) {
		without(isAuthentication)
	}
	var kept []object
	switch {
	case p.isPending(isAllow), p.isChanging(isDeny):
		kept = p.unwanted(isRestriction)
	case len(p.unwanted(isAuthentication)) > 0:
		kept = p.unwanted(isDeny)
	}
	final = final && len(kept) == 0
	if p.isChanging(isGateway) {
		kept = slices.Concat(kept, p.unwanted(isOptions))
	}
	p.t.objects = slices.Concat(p.t.objects, kept)
	return final
}

// shut are the objects that are wanted, with policies that allow nothing but those that may, and without policies that are not there.
func (p *planning) shut(may func(object) bool) (out []object) {
	for _, o := range p.t.objects {
		_, there := p.observed[o.id()]
		_, stands := p.observed[standInOf(o).id()]
		switch {
		case !isAllow(o) || may(o):
			out = append(out, o)
		case there || stands:
			out = append(out, o.allowingNothing())
		}
	}
	return out
}

func nobody(object) bool { return false }

func isDeny(o object) bool {
	return o.kind() == "AuthorizationPolicy" && text(o.below("spec"), "action") == "DENY"
}

func isAuthentication(o object) bool { return o.kind() == "RequestAuthentication" }
func isRestriction(o object) bool    { return isDeny(o) || isAuthentication(o) }
func isGateway(o object) bool        { return o.kind() == "Gateway" }
func isRoute(o object) bool          { return o.kind() == "HTTPRoute" }
func isOptions(o object) bool        { return o.kind() == "ConfigMap" }

func (p *planning) has(is func(object) bool) bool {
	for _, o := range p.observed {
		if is(o) {
			return true
		}
	}
	return false
}

// isChanging reports whether an object of a sort is not yet as it is wanted.
func (p *planning) isChanging(is func(object) bool) bool {
	return slices.ContainsFunc(p.t.objects, func(o object) bool { return is(o) && !p.isSame(o) })
}

// isPending reports whether an object of a sort is not yet as it is wanted, or is not wanted, or stands in for one.
func (p *planning) isPending(is func(object) bool) bool {
	return p.isChanging(is) || p.has(func(o object) bool { return is(o) && !p.isWanted(o) })
}

func (p *planning) isWanted(o object) bool {
	return slices.ContainsFunc(p.t.objects, func(w object) bool { return w.id() == o.id() })
}

// unwanted are the objects of a sort that are there and not wanted, as they are.
func (p *planning) unwanted(is func(object) bool) (out []object) {
	wanted := map[manifest.ID]bool{}
	for _, o := range p.t.objects {
		wanted[o.id()], wanted[standInOf(o).id()] = true, true
	}
	for _, id := range slices.SortedFunc(maps.Keys(p.observed), byID) {
		if o := p.observed[id]; is(o) && !wanted[id] && !o.isDeleted() {
			out = append(out, o.asSent())
		}
	}
	return out
}

func byID(a, b manifest.ID) int { return strings.Compare(a.String(), b.String()) }

// keepClosed sees that a waypoint which a policy closes stays closed whatever comes first: something that closes it, and is there, stays. If
// nothing else does, what is to go stays once more, and allows nothing.
func (p *planning) keepClosed() {
	for _, o := range p.response.Attachments {
		if found, there := p.observed[o.id()]; there && closesWaypoint(o) && closesWaypoint(found) {
			return
		}
	}
	listed := map[manifest.ID]bool{}
	for _, o := range p.response.Attachments {
		listed[o.id()] = true
	}
	for _, o := range p.unwanted(isAllow) {
		if listed[o.id()] {
			continue
		}
		shut := o.allowingNothing()
		p.add(shut)
		p.isDone = p.isDone && p.isSame(shut)
	}
}

// closesWaypoint reports whether a policy is in force at a whole waypoint, so that everything is denied there that no policy allows.
func closesWaypoint(o object) bool {
	return isAllow(o) && !targetsService(o) && !o.isDeleted() && !isDisabled(o)
}

func isDisabled(o object) bool {
	for in, keys := range disabling {
		for _, key := range keys {
			if o.below("metadata", in)[key] != nil {
				return true
			}
		}
	}
	return false
}

// allowingNothing is a copy of a policy without its rules (Istio: an ALLOW policy without rules allows nothing).
func (o object) allowingNothing() object {
	c := maps.Clone(o)
	spec := maps.Clone(o.below("spec"))
	delete(spec, "rules")
	c["spec"] = spec
	return c
}
