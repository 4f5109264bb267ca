package fn

import (
	"io"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

// Allocations are what a benchmark can promise on any machine: their number hardly changes from
// run to run, and the collector's work follows from them. Lower a bound whenever a change allows
// it; raise one only with the reason in the commit.
const allocationsPerProfile = 1100

// allocations of one whole call for n profiles.
func allocations(t *testing.T, n int) float64 {
	t.Helper()
	list := load.ResourceList(n, nil)
	return testing.AllocsPerRun(1, func() {
		if err := Transform(strings.NewReader(list), io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
	})
}

// What the cluster needs once is left out: it does not grow.
func TestAllocationsOfAProfile(t *testing.T) {
	if each := (allocations(t, 40) - allocations(t, 20)) / 20; each > allocationsPerProfile {
		t.Errorf("%.0f allocations for each profile, at most %d", each, allocationsPerProfile)
	}
}

// Twice the profiles, twice the work: nothing may look at all the others for each.
func TestAllocationsGrowWithTheProfiles(t *testing.T) {
	once, more, most := allocations(t, 20), allocations(t, 40), allocations(t, 80)
	if first, later := (more-once)/20, (most-more)/40; later > 1.05*first {
		t.Errorf("%.0f allocations for each of 20 profiles more, but %.0f for each of 40 more", first, later)
	}
}

// What only passes through is read, for its identity, and never written by the YAML library.
func TestAllocationsOfWhatPassesThrough(t *testing.T) {
	tree := load.Kubeflow()[50:100] // ten with a large schema, forty small ones
	list := load.ResourceList(1, tree)
	ours := testing.AllocsPerRun(1, func() {
		if err := Transform(strings.NewReader(list), io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
	}) - allocations(t, 1)
	identity := testing.AllocsPerRun(1, func() {
		rw := &kio.ByteReadWriter{Reader: strings.NewReader(list), Writer: io.Discard}
		if err := rw.Write(must(rw.Read())); err != nil {
			t.Fatal(err)
		}
	})
	if ours > 0.7*identity {
		t.Errorf("%.0f allocations for what passes through; a kyaml function that changes nothing needs %.0f, and ours at most 0.7 of it", ours, identity)
	}
}
