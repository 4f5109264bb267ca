// Command bench compares the function with what else makes the same objects: a Helm chart,
// kustomize overlays, and a kyaml function that is handed the result and changes nothing. Every
// tool runs as a whole process, in turns, so that a slow moment of the machine meets all of them;
// only the ratios mean something elsewhere. It prints Markdown for docs/performance.md.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
)

var (
	sizes        = flag.String("n", "1,100,1000,10000", "numbers of profiles")
	rounds       = flag.Int("rounds", 5, "rounds; ten times as many for one profile, which takes milliseconds")
	kustomizeMax = flag.Int("kustomize-max", 100, "the most profiles that kustomize has to do: its time grows with the square")
	render       = flag.String("render", "", "a rendered tree (.yaml or .yaml.gz) to pass through, instead of a made-up one")
	ours         = flag.String("binary", "", "the function, instead of one built from this tree")
)

func main() {
	log.SetFlags(0)
	if len(os.Args) > 1 && os.Args[1] == measureVerb {
		measureHere(os.Args[2:])
		return
	}
	flag.Parse()
	if err := compare(); err != nil {
		log.Fatal("bench: ", err)
	}
}

func compare() error {
	numbers, err := parseSizes(*sizes)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tools, err := build(dir)
	if err != nil {
		return err
	}
	var r report
	for _, n := range numbers {
		log.Printf("%d profiles: the same objects from all?", n)
		w, err := prepare(tools, dir, n)
		if err != nil {
			return err
		}
		if err := w.sameObjects(); err != nil {
			return fmt.Errorf("%d profiles: %w", n, err)
		}
		count := *rounds
		if n == 1 {
			count *= 10
		}
		result, err := measure(w.contenders, count)
		if err != nil {
			return err
		}
		r.profiles = append(r.profiles, profilesResult{n, w.outputBytes, w.objects, w.lockBytes, result})
	}
	if r.passThrough, err = measurePassThrough(tools, dir); err != nil {
		return err
	}
	if r.binaryBytes, err = strippedSize(tools.ours); err != nil {
		return err
	}
	r.print(os.Stdout)
	return nil
}

func parseSizes(text string) ([]int, error) {
	var numbers []int
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-n %s: %q is not a number of profiles", text, field)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
