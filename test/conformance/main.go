// Command conformance asks Istio's own code who may pass, and records the
// answers that pkg/access is held to.
//
// Istio is in it for what Istio decides: which policies its validation refuses,
// which a proxy takes, what a waypoint's and a gateway's Envoy are told, what
// ztunnel is told. The proxies are not in it: their matching is followed from
// their source in rbac.go, match.go, jwt.go and ztunnel.go.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
)

func main() {
	os.Exit(start(os.Args[1:], os.Stdout, os.Stderr))
}

func start(args []string, out, complaints io.Writer) int {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(complaints)
	root := flags.String("root", "../..", "the repository, whose testdata/golden is judged and testdata/conformance written")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	for _, s := range log.Scopes() {
		s.SetOutputLevel(log.NoneLevel)
	}
	var err error
	if failed := test.Wrap(func(t test.Failer) { err = record(t, *root, out) }); failed != nil {
		err = failed
	}
	if err != nil {
		fmt.Fprintln(complaints, "conformance: error:", err)
		return 1
	}
	return 0
}

func record(t test.Failer, root string, out io.Writer) error {
	istiod := newControlPlane(t)
	dir := filepath.Join(root, "testdata", "conformance")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	source := filepath.Join(root, "test", "conformance")
	for _, part := range []struct {
		name string
		sets func() ([]Set, error)
	}{
		{"shapes", func() ([]Set, error) { return shapes(filepath.Join(source, "shapes")) }},
		{"golden", func() ([]Set, error) { return goldens(filepath.Join(root, "testdata", "golden")) }},
		{"random", func() ([]Set, error) { return random(seed, randomSets), nil }},
	} {
		sets, err := part.sets()
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		tally := map[string]int{}
		for i := range sets {
			if err := judge(t, istiod, root, &sets[i]); err != nil {
				return fmt.Errorf("%s: %s: %w", part.name, sets[i].Name, err)
			}
			for _, c := range sets[i].Cases {
				tally[c.Want.Got]++
			}
		}
		if err := (Recording{sets}).write(filepath.Join(dir, part.name+".jsonl.gz")); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d sets, verdicts %v\n", part.name, len(sets), tally)
	}
	return writeInputs(source, filepath.Join(dir, "inputs.sha256"))
}

// judge fills in Istio's verdicts.
func judge(t test.Failer, istiod *controlPlane, root string, set *Set) error {
	text := set.Manifests
	if set.Golden != "" {
		want, err := os.ReadFile(filepath.Join(root, "testdata", "golden", set.Golden, "want.yaml"))
		if err != nil {
			return err
		}
		text = string(want) + "\n---\n" + text
	}
	c, err := parse(text)
	if err != nil {
		return err
	}
	set.Refused = c.refused
	if len(c.refused) > 0 { // there is no such cluster: kubectl apply fails
		set.Cases = set.Cases[:1]
		set.Cases[0].Want = Verdict{Got: rejected}
		return nil
	}
	push, err := istiod.push(c)
	if err != nil {
		return err
	}
	var index *ambientIndex
	for i := range set.Cases {
		ask := &set.Cases[i]
		if index == nil && (ask.Point == "ztunnel" || ask.Point == "binding") {
			if index, err = indexOf(t, c); err != nil {
				return err
			}
		}
		switch ask.Point {
		case "ztunnel":
			ask.Want, err = askZtunnel(index, *ask)
		case "binding":
			ask.Want.Got = cmp.Or(index.bindings[ask.Namespace+"/"+ask.Name], "none")
		default:
			ask.Want, err = askEnvoy(c, push, *ask)
		}
		if err != nil {
			return fmt.Errorf("case %d: %w", i, err)
		}
	}
	return nil
}
