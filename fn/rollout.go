package fn

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// Rollout is the way from the objects that run to those of a configuration, in stages, and the way back. A stage that could not be proved reports that.
type Rollout struct {
	Stages, Back []Stage
	Assumed      []string // what the proof takes for granted
}

// Stage is what is applied before anything else is, and what must be so before the next stage.
type Stage struct {
	Name     string
	What     string
	restarts []string // namespaces whose pods restart
	early    bool     // it may leave something for later
	Later    []string // what it leaves, and why
	changes  []change
	Ready    []string // commands that show that the next stage may begin
	Proof    StageProof
	Lost     []string // who loses access, to what and until when
}

// StageProof is whether no moment of a stage allows a request that is allowed neither before nor after the rollout.
type StageProof struct {
	Why     string // it is not proved, "" where it is
	Ordered bool   // the objects must come in the order of the files
	Moments int    // that were looked at
}

// Proved reports whether the stages and the way back are all proved.
func (r *Rollout) Proved() bool {
	return !slices.ContainsFunc(slices.Concat(r.Stages, r.Back), func(s Stage) bool { return s.Proof.Why != "" })
}

// change is what becomes of one object. old and new are nil where there is none.
type change struct {
	manifest.ID
	old, new *yaml.Node
}

// RolloutOf plans the rollout of a configuration over what runs: before is a file of manifests, a directory of them, or - for stdin. Each group of
// namespaces joins in one stage, every other one in its own.
func RolloutOf(before, config string, groups [][]string, stdin io.Reader, stderr io.Writer) (Rollout, error) {
	files, data, err := filesOnce(before, stdin)
	if err != nil {
		return Rollout{}, err
	}
	was, err := renderedBy(manifest.ReadObjects, files, bytes.NewReader(data))
	if err != nil {
		return Rollout{}, err
	}
	var rendered bytes.Buffer
	if err := Standalone(config, files, bytes.NewReader(data), &rendered, stderr); err != nil {
		return Rollout{}, err
	}
	is, err := manifest.ReadObjects([]string{"-"}, &rendered)
	if err != nil {
		return Rollout{}, err
	}
	p := newRolloutPlan(was, is)
	if len(p.changes) == 0 {
		return Rollout{}, undone(diagnostic.NothingToExplain, []string{before}, "there is nothing to roll out, because the configuration changes no object", "give the manifests of what runs now")
	}
	stages, err := p.stages(groups)
	if err != nil {
		return Rollout{}, err
	}
	return p.prove(stages)
}

// filesOnce are the manifests of a name, and what stdin holds if that is one of them: it is read twice.
func filesOnce(name string, stdin io.Reader) (files []string, data []byte, err error) {
	if files, err = filesIn(name); err != nil || name != "-" {
		return files, nil, err
	}
	data, err = io.ReadAll(stdin)
	return files, data, diagnostic.Undone(err)
}

// rolloutPlan is the difference between two sets of objects.
type rolloutPlan struct {
	was, is []object // what the referee reads of both
	changes []change
	joins   []string // namespaces whose Namespace changes
	assumed []string
	root    string               // namespace of policies for all
	open    map[string]bool      // namespaces whose policies may decide about requests to others
	aside   map[manifest.ID]bool // objects that the referee is not shown
}

// object is one object of a set.
type object struct {
	manifest.ID
	node *yaml.Node
}

func newRolloutPlan(was, is []*manifest.Item) *rolloutPlan {
	p := &rolloutPlan{was: objectsIn(was), is: objectsIn(is), root: "istio-system"}
	before := map[manifest.ID]*yaml.Node{}
	for _, o := range p.was {
		before[o.ID] = o.node
	}
	for _, o := range p.is {
		old := before[o.ID]
		delete(before, o.ID)
		if old != nil && sameText(old, o.node) {
			continue
		}
		if o.Kind == "Namespace" && old == nil {
			old = p.assume(o)
		}
		if p.changes = append(p.changes, change{o.ID, old, o.node}); o.Kind == "Namespace" {
			p.joins = append(p.joins, o.Name)
		}
	}
	for _, o := range p.was {
		if before[o.ID] != nil {
			p.changes = append(p.changes, change{o.ID, o.node, nil})
		}
	}
	p.declare()
	p.examples()
	p.open = p.openNamespaces()
	return p
}

// declare takes the Namespaces that are not in the manifests as outside of the mesh.
func (p *rolloutPlan) declare() {
	var missing []string
	for _, set := range [2]*[]object{&p.was, &p.is} {
		declared := map[string]bool{"": true}
		for _, o := range *set {
			if o.Kind == "Namespace" {
				declared[o.Name] = true
			}
		}
		for _, o := range slices.Clone(*set) {
			if !declared[o.Namespace] {
				declared[o.Namespace] = true
				*set = append(*set, made("Namespace", "", o.Namespace, "apiVersion: v1\nkind: Namespace\nmetadata: {name: %q}\n#%.0q"))
				if !slices.Contains(missing, o.Namespace) {
					missing = append(missing, o.Namespace)
				}
			}
		}
	}
	if len(missing) > 0 {
		p.assumed = append(p.assumed, "Namespaces that are not in the manifests are outside of the mesh: "+strings.Join(missing, ", "))
	}
}

// objectsIn are the objects that go to the cluster, but definitions of kinds, which allow nothing.
func objectsIn(items []*manifest.Item) (out []object) {
	for _, item := range items {
		if item.Node != nil && item.Kind != "" && !item.IsLocal() && item.Group != ownGroup && item.Kind != "CustomResourceDefinition" {
			out = append(out, object{item.ID, item.Node})
		}
	}
	return out
}

func sameText(a, b *yaml.Node) bool {
	x, errX := yaml.NewRNode(a).String()
	y, errY := yaml.NewRNode(b).String()
	return errX == nil && errY == nil && x == y
}

// assume takes a Namespace that is not among what runs as the profile-controller makes it, without any policy: what is denied there is at most more.
func (p *rolloutPlan) assume(o object) *yaml.Node {
	n := yaml.NewRNode(o.node).Copy()
	labels := n.GetLabels()
	for key := range labels {
		if strings.Contains(key, "istio.io/") {
			delete(labels, key)
		}
	}
	labels["istio-injection"] = "enabled"
	if err := n.SetLabels(labels); err != nil {
		return nil
	}
	p.was = append(p.was, object{o.ID, n.YNode()})
	p.assumed = append(p.assumed, "Namespace "+o.Name+" is not in the manifests: it is taken as the profile-controller makes it, with sidecars and no policy (add what kubectl get namespace,authorizationpolicy,service,statefulset -o yaml prints of it)")
	return n.YNode()
}

// prove finds the order in each stage, and who loses access.
func (p *rolloutPlan) prove(stages []Stage) (Rollout, error) {
	v, err := newProver(p)
	if err != nil {
		return Rollout{}, err
	}
	out := Rollout{}
	at := v.begin()
	var ends []state
	for i := 0; i < len(stages) || len(v.later) > 0; i++ {
		if len(v.later) > 0 && !slices.ContainsFunc(stages[i:], func(s Stage) bool { return len(s.restarts) > 0 }) {
			stages, v.later = p.rest(stages, i, v.later), nil
		}
		s := stages[i]
		if at, err = v.stage(&s, at); err != nil {
			return Rollout{}, err
		}
		if len(s.changes) > 0 {
			out.Stages, ends = append(out.Stages, s), append(ends, at)
		}
	}
	if err := v.losses(out.Stages, ends); err != nil {
		return Rollout{}, err
	}
	for _, s := range p.back(out.Stages) {
		if at, err = v.stage(&s, at); err != nil {
			return Rollout{}, err
		}
		out.Back = append(out.Back, s)
	}
	out.Assumed = slices.Concat(p.assumed, v.assumed)
	return out, nil
}

// WriteTo writes the stages as directories of manifests. The directory must be empty or not be there.
func (r *Rollout) WriteTo(dir string) error {
	found, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) || len(found) > 0 {
		return undone(diagnostic.CannotWrite, []string{dir}, "it is not an empty directory", "give -d a directory that is empty, or that there is not")
	}
	for i := range r.Stages {
		if err := r.Stages[i].write(dir, r.Stages[i].Name); err != nil {
			return cannotWrite(dir, err)
		}
	}
	for i := range r.Back {
		if err := r.Back[i].write(dir, r.Back[i].Name); err != nil {
			return cannotWrite(dir, err)
		}
	}
	return nil
}

func cannotWrite(dir string, err error) error {
	return undone(diagnostic.CannotWrite, []string{dir}, fmt.Sprintf("the stages cannot be written (%v)", err), "give -d another directory")
}

// lookup is the world of a set of objects.
func lookup(objects []object) (*access.World, error) {
	return access.Load(func(yield func(*yaml.Node) bool) {
		for _, o := range objects {
			if !yield(o.node) {
				return
			}
		}
	})
}
