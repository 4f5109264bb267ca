package fn

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// maxSubsets is how many objects of one namespace may come in one stage: all subsets are looked at.
const maxSubsets = 12

// prover holds the moments of a rollout against its beginning and its end.
type prover struct {
	plan    *rolloutPlan
	ends    *access.Ends
	dropped map[manifest.ID]bool // routes of the old ingress, which are the same at all moments
	later   []change             // what would open something before the namespaces have joined
	assumed []string
}

func newProver(p *rolloutPlan) (*prover, error) {
	v := &prover{plan: p, dropped: map[manifest.ID]bool{}}
	v.setAsideRoutes()
	begin, err := v.load(state{objects: p.was})
	if err != nil {
		return nil, err
	}
	end, err := v.load(state{objects: p.is})
	if err != nil {
		return nil, err
	}
	v.ends = access.NewEnds(begin, end)
	return v, nil
}

func (v *prover) begin() state { return state{objects: v.plan.was} }

func (v *prover) load(s state) (*access.World, error) {
	return lookup(v.judged(s))
}

// judged are the objects that the referee is shown.
func (v *prover) judged(s state) []object {
	return slices.DeleteFunc(s.world(), func(o object) bool { return v.dropped[o.ID] })
}

// setAsideRoutes leaves out the VirtualServices of Istio's own Gateways where nothing of theirs changes. Such a gateway leads a request to the same place
// at every moment, and what its pods may do there is asked about as of any pods, whatever they send: so no request gets further by these routes alone.
func (v *prover) setAsideRoutes() {
	for _, c := range v.plan.changes {
		if strings.HasSuffix(c.Group, "networking.istio.io") {
			return
		}
	}
	n := 0
	for _, o := range v.plan.was {
		gateways := manifest.Field(manifest.Field(o.node, "spec"), "gateways")
		if o.Group != "networking.istio.io" || o.Kind != "VirtualService" || gateways == nil || gateways.Kind != yaml.SequenceNode || len(gateways.Content) == 0 {
			continue
		}
		if !slices.ContainsFunc(gateways.Content, func(g *yaml.Node) bool { return g.Value == "mesh" }) {
			v.dropped[o.ID] = true
			n++
		}
	}
	if n > 0 {
		v.assumed = append(v.assumed, fmt.Sprintf("%d VirtualServices of Istio Gateways stay as they are: what these gateways may reach is proved for their pods, whatever they send", n))
	}
}

// stage looks at all moments of a stage, and puts its changes in order. It gives the state after it.
func (v *prover) stage(s *Stage, at state) (state, error) {
	during := at
	for _, name := range s.restarts {
		during = during.running(mixed, name)
	}
	ordered := slices.Clone(s.changes[:0:0])
	for _, name := range namespacesOf(s.changes) {
		g := &batch{v: v, stage: s, at: during, namespace: name, known: map[int]*access.Moment{}}
		for _, c := range s.changes {
			switch {
			case c.in() != name:
			case c.inert():
				g.inert = append(g.inert, c)
			default:
				g.changes = append(g.changes, c)
			}
		}
		order, err := g.prove()
		if err != nil {
			return at, err
		}
		ordered = append(ordered, order...)
	}
	s.changes = ordered
	after, are := during.with(s.changes...), started
	if strings.HasPrefix(s.Name, "back/") {
		are = proxied
	}
	return after.running(are, s.restarts...), v.between(s, after)
}

// between looks at all requests after a stage, while its pods start anew.
func (v *prover) between(s *Stage, after state) error {
	if s.Proof.Why != "" {
		return nil
	}
	m, err := v.moment(after)
	if err == nil {
		s.Proof.Moments++
		s.Proof.Why = surplusOf("once all of it is applied", &m)
	}
	return err
}

func (v *prover) moment(s state, namespaces ...string) (access.Moment, error) {
	w, err := v.load(s)
	if err != nil {
		return access.Moment{}, err
	}
	return v.ends.At(w, true, namespaces...), nil
}

// surplusOf says what a moment allows too much, "" for nothing.
func surplusOf(when string, m *access.Moment) string {
	switch {
	case len(m.Opened) > 0:
		return fmt.Sprintf("%s, a request is allowed that neither the beginning nor the end allows: %s (%s)", when, m.Opened[0].Request, m.Opened[0].By)
	case len(m.Unknown) > 0:
		return fmt.Sprintf("%s, it is not known whether a request is allowed that neither the beginning nor the end allows: %s (%s)", when, m.Unknown[0].Request, m.Unknown[0].By)
	}
	return ""
}

func namespacesOf(changes []change) (out []string) {
	for _, c := range changes {
		if !slices.Contains(out, c.in()) {
			out = append(out, c.in())
		}
	}
	return out
}

// batch are the changes of one stage in one namespace. Policies and waypoints of a namespace decide at the proxies of that namespace only, so that the
// changes of two namespaces need no common subsets.
type batch struct {
	v         *prover
	stage     *Stage
	at        state
	namespace string
	changes   []change
	inert     []change
	known     map[int]*access.Moment
}

// prove gives the changes in an order in which all moments are safe, and notes whether they must come in it.
func (g *batch) prove() ([]change, error) {
	all := append(slices.Clone(g.changes), g.inert...)
	proof := &g.stage.Proof
	if proof.Why != "" || len(g.changes) == 0 {
		return all, nil
	}
	if len(g.changes) > maxSubsets {
		proof.Why = fmt.Sprintf("%d objects of Namespace %s come in this stage, and all subsets of at most %d are looked at", len(g.changes), g.namespace, maxSubsets)
		return all, nil
	}
	first, err := g.firstUnsafe()
	if err != nil || first < 0 {
		return all, err
	}
	path, err := g.path()
	if err != nil {
		return all, err
	}
	if len(path) < len(g.changes) && (len(path) == 0 || !g.stage.early) {
		proof.Why = surplusOf(g.words(first), g.known[first])
		return all, nil
	}
	out, comes := make([]change, 0, len(all)), 0
	for _, i := range path {
		out, comes = append(out, g.changes[i]), comes|1<<i
	}
	for i, c := range g.changes {
		if comes&(1<<i) == 0 {
			g.v.later = append(g.v.later, c)
			g.stage.Later = append(g.stage.Later, c.String()+" comes later: "+surplusOf("if it came now", g.known[comes|1<<i]))
		}
	}
	for set := range comes + 1 {
		if m := g.known[set&comes]; m == nil || !m.Safe() {
			proof.Ordered = true
		}
	}
	return append(out, g.inert...), nil
}

// firstUnsafe is the first subset of the changes, by its size, under which a moment is not safe, -1 for none.
func (g *batch) firstUnsafe() (int, error) {
	whole := 1<<len(g.changes) - 1
	for size := 0; size <= len(g.changes); size++ {
		for set := range whole + 1 {
			if bits.OnesCount(uint(set)) != size {
				continue
			}
			if m, err := g.moment(set); err != nil || !m.Safe() {
				return set, err
			}
		}
	}
	return -1, nil
}

// path is an order in which all moments are safe, of all changes or of as many as there is one for.
func (g *batch) path() (out []int, err error) {
	came := map[int]int{0: -1} // the change by which a subset is reached
	if m, err := g.moment(0); err != nil || !m.Safe() {
		return nil, err
	}
	most := 0
	for queue := []int{0}; len(queue) > 0; queue = queue[1:] {
		set := queue[0]
		if bits.OnesCount(uint(set)) > bits.OnesCount(uint(most)) {
			most = set
		}
		for i := range g.changes {
			next := set | 1<<i
			if _, seen := came[next]; seen || next == set {
				continue
			}
			m, err := g.moment(next)
			if err != nil {
				return nil, err
			}
			if m.Safe() {
				came[next] = i
				queue = append(queue, next)
			}
		}
	}
	for most != 0 {
		out = append(out, came[most])
		most &^= 1 << came[most]
	}
	slices.Reverse(out)
	return out, nil
}

// moment is what is known once a subset of the changes is applied.
func (g *batch) moment(set int) (*access.Moment, error) {
	if m := g.known[set]; m != nil {
		return m, nil
	}
	var applied []change
	namespaces := []string{g.namespace}
	for i, c := range g.changes {
		if set&(1<<i) == 0 {
			continue
		}
		if applied = append(applied, c); !c.local(g.v.plan.root) || c.Kind == "Namespace" && bits.OnesCount(uint(set)) == 1 {
			namespaces = nil // requests to other namespaces, too
		}
	}
	if g.namespace == "" {
		namespaces = nil
	}
	m, err := g.v.moment(g.at.with(applied...), namespaces...)
	if err != nil {
		return nil, err
	}
	g.stage.Proof.Moments++
	g.known[set] = &m
	return &m, nil
}

// local reports whether a change decides about requests to its own namespace only. That of a Namespace itself also changes how its pods call others, which
// no other change of that namespace has a part in.
func (c *change) local(root string) bool {
	return c.Namespace != root && slices.Contains([]string{"AuthorizationPolicy", "Gateway", "NetworkPolicy", "ConfigMap", "Namespace"}, c.Kind)
}

func (g *batch) words(set int) string {
	var names []string
	for i, c := range g.changes {
		if set&(1<<i) != 0 {
			names = append(names, c.String())
		}
	}
	switch {
	case len(names) == 0:
		return "before anything of Namespace " + g.namespace + " is applied"
	case len(names) == len(g.changes):
		return "once all of Namespace " + g.namespace + " is applied"
	}
	return "once " + strings.Join(names, ", ") + " is applied and the rest is not"
}
