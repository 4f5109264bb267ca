// Command ask puts the cases of an AccessCheck to real proxies and to the referee, in the base world with the manifests
// of a directory on top.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/rig"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

const usage = `usage: make dataplane-ask DIR=...   (or: cd test/dataplane && go run ./ask [-expect] DIR)
DIR holds YAML files: an AccessCheck, and manifests that are added to the base world, or replace what has their name there.
An AmbientProfile in DIR replaces the base world's. The other manifests are applied as they are; the function does not see them.
A Deployment named istiod is not applied: the function and the referee see it, and the istiod that runs has its variables.
With -expect the exit code is 1 where a proxy does not answer what a case expects.`

// requiredEnv makes what cannot be had a failure, as in the tests.
const requiredEnv = "AMBIENT_PROFILE_DATAPLANE_REQUIRED"

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx)
	cancel()
	os.Exit(code)
}

func run(ctx context.Context) int {
	args := os.Args[1:]
	expected := len(args) > 0 && args[0] == "-expect"
	if expected {
		args = args[1:]
	}
	if len(args) != 1 || args[0] == "" {
		fmt.Fprintln(os.Stderr, usage)
		return 2
	}
	if !netns.Inside() {
		code, err := outside(ctx, args[0])
		if expected && errors.Is(err, rig.ErrMissing) && os.Getenv(requiredEnv) == "" {
			fmt.Printf("*** ask DID NOT RUN: %v\n*** (%s=1 makes this a failure)\n", err, requiredEnv)
			return 0
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "ask: error: %v\n", err)
		}
		return code
	}
	wrong, err := inside(ctx, args[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "ask: error: %v\n", err)
		return 2
	}
	if expected && len(wrong) > 0 {
		fmt.Fprintf(os.Stderr, "ask: error: not as expected:\n  %s\n", strings.Join(wrong, "\n  "))
		return 1
	}
	return 0
}

func outside(ctx context.Context, dir string) (int, error) {
	if _, err := read(dir); err != nil {
		return 2, err
	}
	r, err := rig.Prepare(ctx, ".")
	if err != nil {
		return 2, err
	}
	defer r.Close()
	return r.Enter(ctx)
}

// given is what a directory holds.
type given struct {
	config string // a file
	extra  []*kube.Object
	istiod []*kube.Object
	cases  []question.Case
}

func read(dir string) (given, error) {
	var g given
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil || len(files) == 0 {
		return g, fmt.Errorf("%s holds no YAML file (%v)\n%s", dir, err, usage)
	}
	for _, file := range files {
		objects, err := kube.ReadFile(file)
		if err != nil {
			return g, err
		}
		for _, o := range objects {
			switch o.GetKind() {
			case "AmbientProfile":
				g.config = file
			case "AccessCheck":
				cases, err := casesOf(o)
				if err != nil {
					return g, fmt.Errorf("%s: %w", file, err)
				}
				g.cases = append(g.cases, cases...)
			default:
				if isIstiod(o) {
					g.istiod = append(g.istiod, o)
					continue
				}
				g.extra = append(g.extra, o)
			}
		}
	}
	if len(g.cases) == 0 {
		return g, fmt.Errorf("%s holds no AccessCheck with a case\n%s", dir, usage)
	}
	return g, nil
}

// inside asks, and returns what the proxies did otherwise than the cases expect, and what makes the run prove nothing.
func inside(ctx context.Context, dir string) (wrong []string, err error) {
	g, err := read(dir)
	if err != nil {
		return nil, err
	}
	tools, err := rig.Inherited()
	if err != nil {
		return nil, err
	}
	if g.config == "" {
		g.config = tools.BaseConfig()
	}
	objects, said, err := render(ctx, tools, g)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(said) {
		if strings.Contains(line, ": warning:") {
			fmt.Print(line)
		}
	}
	objects = slices.DeleteFunc(objects, func(o *kube.Object) bool {
		return slices.ContainsFunc(g.extra, func(x *kube.Object) bool {
			return kube.Name(x) == kube.Name(o) && x.GroupVersionKind().Group == o.GroupVersionKind().Group
		})
	})
	objects = append(objects, g.extra...)
	plane, err := world.Start(ctx, tools.ControlPlane, tools.Envoys[0], tools.Ztunnel, variables(g.istiod)...)
	if err != nil {
		return nil, err
	}
	defer plane.Stop()
	answers, err := ask(ctx, plane, tools, objects, g.cases)
	if err != nil {
		return nil, err
	}
	print(os.Stdout, tools, answers)
	for _, a := range answers {
		for i, real := range a.by {
			if verdict, _, _ := strings.Cut(real, " "); verdict != a.Case.Expect {
				wrong = append(wrong, a.Case.Name+": Envoy "+tools.Envoys[i].Version+": "+real)
			}
		}
	}
	fmt.Println("At L4 decided", plane.L4()+".")
	for _, c := range plane.Complaints() {
		fmt.Println("THIS PROVES NOTHING:", c)
		wrong = append(wrong, c)
	}
	return wrong, nil
}

// answer is one case with everything that was said to it.
type answer struct {
	question.Row
	by []string // the proxies, version by version
}

func ask(ctx context.Context, plane *world.Plane, tools *rig.Rig, objects []*kube.Object, cases []question.Case) ([]answer, error) {
	verdicts, err := question.Referee(ctx, tools.Program, plane.Dir(), objects, cases)
	if err != nil {
		return nil, err
	}
	answers := make([]answer, len(cases))
	objects = slices.DeleteFunc(objects, isIstiod)
	if err := plane.Become(ctx, objects); err != nil {
		return nil, err
	}
	for i, binary := range tools.Envoys {
		if i > 0 {
			if err := plane.Restart(ctx, binary); err != nil {
				return nil, err
			}
		}
		if err := question.AwaitLogin(ctx, plane); err != nil {
			fmt.Println("note:", err)
		}
		table, err := question.NewAsker(plane, objects).Ask(ctx, cases, verdicts)
		if err != nil {
			return nil, err
		}
		for j, r := range table.Rows {
			answers[j].Row = r
			answers[j].by = append(answers[j].by, r.Real+" ("+r.Said+")")
		}
	}
	return answers, nil
}

func print(w io.Writer, tools *rig.Rig, answers []answer) {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := []string{"CASE", "EXPECT"}
	for _, b := range tools.Envoys {
		head = append(head, "ENVOY "+b.Version)
	}
	fmt.Fprintln(out, strings.Join(append(head, "REFEREE", ""), "\t"))
	for _, a := range answers {
		differs := ""
		for _, real := range a.by {
			if verdict, _, _ := strings.Cut(real, " "); verdict != a.Referee.Got {
				differs = "DIFFERS"
			}
		}
		cells := append([]string{a.Case.Name, a.Case.Expect}, a.by...)
		fmt.Fprintln(out, strings.Join(append(cells, a.Referee.Got+" ("+a.Referee.By+")", differs), "\t"))
	}
	out.Flush()
}
