package fn

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Explain reports who may reach what under rendered manifests; no file means stdin.
func Explain(files []string, stdin io.Reader) (access.Report, error) {
	items, err := readRendered(files, stdin)
	if err != nil {
		return access.Report{}, err
	}
	world, err := loadWorld(items)
	if err != nil {
		return access.Report{}, err
	}
	report := world.Explain(namedRoles)
	if len(report.Namespaces) == 0 {
		return access.Report{}, diagnostic.NotDone{Err: fmt.Errorf("%s: there is nothing to explain: no namespace has a Service, a notebook or a policy; give what kustomize build prints", manifest.Sources(files))}
	}
	return report, nil
}

// Check runs the AccessChecks of a file on rendered manifests; no rendered file means stdin.
func Check(file string, rendered []string, stdin io.Reader) ([]access.Result, error) {
	checks, err := readChecks(file, stdin)
	if err != nil {
		return nil, err
	}
	items, err := readRendered(rendered, stdin)
	if err != nil {
		return nil, err
	}
	world, err := loadWorld(items)
	if err != nil {
		return nil, err
	}
	var results []access.Result
	for _, c := range checks {
		results = append(results, world.Run(c)...)
	}
	return results, nil
}

func readChecks(file string, stdin io.Reader) ([]access.Check, error) {
	items, err := manifest.ReadObjects([]string{file}, stdin)
	if err != nil {
		return nil, err
	}
	var checks []access.Check
	for _, item := range items {
		if item.Node == nil {
			continue
		}
		c, err := access.ParseCheck(item.Node)
		if err != nil {
			return nil, locatedIn(err, item)
		}
		checks = append(checks, c)
	}
	if len(checks) == 0 {
		return nil, diagnostic.NotDone{Err: fmt.Errorf("%s: holds no AccessCheck; write one", file)}
	}
	return checks, nil
}

// readRendered reads what the referee judges. The first mistake that one makes is to give the
// configuration, and the second a pipe whose first command failed: neither is an empty cluster.
func readRendered(files []string, stdin io.Reader) ([]*manifest.Item, error) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	items, err := manifest.ReadObjects(files, stdin)
	if err != nil {
		return nil, err
	}
	var own *manifest.Item
	for _, item := range items {
		switch {
		case item.Group == ownGroup:
			own = item
		case item.Kind != "":
			return items, nil
		}
	}
	const judged = "the referee judges rendered manifests"
	switch {
	case own == nil:
		err = fmt.Errorf("%s: there is no Kubernetes object; %s, and behind a pipe look at the command before it", manifest.Sources(files), judged)
	case own.Kind == "AmbientProfile":
		err = fmt.Errorf("%s: there is only the AmbientProfile %s; %s: run ambient-profile CONFIG.yaml, and give what it prints", manifest.Sources(files), own.Name, judged)
	default:
		err = fmt.Errorf("%s: there is only the %s %s; %s: run ambient-profile check CHECK.yaml FILE", manifest.Sources(files), own.Kind, own.Name, judged)
	}
	return nil, diagnostic.NotDone{Err: err}
}

// ownGroup is the API group of the files that are written for this program.
var ownGroup, _, _ = strings.Cut(profile.APIVersion, "/")

func nodesOf(items []*manifest.Item) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		for _, item := range items {
			if item.Node != nil && !yield(item.Node) {
				return
			}
		}
	}
}

// accessCheck is one call by kustomize or kpt as the last transformer: the items come back as they
// went in, without the check, unless a case fails.
func accessCheck(in manifest.Input, stdout, stderr io.Writer) error {
	own := in.Config
	c, err := access.ParseCheck(own.Node)
	if err != nil {
		return locatedIn(err, own)
	}
	var kept []*manifest.Item
	for _, item := range in.Objects {
		if item.Kind == "AmbientProfile" && item.Group == own.Group && !item.InPackage() {
			return fmt.Errorf("AmbientProfile %s: is still there: the function did not run, or ran after this check; "+
				"build with --enable-alpha-plugins --enable-exec, and list the AccessCheck last", item.Name)
		}
		if item.ID != own.ID || item.InPackage() {
			kept = append(kept, item)
		}
	}
	world, err := loadWorld(kept)
	if err != nil {
		return err
	}
	results := world.Run(c)
	if failed := access.Failed(results); failed > 0 {
		var table bytes.Buffer
		if err := access.WriteResults(&table, results); err != nil {
			return err
		}
		fmt.Fprint(stderr, table.String())
		return fmt.Errorf("AccessCheck %s: %d of %d cases failed; see the table above", c.Name, failed, len(results))
	}
	return manifest.Write(stdout, kept, in.Form, nil)
}
