package serve

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// step is what metacontroller is to do next.
type step struct {
	response syncResponse
	// isDone: nothing is left to do that metacontroller can do.
	isDone   bool
	drifted  int
	problems []string
	creates  []string
}

// standInPrefix begins the name of a policy that holds while the one behind the prefix is made anew.
const standInPrefix = "ambient-mending-"

func standInOf(o object) object { return o.named(standInPrefix + o.name()) }

// plan brings a Namespace nearer to what it is to have. metacontroller 4.9 (decorator.syncParentObject) labels the Namespace
// first, then deletes, then creates in no fixed order, so what must come first gets a sync of its own: the policies. Then come
// the labels and, behind them, the waypoint and routes: cluster.admission refuses a waypoint that no label names, and without a
// waypoint the policies close the namespace. Each step brings about the next sync.
func plan(r syncRequest, t tenant) step {
	p := planning{t: t, observed: map[manifest.ID]object{}, foreign: map[manifest.ID]bool{}, step: step{isDone: true}}
	p.response = syncResponse{Labels: map[string]*string{}, Attachments: []object{}}
	for _, o := range r.Attachments.all() {
		p.observed[o.id()] = o
	}
	for _, o := range r.Related.all() {
		if _, ours := p.observed[o.id()]; !ours {
			p.foreign[o.id()] = true
		}
	}
	inForce := p.order()
	for _, o := range p.t.objects {
		if !isLast(o) {
			inForce = p.place(o) && inForce
		}
	}
	for _, o := range p.t.objects {
		if isLast(o) {
			p.placeLast(o, inForce)
		}
	}
	if inForce && len(t.labels) > 0 {
		p.response.Labels, p.isDone = t.labels, false
	}
	p.keepGateways()
	p.keepClosed()
	p.finish()
	return p.step
}

type planning struct {
	t        tenant
	observed map[manifest.ID]object
	// foreign are the objects of others in the namespace.
	foreign map[manifest.ID]bool
	step
}

// isLast reports whether an object opens something: a waypoint without a policy admits everyone.
func isLast(o object) bool { return isGateway(o) || isRoute(o) }

// place lists an object that closes, and reports whether it is in force. metacontroller's merge keeps the fields and list
// entries of others, so one that drifted is left out once, which deletes it, and created anew. Where nothing else would
// close the namespace meanwhile, a stand-in comes first and goes last.
func (p *planning) place(o object) bool {
	standIn := standInOf(o)
	_, stands := p.observed[standIn.id()]
	found, there := p.observed[o.id()]
	switch {
	case there && same(o, found): // a stand-in is no longer listed
		p.add(o)
		p.isDone = p.isDone && !stands
		return true
	case there && isOurs(found): // as we last sent it, so the merge makes of it what is wanted now
		p.isDone = false
		p.add(o)
		return false
	case there && !p.isReplaceable(o):
		p.drifted++
		p.mend(o, standIn)
		return false
	case there:
		p.drifted++
		p.isDone = false
		return false
	}
	if stands {
		p.add(standIn)
	}
	p.create(o)
	return false
}

// mend has a stand-in made. Once it is there, and as it should be, the object is left out.
func (p *planning) mend(o, standIn object) {
	found, stands := p.observed[standIn.id()]
	if !stands {
		p.create(standIn)
		p.add(o)
		return
	}
	p.isDone = false
	if same(standIn, found) || isOurs(found) { // as it was wanted before
		p.add(standIn)
	}
	if !same(standIn, found) {
		p.add(o)
	}
}

// isReplaceable reports whether the namespace is as closed without the object.
func (p *planning) isReplaceable(o object) bool {
	if !isAllow(o) {
		return isOptions(o)
	}
	spec := o.below("spec")
	for _, other := range p.t.objects {
		if other.name() != o.name() && isAllow(other) && equal(other.below("spec")["targetRefs"], spec["targetRefs"]) && p.isSame(other) {
			return true // another ALLOW of this waypoint or Service
		}
		if isAllow(other) && !targetsService(other) && targetsService(o) && p.isSame(other) {
			return true // what is not allowed for a Service, its waypoint's policies decide
		}
	}
	return false
}

func isAllow(o object) bool {
	return o.kind() == "AuthorizationPolicy" && text(o.below("spec"), "action") != "DENY" && o.below("spec")["targetRefs"] != nil
}

func targetsService(o object) bool {
	refs, _ := o.below("spec")["targetRefs"].([]any)
	for _, ref := range refs {
		m, _ := ref.(map[string]any)
		if text(m, "kind") == "Service" {
			return true
		}
	}
	return false
}

// isSame reports whether an object is there as it is to be.
func (p *planning) isSame(o object) bool {
	found, there := p.observed[o.id()]
	return there && same(o, found)
}

// placeLast lists a waypoint or route, once the policies are in force. A Gateway is never deleted: its address would change, and
// its pods would go.
func (p *planning) placeLast(o object, inForce bool) {
	found, there := p.observed[o.id()]
	switch {
	case !there && !inForce: // until the policies are
	case !there:
		p.create(o)
	case same(o, found):
		p.add(o)
	case isGateway(o) && !inForce && isOurs(found): // its options may be missing
		p.isDone = false
		p.add(found.asSent())
	case isGateway(o):
		p.drifted++
		p.add(o)
		switch {
		case found.isDeleted():
			p.isDone = false
		case !mergeHelps(o, found):
			p.problems = append(p.problems, o.ref()+" has fields that are not ours, and metacontroller keeps them; remove them")
		default:
			p.isDone = false
		}
	default:
		p.drifted++
		p.isDone = false
	}
}

// keepGateways lists the Gateways that are not wanted: something of the tenant may still lead to one.
func (p *planning) keepGateways() {
	for _, o := range p.unwanted(isGateway) {
		p.add(o)
		p.problems = append(p.problems, o.ref()+" is not the tenant's waypoint and has no policies, so it stays; delete it once no label istio.io/use-waypoint and no route names it")
	}
}

func (p *planning) add(o object) { p.response.Attachments = append(p.response.Attachments, o) }

// create lists an object that is not there. metacontroller 4.9 swallows "already exists" (DynamicApply.Apply).
func (p *planning) create(o object) {
	p.add(o)
	if p.foreign[o.id()] {
		p.problems = append(p.problems, o.ref()+" exists and was not made by this controller; it is left as it is, and the namespace stays as it was; delete it")
		return
	}
	p.creates = append(p.creates, o.ref())
	p.isDone = false
}

// finish sees what metacontroller deletes.
func (p *planning) finish() {
	listed := map[manifest.ID]bool{}
	for _, o := range p.response.Attachments {
		listed[o.id()] = true
	}
	for id := range p.observed {
		if !listed[id] {
			p.isDone = false
		}
	}
}
