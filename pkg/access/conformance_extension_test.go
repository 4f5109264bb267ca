package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// extensionOn is the adaptor: the EnvoyFilter, WasmPlugin or TrafficExtension
// ("Kind ns/name") that clouds a verdict at a gateway, or at a waypoint for a Service;
// of several, one. "" where none does.
func extensionOn(w *World, c recordedCase) string {
	g := w.look(c.Namespace).gateway(c.Name)
	cause := w.cloudOnGateway(g)
	if c.Service != "" {
		cause = w.cloudOnWaypoint(g, w.look(c.ServiceNamespace).service(c.Service))
	}
	if cause == nil {
		return ""
	}
	return cause.kind + " " + cause.id()
}

// extension compares which proxies are changed. One object is enough to make all that
// a proxy says unknown, and the referee names one that Istio hands to it.
func (n *tally) extension(w *World, set recordedSet, c recordedCase) string {
	got, why := extensionOn(w, c), ""
	switch {
	case got == "" && len(c.Want.By) > 0:
		why = fmt.Sprintf("Istio changes the proxy by %v, the referee knows of nothing", c.Want.By)
	case got != "" && !slices.Contains(c.Want.By, got):
		why = fmt.Sprintf("Istio changes the proxy by %v, the referee by %s", c.Want.By, got)
	}
	return n.atPoint(w, set, c, why, false)
}

// Each answer of Istio's must occur, for each kind of object, or the recording shows nothing.
func TestConformanceMeetsEachExtension(t *testing.T) {
	seen := map[string]int{}
	for _, set := range recorded(t, "extensions") {
		for _, c := range set.Cases {
			seen[c.Want.Got]++
			for _, id := range c.Want.By {
				kind, _, _ := strings.Cut(id, " ")
				seen[kind]++
			}
		}
	}
	for _, answer := range []string{"plain", "extended", "EnvoyFilter", "WasmPlugin", "TrafficExtension"} {
		if seen[answer] < 20 {
			t.Errorf("only %d answers are %s", seen[answer], answer)
		}
	}
}
