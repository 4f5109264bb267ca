package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// tenantByHand reads testdata/tenant.yaml for one namespace.
func tenantByHand(t *testing.T, namespace string) []*kube.Object {
	t.Helper()
	content, err := os.ReadFile("testdata/tenant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := kube.Read([]byte(strings.ReplaceAll(string(content), "TENANT", namespace)))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// The tenant that the faults are made of is taken silently: what they are caught for is the fault.
func TestATenantByHandIsAccepted(t *testing.T) {
	needsControlPlane(t)
	all := applyWithFixtures(t.Context(), t, tenantByHand(t, "by-hand"))
	report(t, judge(t.Context(), t, patience, all))
}
