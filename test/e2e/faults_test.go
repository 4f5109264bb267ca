package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Green means something only if red is possible: one fault each in a tenant that is otherwise accepted
// (TestATenantByHandIsAccepted), and the words by which it must be caught.
var faults = []struct {
	name   string
	breaks func(tenant []*kube.Object) []*kube.Object
	caught string
}{
	{"L7 policy without targetRefs", func(tenant []*kube.Object) []*kube.Object {
		unset(find(tenant, "ns-owner-access-istio-l7-allow"), "spec", "targetRefs")
		return tenant
	}, "want ZtunnelAccepted=True (Accepted), got True (UnsupportedValue)"},

	{"missing Gateway", func(tenant []*kube.Object) []*kube.Object {
		return without(tenant, "waypoint")
	}, "want WaypointAccepted=True (Accepted), got False (TargetNotFound)"},

	{"missing Gateway, seen from the Service", func(tenant []*kube.Object) []*kube.Object {
		return without(tenant, "waypoint")
	}, "Service/FAULT/tet: want istio.io/WaypointBound=True"},

	{"class that nobody controls", func(tenant []*kube.Object) []*kube.Object {
		set(find(tenant, "waypoint"), "istio-waypoints", "spec", "gatewayClassName")
		return tenant
	}, "Gateway/FAULT/waypoint: want Programmed=True (Programmed), got Unknown (Pending)"},

	{"class of an ingress", func(tenant []*kube.Object) []*kube.Object {
		set(find(tenant, "waypoint"), "istio", "spec", "gatewayClassName")
		return tenant
	}, "Gateway/FAULT/waypoint: "},

	{"one of two targets is missing", func(tenant []*kube.Object) []*kube.Object {
		policy := find(tenant, "ns-owner-access-istio-l7-allow")
		second := map[string]any{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint-2"}
		refs, _, _ := unstructured.NestedSlice(policy.Object, "spec", "targetRefs")
		set(policy, append(refs, second), "spec", "targetRefs")
		return tenant
	}, "want WaypointAccepted=True (Accepted), got True (PartiallyInvalid)"},

	{"L7 policy in the wrong namespace", func(tenant []*kube.Object) []*kube.Object {
		find(tenant, "ns-owner-access-istio-l7-allow").SetNamespace("elsewhere-l7")
		return tenant
	}, "AuthorizationPolicy/elsewhere-l7/ns-owner-access-istio-l7-allow: want WaypointAccepted=True (Accepted), got False (TargetNotFound)"},

	{"L4 policy in the wrong namespace", func(tenant []*kube.Object) []*kube.Object {
		find(tenant, "ns-l4-waypoint").SetNamespace("elsewhere-l4")
		return tenant
	}, "Namespace/FAULT: ztunnel has no L4 policy that lets the waypoint, and so nobody else, in"},

	{"HTTP attribute in the L4 policy", func(tenant []*kube.Object) []*kube.Object {
		policy := find(tenant, "ns-l4-waypoint")
		rules, _, _ := unstructured.NestedSlice(policy.Object, "spec", "rules")
		rules[1].(map[string]any)["to"] = []any{map[string]any{"operation": map[string]any{"paths": []any{"/metrics"}}}}
		set(policy, rules, "spec", "rules")
		return tenant
	}, "meant for ztunnel"},

	{"HTTP attribute in a DENY policy of ours", func(tenant []*kube.Object) []*kube.Object {
		policy := denyDelete()
		policy.SetAnnotations(map[string]string{"ambient.kubeflow.org/owned-by": "kubeflow"})
		return append(tenant, policy)
	}, "AuthorizationPolicy/FAULT/no-delete: want ZtunnelAccepted=True (Accepted), got True (UnsupportedValue)"},

	{"another team's DENY that ztunnel applies to more than it says", func(tenant []*kube.Object) []*kube.Object {
		return append(tenant, denyDelete())
	}, `AuthorizationPolicy/FAULT/no-delete: meant for ztunnel ["DENY nothing"], sent ["DENY from namespace guests to port 80"]`},

	{"L4 policy that lets everybody in", func(tenant []*kube.Object) []*kube.Object {
		set(find(tenant, "ns-l4-waypoint"), []any{map[string]any{}}, "spec", "rules")
		return tenant
	}, "Namespace/FAULT: policy ns-l4-waypoint lets everybody in at L4"},

	{"ingress goes round the waypoint", func(tenant []*kube.Object) []*kube.Object {
		unset(find(tenant, "FAULT"), "metadata", "labels", "istio.io/ingress-use-waypoint")
		return tenant
	}, "Ingress traffic will traverse the waypoint"},
}

// denyDelete denies some namespaces a method on a port. ztunnel does not see the method, and denies them the port.
func denyDelete() *kube.Object {
	return object("security.istio.io/v1", "AuthorizationPolicy", "FAULT", "no-delete", map[string]any{
		"action": "DENY",
		"rules": []any{map[string]any{
			"from": []any{map[string]any{"source": map[string]any{"namespaces": []any{"guests"}}}},
			"to":   []any{map[string]any{"operation": map[string]any{"methods": []any{"DELETE"}, "ports": []any{"80"}}}},
		}},
	})
}

func TestFaultsAreDetected(t *testing.T) {
	needsControlPlane(t)
	tenants := make([][]*kube.Object, len(faults))
	for i, fault := range faults {
		tenants[i] = brokenTenant(t, faultNamespace(i), fault.breaks)
	}
	// All at once, because silence takes faultLimit to be believed.
	applyWithFixtures(t.Context(), t, slices.Concat(tenants...))
	settled := time.Now().Add(faultLimit)
	for i, fault := range faults {
		t.Run(strings.ReplaceAll(fault.name, " ", "-"), func(t *testing.T) {
			tenant := slices.Concat(tenants[i], fixtures(tenants[i]))
			findings := judge(t.Context(), t, time.Until(settled), tenant)
			wanted := strings.ReplaceAll(fault.caught, "FAULT", faultNamespace(i))
			if !slices.ContainsFunc(findings, func(f finding) bool { return strings.Contains(f.String(), wanted) }) {
				t.Fatalf("not caught: want a finding with %q, got %q", wanted, findings)
			}
			t.Logf("caught: %q", findings)
			count.detected(fault.name)
		})
	}
}

func faultNamespace(i int) string { return fmt.Sprintf("fault-%02d", i) }

// brokenTenant: the table above calls the Namespace FAULT, and what it adds is in there.
func brokenTenant(t *testing.T, namespace string, breaks func([]*kube.Object) []*kube.Object) []*kube.Object {
	tenant := tenantByHand(t, namespace)
	find(tenant, namespace).SetName("FAULT")
	broken := breaks(tenant)
	find(broken, "FAULT").SetName(namespace)
	for _, o := range broken {
		if o.GetNamespace() == "FAULT" {
			o.SetNamespace(namespace)
		}
	}
	return broken
}

// What the CRD's schema lets pass and Istio's webhook refuses never gets as far as a status.
func TestTheWebhookRefuses(t *testing.T) {
	needsControlPlane(t)
	for _, fault := range []struct {
		name   string
		breaks func(*kube.Object)
	}{
		{"unknown when key", func(o *kube.Object) {
			set(o, []any{map[string]any{"when": []any{map[string]any{"key": "request.header[x]", "values": []any{"y"}}}}}, "spec", "rules")
		}},
		{"targetRef to a Pod", func(o *kube.Object) {
			set(o, []any{map[string]any{"group": "", "kind": "Pod", "name": "x"}}, "spec", "targetRefs")
		}},
		{"CUSTOM without a provider", func(o *kube.Object) { set(o, "CUSTOM", "spec", "action") }},
		{"unknown field", func(o *kube.Object) { set(o, "x", "spec", "targetRfs") }},
	} {
		t.Run(strings.ReplaceAll(fault.name, " ", "-"), func(t *testing.T) {
			policy := find(tenantByHand(t, "default"), "ns-owner-access-istio-l7-allow")
			if _, err := cluster.DryRun(t.Context(), manager, policy); err != nil {
				t.Fatalf("refused before it was broken: %v", err)
			}
			fault.breaks(policy)
			if _, err := cluster.DryRun(t.Context(), manager, policy); err == nil {
				t.Fatal("not refused")
			}
			count.detected(fault.name)
		})
	}
}

func find(objects []*kube.Object, name string) *kube.Object {
	i := slices.IndexFunc(objects, func(o *kube.Object) bool { return o.GetName() == name })
	return objects[i]
}

func without(objects []*kube.Object, name string) []*kube.Object {
	return slices.DeleteFunc(objects, func(o *kube.Object) bool { return o.GetName() == name })
}

func set(o *kube.Object, value any, path ...string) {
	if err := unstructured.SetNestedField(o.Object, value, path...); err != nil {
		panic(err)
	}
}

func unset(o *kube.Object, path ...string) { unstructured.RemoveNestedField(o.Object, path...) }
