package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// tenants of TestScale: what one kustomize build can still render at leisure.
const tenants = 100

// A hundred tenants for real. The numbers are printed, not judged: machines differ.
func TestScale(t *testing.T) {
	needsControlPlane(t)
	if testing.Short() {
		t.Skip("NOT RUN: -short")
	}
	var profiles strings.Builder
	for i := range tenants {
		fmt.Fprintf(&profiles, "- {name: tenant-%03d, owner: {name: owner-%03d@example.com}}\n", i, i)
	}
	output := render(t, configuration(profiles.String(), ""))
	before := plane.Memory()
	began := time.Now()
	all := applyWithFixtures(t.Context(), t, output)
	applied := time.Since(began)
	report(t, judge(t.Context(), t, 5*patience, all))
	accepted := time.Since(began)
	count.scale = fmt.Sprintf("%d tenants, %d objects: applied in %s, all accepted after %s",
		tenants, len(all), applied.Round(time.Second/10), accepted.Round(time.Second/10))
	t.Logf("%s\n  memory before: %s\n  memory after:  %s", count.scale, before, plane.Memory())
}
