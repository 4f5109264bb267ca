package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/enroll"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// explain tells who may reach what under rendered manifests: files, or stdin.
func explain(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	form, files, err := options("explain", "table", []string{"table", "mermaid", "json"}, args)
	if err != nil {
		return misuse(err, stderr)
	}
	world, err := loadWorld(files, stdin)
	if err != nil {
		return finish(err, stderr)
	}
	report := world.Explain()
	write := map[string]func(io.Writer) error{"table": report.WriteTable, "mermaid": report.WriteMermaid, "json": report.WriteJSON}
	return finish(write[form](stdout), stderr)
}

// check runs the AccessChecks of a file on rendered manifests: files, or stdin. Exit code 1 says
// that a case failed, 2 that there was no telling.
func check(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	form, files, err := options("check", "table", []string{"table", "json"}, args)
	if err == nil && len(files) == 0 {
		err = errors.New("check needs a file with AccessChecks")
	}
	if err != nil {
		return misuse(err, stderr)
	}
	results, err := runChecks(files[0], files[1:], stdin)
	if err != nil {
		finish(err, stderr)
		return exitUsage
	}
	write := access.WriteResults
	if form == "json" {
		write = access.WriteResultsJSON
	}
	if err := write(stdout, results); err != nil {
		finish(err, stderr)
		return exitUsage
	}
	if access.Failed(results) > 0 {
		return exitError
	}
	return exitOK
}

func runChecks(file string, rendered []string, stdin io.Reader) ([]access.Result, error) {
	items, err := readFile(file, stdin)
	if err != nil {
		return nil, err
	}
	var checks []access.Check
	for _, item := range items {
		if item.Node == nil {
			continue
		}
		c, err := access.ParseCheck(yaml.NewRNode(item.Node))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		checks = append(checks, c)
	}
	if len(checks) == 0 {
		return nil, fmt.Errorf("%s: holds no AccessCheck; write one", file)
	}
	world, err := loadWorld(rendered, stdin)
	if err != nil {
		return nil, err
	}
	var results []access.Result
	for _, c := range checks {
		results = append(results, world.Run(c)...)
	}
	return results, nil
}

// loadWorld reads rendered manifests; no file means stdin.
func loadWorld(files []string, stdin io.Reader) (*access.World, error) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	items, err := readInputs(files, stdin)
	if err != nil {
		return nil, err
	}
	return access.Load(nodesOf(items))
}

func nodesOf(items []*enroll.Item) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		for _, item := range items {
			if item.Node != nil && !yield(item.Node) {
				return
			}
		}
	}
}

// options are -o FORM, anywhere among the files.
func options(verb, form string, forms, args []string) (chosen string, files []string, err error) {
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&form, "o", form, "")
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return "", nil, fmt.Errorf("%s: %w", verb, err)
		}
		if args = flags.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	for _, known := range forms {
		if form == known {
			return form, files, nil
		}
	}
	return "", nil, fmt.Errorf("%s: -o %q is not one of %v", verb, form, forms)
}

func misuse(err error, stderr io.Writer) int {
	fmt.Fprintf(stderr, "ambient-profile: error: %s; run ambient-profile -h\n", profile.Visible(err.Error()))
	return exitUsage
}

// accessCheck is one call by kustomize or kpt as the last transformer: the items come back as they
// went in, without the check, unless a case fails.
func (l *resourceList) accessCheck(stderr io.Writer) error {
	own := enroll.NewItem(l.config)
	c, err := access.ParseCheck(yaml.NewRNode(l.config))
	if err != nil {
		return err
	}
	var kept []*enroll.Item
	for _, item := range l.items {
		if item.Kind == "AmbientProfile" && item.Group == own.Group && !item.InPackage() {
			return fmt.Errorf("AmbientProfile %s: is still there: the function did not run, or ran after this check; "+
				"build with --enable-alpha-plugins --enable-exec, and list the AccessCheck last", item.Name)
		}
		if item.ID != own.ID || item.InPackage() {
			kept = append(kept, item)
		}
	}
	world, err := access.Load(nodesOf(kept))
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
	l.items = kept
	return nil
}
