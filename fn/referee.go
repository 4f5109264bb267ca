package fn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Explain reports who may reach what under rendered manifests; no file means stdin. release is one of access.Releases, or "" for that of the
// istiod in the manifests. What is to say of it goes to stderr. Without namespaces it is about all of them.
func Explain(files []string, release string, stdin io.Reader, stderr io.Writer, namespaces ...string) (access.Report, error) {
	return ExplainOnly(files, access.Filter{Namespaces: namespaces}, release, stdin, stderr)
}

// ExplainOnly is Explain of a part.
func ExplainOnly(files []string, f access.Filter, release string, stdin io.Reader, stderr io.Writer) (access.Report, error) {
	world, items, refused, err := worldIn(files, stdin)
	if err != nil {
		return access.Report{}, err
	}
	diagnostic.Print(stderr, append(refused, judgedBy(world, release, items)...))
	shown := newProgress(stderr)
	f.Progress = shown.step
	report := world.ExplainOnly(namedRoles, f)
	shown.end()
	if len(report.Namespaces) == 0 {
		none, remedy := "no namespace has a Service, a notebook or a policy", "give what kustomize build prints"
		switch {
		case f.Service != "":
			none = "none of the requested namespaces has Service " + f.Service
		case len(f.Namespaces) > 0:
			none = "none of the requested namespaces has a Service, a notebook or a policy"
			if known := namespacesOf(items); known != "" {
				remedy = "use some of " + known
			}
		}
		return access.Report{}, undone(diagnostic.NothingToExplain, orStdin(files), "there is nothing to explain, because "+none, remedy)
	}
	return report, nil
}

// namespacesOf are the first few namespaces of items.
func namespacesOf(items []*manifest.Item) string {
	const few = 10
	var names []string
	for _, item := range items {
		name := item.Namespace
		if item.Kind == "Namespace" {
			name = item.Name
		}
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}

// worldIn is that of the manifests of files, and of the directories among them, and says what of them the API server refuses.
func worldIn(names []string, stdin io.Reader) (world *access.World, items []*manifest.Item, refused []diagnostic.Diagnostic, err error) {
	var files []string
	for _, name := range orStdin(names) {
		in, err := filesIn(name)
		if err != nil {
			return nil, nil, nil, err
		}
		files = append(files, in...)
	}
	if items, err = readRendered(files, stdin); err != nil {
		return nil, nil, nil, err
	}
	world, refused, err = loadWorld(items)
	return world, items, refused, err
}

// judgedBy has a world judged by a release, and gives what is to say of the release.
func judgedBy(world *access.World, release string, items []*manifest.Item) []diagnostic.Diagnostic {
	if release != "" {
		world.SetRelease(release)
	}
	return append(skipped(items), located(append(world.UnknownReleases(), world.KnownHoles()...), items)...)
}

// Check runs the AccessChecks of a file on rendered manifests; no rendered file means stdin. release and stderr are as those of Explain.
func Check(file string, rendered []string, release string, stdin io.Reader, stderr io.Writer) ([]access.Result, error) {
	checks, err := readChecks(file, stdin)
	if err != nil {
		return nil, err
	}
	items, err := readRendered(rendered, stdin)
	if err != nil {
		return nil, err
	}
	world, refused, err := loadWorld(items)
	if err != nil {
		return nil, err
	}
	diagnostic.Print(stderr, append(refused, judgedBy(world, release, items)...))
	var results []access.Result
	for _, c := range checks {
		for _, r := range world.Run(c.Check) {
			r.Position = inFileOf(c.item, r.Position)
			results = append(results, r)
		}
	}
	return results, nil
}

// readCheck is an AccessCheck and the item that it was read from.
type readCheck struct {
	access.Check
	item *manifest.Item
}

func readChecks(file string, stdin io.Reader) ([]readCheck, error) {
	items, err := manifest.ReadObjects([]string{file}, stdin)
	if err != nil {
		return nil, err
	}
	var checks []readCheck
	var all []error
	swapped := false
	for _, item := range items {
		if item.Node == nil {
			continue
		}
		c, err := access.ParseCheck(item.Node)
		var d diagnostic.Diagnostic
		if errors.As(err, &d) && d.Code == diagnostic.NotAnAccessCheck {
			if swapped { // given the manifests first, one error is enough for all their objects
				continue
			}
			swapped = true
		}
		if err != nil {
			all = append(all, locatedIn(err, item))
		}
		checks = append(checks, readCheck{c, item})
	}
	if err := errors.Join(all...); err != nil {
		return nil, err
	}
	if len(checks) == 0 {
		return nil, undone(diagnostic.NoAccessCheck, []string{file}, "contains no AccessCheck", "write one (see examples/access-check)")
	}
	return checks, nil
}

// readRendered reads what the referee judges. The first mistake that one makes is to give the
// configuration, and the second a pipe whose first command failed: neither is an empty cluster.
func readRendered(files []string, stdin io.Reader) ([]*manifest.Item, error) {
	return renderedBy(manifest.ReadObjects, files, stdin)
}

func renderedBy(read func([]string, io.Reader) ([]*manifest.Item, error), files []string, stdin io.Reader) ([]*manifest.Item, error) {
	files = orStdin(files)
	items, err := read(files, stdin)
	if err != nil {
		return nil, err
	}
	return items, haveObjects(items, files)
}

// haveObjects is an error where no item is one that the referee judges.
func haveObjects(items []*manifest.Item, files []string) error {
	var own *manifest.Item
	for _, item := range items {
		switch {
		case item.Group == ownGroup:
			own = item
		case item.Kind != "":
			return nil
		}
	}
	switch {
	case own == nil && slices.Contains(files, "-"):
		return undone(diagnostic.NoObjects, files, "contains no Kubernetes object", "check the command before the pipe")
	case own == nil:
		return undone(diagnostic.NoObjects, files, "contains no Kubernetes object", "give what kustomize build prints")
	case own.Kind == "AmbientProfile":
		return diagnostic.Undone(own.Report(diagnostic.NotRendered, "", "is a configuration, and there are no rendered manifests", "",
			"give what ambient-profile "+strings.Replace(own.File, "stdin", "-", 1)+" prints"))
	case own.Kind == access.LockKind:
		return diagnostic.Undone(own.Report(diagnostic.NotRendered, "", "is a lock file, and there are no rendered manifests", "", "run ambient-profile diff LOCK.yaml RENDERED.yaml"))
	default:
		return diagnostic.Undone(own.Report(diagnostic.NotRendered, "", "is a configuration, and there are no rendered manifests", "", "run ambient-profile check CHECK.yaml RENDERED.yaml"))
	}
}

func orStdin(files []string) []string {
	if len(files) == 0 {
		return []string{"-"}
	}
	return files
}

// undone is an error about what files hold.
func undone(code diagnostic.Code, files []string, found, remedy string) error {
	return diagnostic.Undone(diagnostic.Diagnostic{Code: code, Position: diagnostic.Position{File: manifest.Sources(files)}, Found: found, Remedy: remedy})
}

// ownGroup is the API group of the files that are written for this program.
var ownGroup = manifest.Group(profile.APIVersion)

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
			return item.Report(diagnostic.FunctionDidNotRun, "", "is still in the input, so the function did not run, or ran after this check", "",
				"build with --enable-alpha-plugins --enable-exec, and list the AccessCheck last")
		}
		if item.ID != own.ID || item.InPackage() {
			kept = append(kept, item)
		}
	}
	world, refused, err := loadWorld(kept)
	if err != nil {
		return err
	}
	diagnostic.Print(stderr, append(refused, located(world.UnknownReleases(), kept)...))
	results := world.Run(c)
	if failed := access.Failed(results); failed > 0 {
		var table bytes.Buffer
		if err := access.WriteResults(&table, results); err != nil {
			return err
		}
		fmt.Fprint(stderr, table.String())
		return own.Report(diagnostic.CasesFailed, "", fmt.Sprintf("%d of %d cases failed", failed, len(results)), "", "see the table above")
	}
	return manifest.Write(stdout, kept, in.Form, nil)
}
