//go:build unix

package fn

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// The function is compared with the least that a kyaml function can do with the same bytes: read a
// ResourceList and write it again. docs/performance.md compares whole programs.
//
//	go test ./fn -run '^$' -bench . -benchtime 3x

var render = flag.String("render", "", "a rendered tree (.yaml or .yaml.gz) for BenchmarkPassThrough, instead of a made-up one")

// forSizes runs a benchmark for each number of profiles.
func forSizes(b *testing.B, bench func(b *testing.B, n int)) {
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("N=%d", n), func(b *testing.B) { bench(b, n) })
	}
}

// BenchmarkRead reads what the function itself wrote, as the next function of a pipeline does.
func BenchmarkRead(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		data := transformed(b, load.ResourceList(n, nil))
		b.Run("ours", func(b *testing.B) {
			measure(b, func() error {
				_, err := manifest.Read(bytes.NewReader(data))
				return err
			})
		})
		b.Run("identity", func(b *testing.B) {
			measure(b, func() error {
				_, err := (&kio.ByteReadWriter{Reader: bytes.NewReader(data)}).Read()
				return err
			})
		})
	})
}

// BenchmarkProcess turns a configuration that was read into objects in their text, judged by the
// referee. All that an identity has to do is to write them.
func BenchmarkProcess(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		input := load.ResourceList(n, nil)
		b.Run("ours", func(b *testing.B) {
			list := must(manifest.Read(strings.NewReader(input)))
			measure(b, func() error {
				_, _, err := process(list)
				return err
			})
		})
		b.Run("identity", func(b *testing.B) {
			rw := &kio.ByteReadWriter{Reader: bytes.NewReader(transformed(b, input)), Writer: io.Discard}
			nodes := must(rw.Read())
			measure(b, func() error { return rw.Write(nodes) })
		})
	})
}

// BenchmarkWhole is one call by kustomize: a configuration in, all its objects out. The identity
// gets these objects and passes them on.
func BenchmarkWhole(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		input := load.ResourceList(n, nil)
		b.Run("ours", func(b *testing.B) { measure(b, func() error { return transformOnce(input) }) })
		b.Run("identity", func(b *testing.B) { measureIdentity(b, string(transformed(b, input))) })
	})
}

// BenchmarkPassThrough has one profile and a whole Kubeflow, nearly all of which only passes
// through.
func BenchmarkPassThrough(b *testing.B) {
	input := load.ResourceList(1, kubeflow())
	b.Run("ours", func(b *testing.B) { measure(b, func() error { return transformOnce(input) }) })
	b.Run("identity", func(b *testing.B) { measureIdentity(b, input) })
}

func kubeflow() []string {
	if *render == "" {
		return load.Kubeflow()
	}
	data := must(os.ReadFile(*render))
	if strings.HasSuffix(*render, ".gz") {
		data = must(io.ReadAll(must(gzip.NewReader(bytes.NewReader(data)))))
	}
	return load.Documents(string(data))
}

func transformOnce(list string) error {
	return Transform(strings.NewReader(list), io.Discard, io.Discard)
}

// transformed is the ResourceList that the function answers.
func transformed(b *testing.B, list string) []byte {
	b.Helper()
	var out bytes.Buffer
	if err := Transform(strings.NewReader(list), &out, io.Discard); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func measureIdentity(b *testing.B, list string) {
	measure(b, func() error {
		rw := &kio.ByteReadWriter{Reader: strings.NewReader(list), Writer: io.Discard}
		nodes, err := rw.Read()
		if err != nil {
			return err
		}
		return rw.Write(nodes)
	})
}

// measure reports processor time in addition to wall time. Processor time includes the garbage
// collector's threads, and other work on the machine disturbs it less.
func measure(b *testing.B, once func() error) {
	b.Helper()
	b.ReportAllocs()
	before := cpuMilliseconds()
	for b.Loop() {
		if err := once(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuMilliseconds()-before)/float64(b.N), "cpu-ms/op")
}

func cpuMilliseconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}
