package main

import (
	"fmt"
	"io"
)

// A budget is one promise of docs/performance.md.
type budget struct {
	what     string
	most     float64
	measured float64
	unit     string
}

func (b budget) print(w io.Writer) {
	verdict := "met"
	if b.measured > b.most {
		verdict = "**not met**"
	}
	fmt.Fprintf(w, "| %s | %g%s | %.2f%s | %s |\n", b.what, b.most, b.unit, b.measured, b.unit, verdict)
}

// The most CPU that the function may take, as a part of what the other takes, by number of profiles.
var (
	againstIdentity = map[int]float64{100: 0.30, 1000: 0.25, 10000: 0.25}
	againstHelm     = map[int]float64{1: 0.25, 100: 0.70, 1000: 0.70, 10000: 0.70}
	againstOverlays = map[int]float64{1: 0.70, 100: 0.10}

	// The referee's verbs, compared with a kyaml identity function that reads the same.
	explainAgainstIdentity = map[int]float64{100: 0.60, 1000: 0.50, 10000: 0.50}
	checkAgainstIdentity   = map[int]float64{100: 0.50, 1000: 0.40, 10000: 0.40}
	diffAgainstIdentity    = map[int]float64{100: 0.80, 1000: 0.60, 10000: 0.60}
)

const (
	passThroughMost = 0.50
	growthMost      = 1.05 // from 100 profiles on
	generatedMost   = 15   // MB of memory for each MB
	refereeMost     = 40
	passedMost      = 40
	startUpMost     = 6  // ms of CPU beyond a program that prints one line
	binaryMost      = 12 // MB
)

func (r report) budgets() []budget {
	var out []budget
	for _, against := range []struct {
		name string
		most map[int]float64
	}{{identity, againstIdentity}, {helm, againstHelm}, {overlays, againstOverlays}} {
		for _, p := range r.profiles {
			most, promised := against.most[p.n]
			if theirs := p.samples[against.name]; promised && theirs != nil {
				ours := p.samples[counterpart(against.name)]
				out = append(out, budget{fmt.Sprintf("CPU by %s, N = %d", against.name, p.n), most, median(ratios(ours, theirs)), ""})
			}
		}
	}
	out = append(out, r.referee()...)
	passed := r.passThrough.samples
	out = append(out, budget{"CPU by kyaml identity, pass-through", passThroughMost, median(ratios(passed[function], passed[identity])), ""})
	out = append(out, r.growth()...)
	out = append(out, r.memory()...)
	out = append(out, budget{"peak memory, by MB passed through", passedMost, medianRSS(passed[function]) / megabytes(r.passThrough.bytes), " MB"})
	out = append(out, r.startUp()...)
	return append(out, budget{"binary, stripped", binaryMost, megabytes(int(r.binaryBytes)), " MB"})
}

// referee are the budgets of explain, check and diff.
func (r report) referee() []budget {
	var out []budget
	for _, verb := range []struct {
		name  string
		most  map[int]float64
		files int // that it reads
	}{{explain, explainAgainstIdentity, 1}, {check, checkAgainstIdentity, 1}, {diff, diffAgainstIdentity, 2}} {
		for _, p := range r.profiles {
			if most, promised := verb.most[p.n]; promised {
				out = append(out, budget{fmt.Sprintf("CPU of %s, by %s, N = %d", verb.name, identity, p.n), most, median(ratios(p.samples[verb.name], p.samples[identity])), ""})
			}
			if p.n >= 1000 {
				out = append(out, budget{fmt.Sprintf("peak memory of %s, by MB read, N = %d", verb.name, p.n), refereeMost, medianRSS(p.samples[verb.name]) / megabytes(verb.files*p.bytes), " MB"})
			}
		}
	}
	return out
}

// growth fits the numbers of profiles at which the start-up no longer counts.
func (r report) growth() []budget {
	var out []budget
	for _, name := range []string{standalone, function, explain, check, diff} {
		var n, cpu []float64
		for _, p := range r.profiles {
			if p.n >= 100 {
				n = append(n, float64(p.n))
				cpu = append(cpu, medianCPU(p.samples[name]))
			}
		}
		if len(n) > 1 {
			out = append(out, budget{"growth exponent of CPU, " + name, growthMost, growth(n, cpu), ""})
		}
	}
	return out
}

// memory is judged where the output is larger than the program itself.
func (r report) memory() []budget {
	var out []budget
	for _, p := range r.profiles {
		if p.n >= 1000 {
			perMB := medianRSS(p.samples[function]) / megabytes(p.bytes)
			out = append(out, budget{fmt.Sprintf("peak memory, by MB generated, N = %d", p.n), generatedMost, perMB, " MB"})
		}
	}
	return out
}

// startUp is what a run costs before there is any work, as with hello, world; a run with one profile has a budget of its own.
func (r report) startUp() []budget {
	for _, p := range r.profiles {
		if empty := p.samples[hello]; empty != nil {
			beyond := medianCPU(p.samples[startUp]) - medianCPU(empty)
			return []budget{{"CPU of start-up (version) beyond hello, world", startUpMost, beyond * 1000, " ms"}}
		}
	}
	return nil
}
