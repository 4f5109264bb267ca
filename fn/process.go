// Package fn is the function: a configuration and the objects around it in, the objects as they
// should be out. It knows neither flags nor verbs; what it does is decided by its input alone.
package fn

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/enroll"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// process is the function: a configuration and the objects around it in, the objects as they
// should be out, with what deserves a look. What is new is out in its text, as it stands in a form.
// The error joins everything that is wrong.
func process(config *yaml.Node, items []*enroll.Item, f form) ([]*enroll.Item, []profile.Finding, error) {
	p, err := profile.Parse(config)
	if err != nil {
		return nil, nil, err
	}
	items, err = ownConfig(config, p, items)
	if err != nil {
		return nil, nil, err
	}
	p, fromSources, err := enroll.Sources(p, items)
	if err != nil {
		return nil, nil, err
	}
	plan := generate.NewPlan(p)
	items, fromItems, err := enroll.Apply(plan, items)
	if err != nil {
		return nil, nil, err
	}
	fromReferee, err := judge(plan, p.Spec.Identity.GroupsHeader, items, f)
	if err != nil {
		return nil, nil, err
	}
	fromReferee = withoutTold(fromReferee, fromItems)
	findings := slices.Concat(profile.Warnings(p), fromSources, fromItems, fromReferee)
	if err := asErrors(findings); p.Spec.FailOnWarning && err != nil {
		return nil, nil, err
	}
	return items, findings, nil
}

// judge has the referee look at what goes out: it sees manifests, never the configuration. What is
// new is written on the way, so that its tree is made once and then forgotten.
func judge(plan generate.Plan, groupsHeader string, items []*enroll.Item, f form) ([]profile.Finding, error) {
	w := newWriter(f)
	var writing error
	world, err := access.Load(func(yield func(*yaml.Node) bool) {
		for _, item := range items {
			n := item.Node
			if item.New != nil {
				n = item.New.Node()
				item.Text, writing = w.text(n)
				item.New = nil
			}
			if writing != nil || n != nil && !yield(n) {
				return
			}
		}
	})
	if err := cmp.Or(writing, err); err != nil {
		return nil, err
	}
	tenants := make([]access.Tenant, len(plan.Namespaces))
	for i, ns := range plan.Namespaces {
		tenants[i] = access.Tenant{
			Namespace: ns.Name, Owner: ns.OwnerHeader, Header: ns.UserIDHeader, Groups: groupsHeader,
			Waypoint: ns.Waypoint.Name, Ingress: ns.Ingress,
		}
	}
	var findings []profile.Finding
	for _, f := range world.Findings(tenants) {
		findings = append(findings, profile.Finding{Object: f.Object, Found: f.Found, Effect: f.Effect, Remedy: f.Remedy, Note: f.Note, LostRules: f.LostRules})
	}
	return findings, nil
}

// withoutTold leaves out what the referee finds of a policy whose rules the conversion has told of.
func withoutTold(findings, told []profile.Finding) []profile.Finding {
	known := map[string]bool{}
	for _, f := range told {
		known[f.Object] = known[f.Object] || f.LostRules
	}
	return slices.DeleteFunc(findings, func(f profile.Finding) bool { return f.LostRules && known[f.Object] })
}

// asErrors are the warnings among findings, or nil.
func asErrors(findings []profile.Finding) error {
	var errs []error
	for _, f := range findings {
		if !f.Note {
			errs = append(errs, errors.New(f.String()))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errors.Join(append(errs, errors.New("spec.failOnWarning: true makes every warning an error"))...)
}

// Transform is one call by kustomize or kpt: a ResourceList in, a ResourceList out. Nothing is
// written before all is done.
func Transform(stdin io.Reader, stdout, stderr io.Writer) error {
	list, err := readResourceList(stdin)
	if err != nil {
		return err
	}
	var findings []profile.Finding
	if enroll.NewItem(list.config).Kind == "AccessCheck" {
		err = list.accessCheck(stderr)
	} else {
		list.items, findings, err = process(list.config, list.items, sequenceForm)
	}
	if err != nil {
		return err
	}
	out, err := list.texts(findings)
	if err != nil {
		return err
	}
	warn(stderr, findings)
	return send(stdout, out)
}

// Standalone runs without kustomize: files in, manifests out; - is stdin.
func Standalone(config string, inputs []string, stdin io.Reader, stdout, stderr io.Writer) error {
	node, err := readConfig(config, stdin)
	if err != nil {
		return err
	}
	var items []*enroll.Item
	for _, input := range inputs {
		more, err := readFile(input, stdin)
		if err == nil {
			err = oneConfig(node, input, more)
		}
		if err != nil {
			return err
		}
		items = append(items, more...)
	}
	items, findings, err := process(node, items, documentForm)
	if err != nil {
		return err
	}
	out, err := documents(items)
	if err != nil {
		return err
	}
	warn(stderr, findings)
	return send(stdout, out)
}

// send writes what is all there: nothing can go wrong any more but the writing.
func send(w io.Writer, texts [][]byte) error {
	out := bufio.NewWriterSize(w, 1<<16)
	for _, text := range texts {
		if _, err := out.Write(text); err != nil {
			return notDone(err)
		}
	}
	return notDone(out.Flush())
}

func warn(stderr io.Writer, findings []profile.Finding) {
	var out strings.Builder
	for _, f := range findings {
		out.WriteString("ambient-profile: " + severity(f) + ": " + profile.Visible(f.String()) + "\n")
	}
	fmt.Fprint(stderr, out.String())
}

func severity(f profile.Finding) string {
	if f.Note {
		return "info"
	}
	return "warning"
}
