package enroll

import (
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// The old gateway is that of this mesh: by its trust domain, by what Istio takes for it, and by patterns.
func TestIsOldIngress(t *testing.T) {
	plan := generate.Plan{Mesh: &generate.Mesh{TrustDomain: "prod.example.com", TrustDomainAliases: []string{"old.example.com"}}}
	plan.Mesh.OldIngress = plan.Mesh.Principal("istio-system", "front")
	const kubeflows = "/ns/istio-system/sa/istio-ingressgateway-service-account"
	for principal, want := range map[string]bool{
		"prod.example.com" + kubeflows:                        true,
		"prod.example.com/ns/istio-system/sa/front":           true,
		"cluster.local" + kubeflows:                           true,
		"old.example.com" + kubeflows:                         true,
		"*" + kubeflows:                                       true,
		"*.example.com" + kubeflows:                           true,
		"partner.example.com" + kubeflows:                     false,
		"*.example.org" + kubeflows:                           false,
		"prod.example.com" + kubeflows + "-2":                 false,
		"prod.example.com/ns/istio-system/sa/istio":           false,
		"prod.example.com/ns/edge/sa/front":                   false,
		"prod.example.com/ns/x/ns/istio-system/sa/front":      false,
		"/ns/istio-system/sa/front":                           false,
		"istio-system/front":                                  false,
		"*":                                                   false,
		"spiffe://prod.example.com/ns/istio-system/sa/front":  false,
		"prod.example.com/ns/istio-system/sa/front/something": false,
	} {
		if got := isOldIngress(plan, principal); got != want {
			t.Errorf("%s: %v", principal, got)
		}
	}
}
