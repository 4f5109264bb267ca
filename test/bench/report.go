package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"
)

// A report holds what was measured.
type report struct {
	profiles    []profilesResult
	passThrough passThroughResult
	binaryBytes int64
}

type profilesResult struct {
	n, bytes, objects, lockBytes int
	samples                      map[string][]sample
}

func (r report) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %s/%s, %d processors. CPU is user and system time, the median of %d rounds (ten times as many for one profile).\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), *rounds)
	for _, p := range r.profiles {
		fmt.Fprintf(w, "\nN = %d: %d objects, %.2f MB, and a lock file of %.2f MB\n\n", p.n, p.objects, megabytes(p.bytes), megabytes(p.lockBytes))
		printSamples(w, p.samples)
	}
	fmt.Fprintf(w, "\nPass-through: %d objects, %.2f MB\n\n", r.passThrough.objects, megabytes(r.passThrough.bytes))
	printSamples(w, r.passThrough.samples)
	fmt.Fprint(w, "\n| budget | at most | measured | |\n|---|---|---|---|\n")
	for _, b := range r.budgets() {
		b.print(w)
	}
}

// printSamples prints one line per contender, the cheapest first. ours/it is taken round by round.
func printSamples(w io.Writer, samples map[string][]sample) {
	var names []string
	for name := range samples {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Compare(medianCPU(samples[a]), medianCPU(samples[b]))
	})
	fmt.Fprint(w, "| | CPU | peak memory | CPU, ours / it (lowest to highest round) |\n|---|---|---|---|\n")
	for _, name := range names {
		s := samples[name]
		against := ""
		if base := counterpart(name); base != "" {
			of := ratios(samples[base], s)
			against = fmt.Sprintf("%.2f (%.2f to %.2f)", median(of), slices.Min(of), slices.Max(of))
		}
		fmt.Fprintf(w, "| %s | %s | %.0f MB | %s |\n", name, seconds(medianCPU(s)), medianRSS(s), against)
	}
}

// counterpart is how the function runs in place of the other contender: as one of kustomize's
// when compared with a kyaml function, else standalone.
func counterpart(name string) string {
	switch name {
	case identity:
		return function
	case helm, overlays:
		return standalone
	default:
		return ""
	}
}

func seconds(s float64) string {
	if s < 1 {
		return fmt.Sprintf("%.1f ms", s*1000)
	}
	return fmt.Sprintf("%.1f s", s)
}

// ratios are a's CPU by b's, round by round: the machine's mood meets both.
func ratios(a, b []sample) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i].CPU / b[i].CPU
	}
	return out
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func medianCPU(samples []sample) float64 {
	return median(each(samples, func(s sample) float64 { return s.CPU }))
}

func medianRSS(samples []sample) float64 {
	return median(each(samples, func(s sample) float64 { return s.RSS }))
}

func each(samples []sample, of func(sample) float64) []float64 {
	var out []float64
	for _, s := range samples {
		out = append(out, of(s))
	}
	return out
}

// growth is the exponent k of CPU = c * n^k that fits best (least squares over the logarithms).
func growth(n, cpu []float64) float64 {
	var x, y, xx, xy float64
	for i := range n {
		lx, ly := math.Log(n[i]), math.Log(cpu[i])
		x, y, xx, xy = x+lx, y+ly, xx+lx*lx, xy+lx*ly
	}
	count := float64(len(n))
	return (count*xy - x*y) / (count*xx - x*x)
}

func megabytes(bytes int) float64 { return float64(bytes) / 1e6 }
