// Package fn is the function: a configuration and the objects around it in, the objects as they
// should be out. It knows neither flags nor verbs; what it does is decided by its input alone.
package fn

import (
	"errors"
	"io"
	"iter"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/enroll"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// process is the function: a configuration and the objects around it in, the objects as they
// should be out, with what deserves a look. What is new is out in its text, as it stands in a form.
// The error joins everything that is wrong.
func process(in manifest.Input) ([]*manifest.Item, []diagnostic.Diagnostic, error) {
	p, err := profile.Parse(in.Config.Node)
	if err != nil {
		return nil, nil, err
	}
	items, err := ownConfig(in.Config, p, in.Objects)
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
	fromReferee, err := judge(plan, p.Spec.Identity.GroupsHeader, manifest.Encode(items, in.Form))
	if err != nil {
		return nil, nil, locatedError(err, items)
	}
	fromReferee = withoutTold(located(fromReferee, items), fromItems)
	findings := slices.Concat(profile.Warnings(p), fromSources, fromItems, fromReferee)
	if err := asErrors(findings); p.Spec.FailOnWarning && err != nil {
		return nil, nil, err
	}
	return items, findings, nil
}

// judge has the referee look at what goes out: it sees manifests, never the
// configuration.
func judge(plan generate.Plan, groupsHeader string, objects iter.Seq[*yaml.Node]) ([]diagnostic.Diagnostic, error) {
	world, err := access.Load(objects)
	if err != nil {
		return nil, err
	}
	tenants := make([]access.Tenant, len(plan.Namespaces))
	for i, ns := range plan.Namespaces {
		tenants[i] = access.Tenant{
			Namespace: ns.Name, Owner: ns.OwnerHeader, Header: ns.UserIDHeader, Groups: groupsHeader,
			Waypoint: ns.Waypoint.Name, Ingress: ns.Ingress, Superseded: []string{controllerPolicy}, Monitoring: generate.L4PolicyName,
		}
	}
	return world.Findings(tenants), nil
}

// withoutTold leaves out what the referee finds of a policy whose rules the conversion has told of.
func withoutTold(findings, told []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	known := map[diagnostic.Object]bool{}
	for _, d := range told {
		if d.Code == diagnostic.RulesNotConverted {
			known[withoutVersion(d.Object)] = true
		}
	}
	return slices.DeleteFunc(findings, func(d diagnostic.Diagnostic) bool {
		return d.Code == diagnostic.RulesLost && known[withoutVersion(d.Object)]
	})
}

// asErrors are the warnings among findings, or nil.
func asErrors(findings []diagnostic.Diagnostic) error {
	var errs []error
	for _, f := range findings {
		if f.Severity() == diagnostic.Warning {
			errs = append(errs, f)
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
	in, err := manifest.Read(stdin)
	if err != nil {
		return err
	}
	if in.Config.Kind == "AccessCheck" {
		return accessCheck(in, stdout, stderr)
	}
	return run(in, stdout, stderr)
}

// Standalone runs without kustomize: files in, manifests out; - is stdin.
func Standalone(config string, inputs []string, stdin io.Reader, stdout, stderr io.Writer) error {
	in, err := manifest.ReadFiles(config, inputs, stdin)
	if err == nil {
		err = oneConfig(in)
	}
	if err != nil {
		return err
	}
	return run(in, stdout, stderr)
}

func run(in manifest.Input, stdout, stderr io.Writer) error {
	items, findings, err := process(in)
	if err != nil {
		return err
	}
	diagnostic.Print(stderr, findings)
	return manifest.Write(stdout, items, in.Form, diagnostic.Results(findings))
}
