package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Diff is who gained and who lost access from one world to another. Both have the same requests: each is decided in both.
type Diff struct {
	Namespaces []NamespaceDiff `json:"namespaces"`
	Unknown    []string        `json:"notCompared,omitempty"`    // what could not be looked at, and so may be anything
	Errors     []string        `json:"internalErrors,omitempty"` // what the point decision does not confirm
	Compared   int             `json:"compared"`                 // namespaces

	worlds  [2]*World  // the old one and the new one
	tenants [][]string // the user namespaces, those that are alike in both together
}

// NamespaceDiff is one namespace whose access changes. It is so of like namespaces, too, with their names and their owners' in the spot of its own.
type NamespaceDiff struct {
	Namespace string   `json:"namespace"`
	Like      []string `json:"like,omitempty"`
	Cause     *Cause   `json:"cause,omitempty"`
	Changes   []Change `json:"changes"`
}

// Cause is what has become of the namespace as a whole.
type Cause struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Change is a set of requests whose outcome changes, the old or the new one by the same policies and rules.
type Change struct {
	Change  string   `json:"change"` // gained or lost
	Who     string   `json:"who"`
	To      []string `json:"to"`
	What    string   `json:"what,omitempty"` // "" for all requests
	Old     string   `json:"old"`            // of the witness: allow, deny, not-judged, absent (the target does not exist) or no-route
	New     string   `json:"new"`
	By      string   `json:"by"` // what allows it, or is why it is not judged: of the new manifests where it is gained, of the old ones where it is lost
	Policy  string   `json:"policy,omitempty"`
	Rule    int      `json:"rule"` // -1 for none
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Instead string   `json:"instead"` // who decides on the other side
	Witness string   `json:"witness,omitempty"`

	at       place
	object   diagnostic.Object
	spots    []spotAt
	kind     clientKind
	session  string                     // who and what, as of a session
	says     map[string]symbolic.Phrase // the set, by axis
	ofTenant bool                       // the witness is a pod of a user namespace
	moved    string                     // what the principals begin with of pods that come into the mesh or leave it, "" for others
}

// Kinds of changes.
const (
	hasGained = "gained"
	hasLost   = "lost"
)

// Diff compares the access under two worlds. The second is read with LoadNext.
func (w *World) Diff(next *World, namespaces ...string) Diff {
	return w.DiffOnly(next, Filter{Namespaces: namespaces})
}

// DiffOnly is Diff of a part.
func (w *World) DiffOnly(next *World, f Filter) Diff {
	d := newDiffer(w, next)
	d.only = f
	names := union(w.names, next.names)
	slices.Sort(names)
	locked := w.locked != nil || next.locked != nil
	if !locked && w.release == next.release && w.recording.twice() {
		for _, name := range names {
			if len(f.namespaces([]string{name})) > 0 {
				d.untold([]string{name})
			}
		}
		return d.out
	}
	if !d.comparable() {
		return d.out
	}
	for _, name := range names {
		if len(f.namespaces([]string{name})) > 0 {
			d.newDoors(name)
			d.newBehind(name)
		}
	}
	classes := d.classes(names, locked)
	for _, class := range classes {
		if d.tenant(class[0]) {
			d.out.tenants = append(d.out.tenants, class)
		}
	}
	var policiesOf map[string]bool
	confined := false
	if !locked {
		policiesOf, confined = d.confined()
	}
	for i, class := range classes {
		switch f.step(i, len(classes)); {
		case len(f.namespaces(class)) == 0:
		case confined && d.untouched(class[0], policiesOf):
			d.untold(class)
		default:
			d.namespace(class)
		}
	}
	d.addMoved(classes)
	return d.out
}

func newDiffer(w, next *World) *differ {
	d := &differ{askers: [2]*asker{newAsker(w), newAsker(next)}, newer: 1, pool: symbolic.NewPool(), moved: map[string]*movement{}}
	d.out.Namespaces, d.out.worlds = []NamespaceDiff{}, [2]*World{w, next}
	if w.locked == nil && next.locked == nil && w.recording.turned() { // so that it is found in the same way from either side
		d.askers[0], d.askers[1], d.newer = d.askers[1], d.askers[0], 0
	}
	d.askers[1].w.mark = " of the other manifests" // a list is known by its name
	return d
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// differ compares two worlds.
type differ struct {
	only   Filter
	askers [2]*asker // of the worlds, in an order of their own
	newer  int       // of the two
	pool   *symbolic.Pool
	out    Diff
	at     *NamespaceDiff       // at hand
	moved  map[string]*movement // by namespaces whose pods come into the mesh, or leave it
}

// untold counts namespaces in which nothing can have changed.
func (d *differ) untold(class []string) {
	x := d.askers[0]
	s := x.w.look(class[0])
	if x.hasTargets(s) && (d.only.Service == "" || slices.ContainsFunc(x.aims(s), func(a *aim) bool { return d.only.takes(a.name, false) })) {
		d.out.Compared += len(class)
	}
}

// comparable reports whether the requests of both worlds are the same. A principal of another trust domain is another one, and so is a path that is
// read otherwise.
func (d *differ) comparable() bool {
	old, next := &d.askers[1-d.newer].w.mesh, &d.askers[d.newer].w.mesh
	say := func(what, a, b string) {
		if a != b {
			d.out.Unknown = append(d.out.Unknown, what+" of the mesh is "+a+" in the old manifests and "+b+" in the new ones: no request is the same")
		}
	}
	say("the trust domain", old.domains[0], next.domains[0])
	say("the path normalization", old.normalization, next.normalization)
	return len(d.out.Unknown) == 0
}

// classes are all namespaces, by their names, those that are alike in both worlds with the first of them.
func (d *differ) classes(names []string, locked bool) (out [][]string) {
	alike := d.alike
	if locked {
		alike = d.alikeInLock
	}
	of := map[string][]string{}
	for _, class := range alike() {
		for i, name := range class {
			if of[name] = nil; i == 0 {
				of[name] = class
			}
		}
	}
	for _, name := range names {
		switch class, tenant := of[name]; {
		case !tenant:
			out = append(out, []string{name})
		case class != nil:
			out = append(out, class)
		}
	}
	return out
}

func (d *differ) alike() [][]string {
	tenants := union(d.askers[0].w.profiles(), d.askers[1].w.profiles())
	slices.Sort(tenants)
	return d.askers[0].w.recording.alike(tenants)
}

// alikeInLock are the user namespaces of manifests that are alike there, and in a lock by the same words.
func (d *differ) alikeInLock() (out [][]string) {
	a, b := d.askers[0].w, d.askers[1].w
	if a.locked == nil {
		a, b = b, a
	}
	if b.locked != nil {
		return nil
	}
	classes, words := b.recording.alikeBy(b.profiles())
	for _, class := range classes {
		alike := class[:1:1]
		for _, name := range class[1:] {
			if a.locked.like(words[class[0]], words[name]) {
				alike = append(alike, name)
			} else {
				out = append(out, []string{name})
			}
		}
		out = append(out, alike)
	}
	return out
}

// tenant reports whether a namespace is a user's in either world.
func (d *differ) tenant(name string) bool {
	return d.askers[0].w.look(name).profile || d.askers[1].w.look(name).profile
}

// namespace compares the access to a namespace, and so to those that are like it.
func (d *differ) namespace(class []string) {
	targets := slices.DeleteFunc(d.targets(class[0]), func(t destination) bool { return !d.only.takes(t.name, t.pods) })
	if len(targets) == 0 {
		return
	}
	d.out.Compared += len(class)
	d.at = &NamespaceDiff{Namespace: class[0], Like: class[1:]}
	pool := d.pool.About()
	for i := range targets {
		t := &targets[i]
		for _, port := range t.ports() {
			for _, tcp := range [2]bool{false, true} {
				if t.takes(tcp) && d.only.at(port) {
					d.ask(i, t, port, tcp, pool)
				}
			}
		}
	}
	if len(d.at.Changes) == 0 {
		return
	}
	d.arrange(targets)
	d.at.Cause = d.cause(class[0])
	d.out.Namespaces = append(d.out.Namespaces, *d.at)
}

// cause is what has become of a namespace, nil where it takes part in the mesh as before.
func (d *differ) cause(name string) *Cause {
	was, is := d.describe(1-d.newer, name), d.describe(d.newer, name)
	if was == is {
		return nil
	}
	return &Cause{was, is}
}

// describe says how a namespace takes part in the mesh.
func (d *differ) describe(i int, name string) string {
	s := d.askers[i].w.look(name)
	if s == &nowhere {
		return "not in the manifests"
	}
	return d.askers[i].w.describe(s)
}
