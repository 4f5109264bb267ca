package access

import (
	"slices"
	"testing"
)

// extensionsAt is the adaptor: the EnvoyFilters, WasmPlugins and TrafficExtensions
// ("Kind ns/name") that cloud a verdict at a gateway, or at a waypoint for a Service.
// It is nil as long as the referee does not read them.
var extensionsAt func(w *World, c recordedCase) []string

// extension compares which objects change a proxy: each that Istio hands to it must
// cloud what the referee says there.
func (n *tally) extension(w *World, set recordedSet, c recordedCase) string {
	if extensionsAt == nil {
		n.notJudged++ // TestConformsToIstioOnExtensions says so
		return ""
	}
	why := ""
	for _, id := range c.Want.By {
		if !slices.Contains(extensionsAt(w, c), id) {
			why = "Istio changes the proxy by " + id + ", the referee does not say so"
		}
	}
	return n.atPoint(w, set, c, why, false)
}

// Which proxies an EnvoyFilter or WasmPlugin changes. More than Istio's are allowed
// here, since NOT JUDGED is sound; fewer are not.
func TestConformsToIstioOnExtensions(t *testing.T) {
	sets := recorded(t, "extensions")
	if len(sets) == 0 {
		t.Fatal("the recording holds no case")
	}
	if extensionsAt == nil {
		t.Skip("the referee does not read EnvoyFilters, WasmPlugins and TrafficExtensions yet: connect extensionsAt to the ledger's clouding")
	}
	var all tally
	for _, set := range sets {
		all.compare(t, set)
	}
	t.Log(&all)
}
