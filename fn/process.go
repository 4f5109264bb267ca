// Package fn is the function: a configuration and the objects around it in, the objects as they
// should be out. It knows no flags; what it does is decided by its input alone. Check and Explain
// judge manifests without changing them.
package fn

import (
	"io"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/enroll"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// process is the function: a configuration and the objects around it in, the objects as they
// should be out, with what deserves a look. The error joins everything that is wrong at the first stage that fails.
func process(in manifest.Input) ([]*manifest.Item, []diagnostic.Diagnostic, error) {
	config, err := profile.Parse(in.Config.Node)
	if err != nil {
		return nil, nil, err
	}
	items, err := ownConfig(in.Config, config, in.Objects)
	if err != nil {
		return nil, nil, err
	}
	found, looked, err := survey.Look(config, items)
	if err != nil {
		return nil, nil, err
	}
	found.InPackage = in.InPackage()
	found.Selected = found.InPackage && in.IsSelection()
	plan := generate.NewPlan(config, found)
	wanted := generate.Manifests(plan)
	out, placed, err := enroll.Place(plan, found, wanted)
	if err != nil {
		return nil, nil, err
	}
	reviewed, err := review(plan, out, in.Form)
	if err != nil {
		return nil, nil, err
	}
	findings := slices.Concat(profile.Warnings(in.Config.Node, config), notLocal(in.Objects), skipped(in.Objects), looked, placed, withoutRepeats(reviewed, placed))
	if config.Spec.FailOnWarning {
		err = asErrors(in.Config, findings)
	}
	return out, findings, err
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
		return ofConfigError(in.Config, err)
	}
	findings = ofConfig(in.Config, findings)
	diagnostic.Print(stderr, findings)
	return manifest.Write(stdout, items, in.Form, diagnostic.Results(findings))
}
