package access

import (
	"cmp"
	"fmt"
	"testing"
)

// captureAt is the adaptor: how the referee says that a pod takes part in the mesh.
func captureAt(w *World, c recordedCase) string {
	s := w.look(c.Namespace)
	for _, pod := range s.workloads {
		if pod.name != c.Name {
			continue
		}
		part := s.member(pod)
		if part == captured && pod.bypass() {
			return "bypass"
		}
		return map[membership]string{outside: "outside", captured: "captured", sidecar: "sidecar", unclear: ""}[part]
	}
	return "no such pod"
}

// capture compares who redirects a pod's traffic: Istio's injector and its CNI
// (test/conformance/capture.go), and the referee.
func (n *tally) capture(w *World, set recordedSet, c recordedCase) string {
	got, why := captureAt(w, c), ""
	if got != "" && got != c.Want.Got {
		why = fmt.Sprintf("to Istio Pod %s/%s is %s, to the referee %s", c.Namespace, c.Name, c.Want.Got, got)
	}
	return n.atPoint(w, set, c, why, got == "")
}

// Each answer of Istio's must occur, or the recording shows nothing.
func TestConformanceMeetsEachCapture(t *testing.T) {
	seen := map[string]int{}
	for _, set := range recorded(t, "capture") {
		for _, c := range set.Cases {
			seen[c.Want.Got]++
		}
	}
	for _, answer := range []string{"outside", "captured", "bypass", "sidecar"} {
		if seen[answer] < 10 {
			t.Errorf("only %d pods are %s", cmp.Or(seen[answer], 0), answer)
		}
	}
}
