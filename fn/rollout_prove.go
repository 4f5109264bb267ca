package fn

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// prover holds the moments of a rollout against its beginning and its end.
type prover struct {
	plan    *rolloutPlan
	ends    *access.Ends
	objects [2][]object // of the ends, as the referee is shown them
	later   []change    // what would open something before the namespaces have joined
	assumed []string
}

func newProver(p *rolloutPlan) (*prover, error) {
	v := &prover{plan: p}
	v.setAside()
	var ends [2]*access.World
	for i, objects := range [2][]object{p.was, p.is} {
		v.objects[i] = v.judged(state{objects: objects})
		var err error
		if ends[i], err = lookup(v.objects[i]); err != nil {
			return nil, err
		}
	}
	v.ends = access.NewEnds(ends[0], ends[1])
	return v, nil
}

func (v *prover) begin() state { return state{objects: v.plan.was} }

func (v *prover) load(s state) (*access.World, error) {
	return lookup(v.judged(s))
}

// judged are the objects that the referee is shown.
func (v *prover) judged(s state) []object {
	return slices.DeleteFunc(s.world(), func(o object) bool { return v.plan.aside[o.ID] })
}

// setAside leaves out the VirtualServices of Istio's own Gateways, unless the configuration adds or edits one. Such a gateway leads a request to the same place
// at every moment until its routes go, and what its pods may do there is asked about as of any pods, whatever they send.
func (v *prover) setAside() {
	aside := map[manifest.ID]bool{}
	for _, o := range v.plan.was {
		if ofIstioGateway(o) {
			aside[o.ID] = true
		}
	}
	gone := false
	for _, c := range v.plan.changes {
		if c.Group == "networking.istio.io" && c.Kind == "VirtualService" && c.new != nil {
			return
		}
		gone = gone || aside[c.ID]
	}
	v.plan.aside = aside
	switch {
	case gone:
		v.assumed = append(v.assumed, fmt.Sprintf("%d VirtualServices of Istio Gateways stay as they are until they go: what these gateways may reach is proved for their pods, whatever they send. While the routes go one by one, a wider one may take the requests of one that has gone", len(aside)))
	case len(aside) > 0:
		v.assumed = append(v.assumed, fmt.Sprintf("%d VirtualServices of Istio Gateways stay as they are: what these gateways may reach is proved for their pods, whatever they send", len(aside)))
	}
}

// ofIstioGateway reports whether an object is a VirtualService of Istio's own Gateways only.
func ofIstioGateway(o object) bool {
	gateways := elements(manifest.Field(o.node, "spec", "gateways"))
	return o.Group == "networking.istio.io" && o.Kind == "VirtualService" && len(gateways) > 0 &&
		!slices.ContainsFunc(gateways, func(g *yaml.Node) bool { return g.Kind != yaml.ScalarNode || g.Value == "mesh" })
}

// stage looks at all moments of a stage, and puts its changes in order. It gives the state after it.
func (v *prover) stage(s *Stage, at state) (state, error) {
	during := at
	for _, name := range s.restarts {
		during = during.running(mixed, name)
	}
	if err := v.order(s, during); err != nil {
		return at, err
	}
	after, are := during.with(s.changes...), started
	if strings.HasPrefix(s.Name, "back/") {
		are = proxied
	}
	after = after.running(are, s.restarts...)
	for _, c := range s.changes { // a Namespace as it was makes the pods that it made
		if c.Kind == "Namespace" && v.asBefore(&c) {
			after = after.running(started, c.Name)
		}
	}
	return after, v.between(s, after)
}

// asBefore reports whether a change gives an object back as it was at the beginning.
func (v *prover) asBefore(c *change) bool {
	return slices.ContainsFunc(v.plan.was, func(o object) bool { return o.ID == c.ID && o.node == c.new })
}

// between looks at all requests after a stage, while its pods restart.
func (v *prover) between(s *Stage, after state) error {
	if s.Proof.Why != "" {
		return nil
	}
	m, err := v.moment(after, access.Part{})
	if err == nil {
		s.Proof.Moments++
		s.Proof.Why = surplusOf("once all of it is applied", &m)
	}
	return err
}

func (v *prover) moment(s state, part access.Part) (access.Moment, error) {
	objects := v.judged(s)
	for _, end := range v.objects {
		if sameObjects(objects, end) {
			return access.Moment{}, nil
		}
	}
	w, err := lookup(objects)
	if err != nil {
		return access.Moment{}, err
	}
	return v.ends.At(w, true, part), nil
}

// sameObjects reports whether two sets hold the very same objects.
func sameObjects(a, b []object) bool {
	if len(a) != len(b) {
		return false
	}
	in := map[object]bool{}
	for _, o := range a {
		in[o] = true
	}
	return !slices.ContainsFunc(b, func(o object) bool { return !in[o] })
}

// surplusOf says what a moment allows too much, "" for nothing.
func surplusOf(when string, m *access.Moment) string {
	switch {
	case len(m.Opened) > 0:
		return fmt.Sprintf("%s, a request is allowed that is allowed neither before nor after the rollout: %s (%s)", when, m.Opened[0].Request, m.Opened[0].By)
	case len(m.Unknown) > 0:
		return fmt.Sprintf("%s, it is not known whether a request is allowed that is allowed neither before nor after the rollout: %s (%s)", when, m.Unknown[0].Request, m.Unknown[0].By)
	}
	return ""
}
