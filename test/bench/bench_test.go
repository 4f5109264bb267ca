package main

import (
	"math"
	"slices"
	"testing"
)

func TestGrowth(t *testing.T) {
	n := []float64{100, 1000, 10000}
	for exponent, cpu := range map[float64][]float64{1: {2, 20, 200}, 2: {1, 100, 10000}} {
		if got := growth(n, cpu); math.Abs(got-exponent) > 1e-9 {
			t.Errorf("growth(%v) = %v, want %v", cpu, got, exponent)
		}
	}
}

func TestMedian(t *testing.T) {
	if got := median([]float64{9, 1, 2}); got != 2 {
		t.Errorf("the median of three is %v, want 2", got)
	}
	if got := median([]float64{4, 1, 9, 2}); got != 3 {
		t.Errorf("the median of four is %v, want 3", got)
	}
}

// A stream and a ResourceList of the same objects are the same, however they are ordered and
// wherever a pipeline had them.
func TestObjects(t *testing.T) {
	fromStream, err := objects("b: 1\nmetadata: {name: x}\n---\n# nothing\n---\na:\n- c\n- d\n")
	if err != nil {
		t.Fatal(err)
	}
	fromList, err := objects("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a:\n  - c\n  - d\n" +
		"- metadata:\n    name: x\n    annotations:\n      config.kubernetes.io/index: '0'\n  b: 1\nfunctionConfig:\n  a: b\n")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(fromStream, fromList) || len(fromList) != 2 {
		t.Errorf("%q from a stream, %q from a list", fromStream, fromList)
	}
	if firstDifference(fromStream, fromList[:1]) == "" {
		t.Error("an object that is missing makes no difference")
	}
}
