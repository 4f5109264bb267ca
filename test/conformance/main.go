// Command conformance asks Istio's own code who may pass, and records the
// answers that pkg/access is held to.
//
// Supported releases are 1.30, 1.31 and 1.32. Istio's tags are not versions of Go
// modules, so only the commits are available that the module proxy has (release.go):
// one of release-1.31 (go.mod), one of release-1.30 (go.1.30.mod), and NONE OF
// release-1.32, of which only istio.io/api and istio.io/client-go are there. NO
// VERDICT IS CHECKED AGAINST THE CODE OF 1.32.
//
// Istio is in it for what Istio decides: which policies its validation refuses,
// which a proxy takes, and the configuration that istiod sends to the Envoy of a
// waypoint or gateway and to ztunnel. The proxies are not in it: their matching
// is followed from their source in rbac.go, match.go, jwt.go and ztunnel.go.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"istio.io/istio/pilot/pkg/features"
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
	only := flags.String("only", "", "the one part to ask (shapes, golden, random, routes, judged, ...); the freshness of the recordings is then not written")
	name := flags.String("set", "", "with -only: the one set of that part, printed and not recorded")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if !features.EnableAmbient {
		fmt.Fprintln(complaints, "conformance: error: run it with PILOT_ENABLE_AMBIENT=true, as istiod runs in an ambient mesh")
		return 2
	}
	for _, s := range log.Scopes() {
		s.SetOutputLevel(log.NoneLevel)
	}
	var err error
	if failed := test.Wrap(func(t test.Failer) { err = record(t, *root, *only, *name, out) }); failed != nil {
		err = failed
	}
	if err != nil {
		fmt.Fprintln(complaints, "conformance: error:", err)
		return 1
	}
	return 0
}

func record(t test.Failer, root, only, name string, out io.Writer) error {
	istiod, err := newControlPlane(t)
	if err != nil {
		return err
	}
	release, err := istioRelease()
	if err != nil {
		return err
	}
	dir := recordings(root, release)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, part := range parts(root, release) {
		if only != "" && only != part.name {
			continue
		}
		sets, err := part.sets()
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if name != "" {
			return show(istiod, root, sets, name, out)
		}
		if err := recordPart(istiod, root, dir, part.name, sets, out); err != nil {
			return err
		}
	}
	if release == newest && (only == "" || only == "judged") {
		version, err := istioVersion()
		if err != nil {
			return err
		}
		if err := recordJudged(istiod, root, version, out); err != nil {
			return err
		}
	}
	if only != "" {
		return nil
	}
	return writeInputs(filepath.Join(root, "test", "conformance"), filepath.Join(dir, "inputs.sha256"))
}

func recordPart(istiod *controlPlane, root, dir, name string, sets []Set, out io.Writer) error {
	tally := map[string]int{}
	for i := range sets {
		if err := judgeSet(istiod, root, &sets[i]); err != nil {
			return fmt.Errorf("%s: %s: %w", name, sets[i].Name, err)
		}
		for _, c := range sets[i].Cases {
			tally[c.Want.Got]++
		}
	}
	if err := (Recording{sets}).write(filepath.Join(dir, name+".jsonl.gz")); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d sets, verdicts %v\n", name, len(sets), tally)
	return nil
}

// show judges one set and prints it.
func show(istiod *controlPlane, root string, sets []Set, name string, out io.Writer) error {
	for i := range sets {
		if sets[i].Name != name {
			continue
		}
		if err := judgeSet(istiod, root, &sets[i]); err != nil {
			return err
		}
		enc := json.NewEncoder(out)
		for _, c := range sets[i].Cases {
			if err := enc.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no set %q", name)
}

// judgeSet stops the servers of a set when it has been asked.
func judgeSet(istiod *controlPlane, root string, set *Set) error {
	var err error
	if failed := test.Wrap(func(t test.Failer) { err = judge(t, istiod, root, set) }); failed != nil {
		return failed
	}
	return err
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
	if len(c.refused) > 0 { // no such cluster exists: kubectl apply fails
		set.Cases = set.Cases[:1]
		set.Cases[0].Want = Verdict{Got: rejected}
		return nil
	}
	push, err := istiod.push(c)
	if err != nil {
		return err
	}
	var index *ambientIndex
	var routes *routing
	for i := range set.Cases {
		ask := &set.Cases[i]
		if index == nil && (ask.Point == "ztunnel" || ask.Point == "binding") {
			if index, err = indexOf(t, c); err != nil {
				return err
			}
		}
		if routes == nil && (ask.Point == "route" || ask.Point == "extension") {
			if routes, err = routingOf(t, c); err != nil {
				return err
			}
		}
		switch ask.Point {
		case "route":
			ask.Want, err = routes.ask(*ask)
		case "extension":
			ask.Want, err = routes.extended(*ask)
		case "capture":
			ask.Want, err = istiod.capture.ask(c, *ask)
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
