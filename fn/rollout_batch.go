package fn

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

const (
	maxSubsets = 12              // how many changes of one stage may decide about the same requests: all their subsets are looked at
	maxStates  = 1 << maxSubsets // in how many states an order is looked for
)

// batch are the changes of one stage that decide about requests to one namespace, or to all that no other batch is about.
type batch struct {
	v       *prover
	stage   *Stage
	at      state
	about   access.Part
	changes []change
	frees   []change      // routes that the stage removes
	parts   []access.Part // targets that the same changes concern
	known   map[look]*access.Moment
}

// look is a subset of a batch's changes, of those that concern one part of the targets.
type look struct {
	part int
	set  uint64
}

// order puts the changes of a stage in an order in which all moments are safe, and notes whether they must come in it.
func (v *prover) order(s *Stage, at state) error {
	var first, left []change
	batches, common := v.batches(s, at)
	ordered := 0
	for _, g := range batches {
		path, rest, err := g.prove()
		if err != nil || s.Proof.Why != "" {
			return err
		}
		if len(path)+len(rest) > 0 {
			ordered++
			first, left = append(first, path...), append(left, rest...)
		}
	}
	if ordered > 1 && common {
		s.Proof.Why = "objects of several namespaces must come in an order, and it is not known whether these orders go together"
		return nil
	}
	v.later = append(v.later, left...)
	for _, c := range s.changes {
		if !slices.ContainsFunc(slices.Concat(first, left), func(o change) bool { return o.ID == c.ID }) {
			first = append(first, c)
		}
	}
	s.changes = first
	return nil
}

// batches cuts the changes of a stage: those of one namespace decide about requests to it, together with the changes that concern all namespaces. common
// reports whether there are such.
func (v *prover) batches(s *Stage, at state) (out []*batch, common bool) {
	var wide, frees []change
	var names []string
	local, touches := map[string][]change{}, map[string][]access.Touch{}
	for _, c := range s.changes {
		e := v.plan.effectOf(&c)
		switch {
		case e.none:
			continue
		case e.wide:
			wide = append(wide, c)
		default:
			if local[c.Namespace] == nil {
				names = append(names, c.Namespace)
			}
			local[c.Namespace], touches[c.Namespace] = append(local[c.Namespace], c), append(touches[c.Namespace], e.touch)
		}
		if e.frees {
			frees = append(frees, c)
		}
	}
	add := func(about access.Part, changes []change) {
		out = append(out, &batch{v: v, stage: s, at: at, about: about, changes: changes, frees: frees, known: map[look]*access.Moment{}})
	}
	for _, name := range names {
		add(access.Part{Namespaces: []string{name}, Touches: append(touches[name], slices.Repeat([]access.Touch{everything}, len(wide))...)}, slices.Concat(local[name], wide))
	}
	if len(wide)+len(frees) > 0 {
		add(access.Part{Except: names}, wide)
	}
	return out, len(wide) > 0
}

// prove gives the changes in an order in which all moments are safe, and those that must wait for a later stage. Both are empty where every order is safe.
func (g *batch) prove() (path, later []change, err error) {
	proof := &g.stage.Proof
	if err := g.cut(); err != nil || proof.Why != "" {
		return nil, nil, err
	}
	first, unsafe, err := g.firstUnsafe()
	if err != nil || unsafe == nil {
		return nil, nil, err
	}
	order, err := g.path()
	if err != nil {
		return nil, nil, err
	}
	if len(order) < len(g.changes) && (len(order) == 0 || !g.stage.early) {
		proof.Why = surplusOf(g.words(first), unsafe)
		return nil, nil, nil
	}
	comes := uint64(0)
	for _, i := range order {
		path, comes = append(path, g.changes[i]), comes|1<<i
	}
	for i, c := range g.changes {
		if comes&(1<<i) == 0 {
			m, err := g.unsafe(comes | 1<<i)
			if err != nil {
				return nil, nil, err
			}
			later = append(later, c)
			g.stage.Later = append(g.stage.Later, c.String()+" comes later: "+surplusOf("if it came now", m))
		}
	}
	proof.Ordered = proof.Ordered || len(later) == 0 || !g.anyOrder(comes)
	return path, later, nil
}

// cut finds the parts of the targets. A part that too many changes concern is not proved.
func (g *batch) cut() error {
	if len(g.changes) > 64 {
		g.tooMany(len(g.changes))
		return nil
	}
	all := uint64(1)<<len(g.changes) - 1
	sets := []uint64{all}
	if g.about.Namespaces != nil {
		w, err := g.v.load(g.at)
		if err != nil {
			return err
		}
		sets = g.v.ends.Parts(w, g.about.Namespaces[0], g.about.Touches)
	}
	for _, set := range sets {
		if n := bits.OnesCount64(set); n > maxSubsets {
			g.tooMany(n)
			return nil
		}
		part := g.about
		part.Set = set
		g.parts = append(g.parts, part)
	}
	return nil
}

func (g *batch) tooMany(n int) {
	to := ""
	if g.about.Namespaces != nil {
		to = " to Namespace " + g.about.Namespaces[0]
	}
	g.stage.Proof.Why = fmt.Sprintf("%d objects decide about the same requests%s in this stage, and all subsets of at most %d are looked at", n, to, maxSubsets)
}

// firstUnsafe is the first subset of the changes, by its size, under which a moment is not safe, and that moment; nil for none.
func (g *batch) firstUnsafe() (uint64, *access.Moment, error) {
	for i := range g.parts {
		subsets := subsetsOf(g.parts[i].Set)
		slices.SortStableFunc(subsets, func(a, b uint64) int { return bits.OnesCount64(a) - bits.OnesCount64(b) })
		for _, set := range subsets {
			if m, err := g.moment(i, set); err != nil || !m.Safe() {
				return set, m, err
			}
		}
	}
	return 0, nil, nil
}

// subsetsOf are all subsets of a set, in ascending order.
func subsetsOf(set uint64) (out []uint64) {
	for sub := uint64(0); ; sub = (sub - set) & set {
		if out = append(out, sub); sub == set {
			return out
		}
	}
}

// anyOrder reports whether all subsets of some changes are known to be safe.
func (g *batch) anyOrder(of uint64) bool {
	for i, part := range g.parts {
		for _, set := range subsetsOf(part.Set & of) {
			if m := g.known[look{i, set}]; m == nil || !m.Safe() {
				return false
			}
		}
	}
	return true
}

// unsafe is a moment that is not safe once some changes are applied, nil for none.
func (g *batch) unsafe(set uint64) (*access.Moment, error) {
	for i, part := range g.parts {
		if m, err := g.moment(i, set&part.Set); err != nil || !m.Safe() {
			return m, err
		}
	}
	return nil, nil
}

// path is an order in which all moments are safe, of all changes or of as many as one is found for.
func (g *batch) path() (longest []int, err error) {
	seen := map[uint64]bool{}
	var walk func(set uint64, way []int) (bool, error)
	walk = func(set uint64, way []int) (bool, error) {
		if seen[set] || len(seen) == maxStates {
			return false, nil
		}
		seen[set] = true
		if m, err := g.unsafe(set); err != nil || m != nil {
			return false, err
		}
		if len(way) > len(longest) {
			longest = slices.Clone(way)
		}
		for i := range g.changes {
			if set&(1<<i) != 0 {
				continue
			}
			if done, err := walk(set|1<<i, append(way, i)); done || err != nil {
				return done, err
			}
		}
		return len(way) == len(g.changes), nil
	}
	_, err = walk(0, nil)
	return longest, err
}

// moment is what is known of a part of the targets once a subset of the changes that concern it is applied. Of the other changes, a route that goes may lead
// more requests there, so it has gone.
func (g *batch) moment(part int, set uint64) (*access.Moment, error) {
	if m := g.known[look{part, set}]; m != nil {
		return m, nil
	}
	about := g.parts[part]
	if set == 0 && about.Namespaces == nil && len(g.frees)+len(g.stage.restarts) == 0 {
		return &access.Moment{}, nil // the end of the stage before
	}
	var applied []change
	for i, c := range g.changes {
		if set&(1<<i) != 0 {
			applied = append(applied, c)
		}
	}
	for _, c := range g.frees {
		concerns := func(o change) bool { return o.ID == c.ID }
		if i := slices.IndexFunc(g.changes, concerns); i < 0 || about.Set&(1<<i) == 0 {
			applied = append(applied, c)
		}
	}
	m, err := g.v.moment(g.at.with(applied...), about)
	if err != nil {
		return nil, err
	}
	g.stage.Proof.Moments++
	g.known[look{part, set}] = &m
	return &m, nil
}

// words says when a subset of the changes is applied.
func (g *batch) words(set uint64) string {
	var names []string
	for i, c := range g.changes {
		if set&(1<<i) != 0 {
			names = append(names, c.String())
		}
	}
	switch {
	case len(names) == 0 && g.about.Namespaces != nil:
		return "before anything of Namespace " + g.about.Namespaces[0] + " is applied"
	case len(names) == 0:
		return "before anything is applied"
	case len(names) == len(g.changes):
		return "once all of it is applied"
	}
	return "once " + strings.Join(names, ", ") + " is applied and the rest is not"
}
