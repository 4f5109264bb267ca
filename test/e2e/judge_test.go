package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// patience is how long istiod may take to write a status; a fault that shows as silence costs as long to detect.
const (
	patience    = 60 * time.Second
	faultLimit  = 8 * time.Second
	pollingStep = 250 * time.Millisecond
)

// finding is one thing that a real control plane says other than we meant.
type finding struct{ object, said string }

func (f finding) String() string { return f.object + ": " + f.said }

// judge asks istiod about every object until it has no complaint but the known ones or the limit is over; what remains
// is returned, a known complaint that was not raised included.
func judge(ctx context.Context, t *testing.T, limit time.Duration, objects []*kube.Object, known ...string) []finding {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		findings, conditions, policies, err := judgeOnce(ctx, objects)
		if err != nil {
			t.Fatalf("judge: %v", err)
		}
		findings = reconcileWithKnown(findings, known)
		if len(findings) == 0 || time.Now().After(deadline) {
			count.conditions += conditions
			count.l4Policies += policies
			return findings
		}
		time.Sleep(pollingStep)
	}
}

// reconcileWithKnown takes the known complaints off, and complains of those that are missing.
func reconcileWithKnown(findings []finding, known []string) []finding {
	for _, k := range known {
		is := func(f finding) bool { return strings.Contains(f.String(), k) }
		if !slices.ContainsFunc(findings, is) {
			findings = append(findings, finding{"exceptions", "no longer raised: " + k})
		}
		findings = slices.DeleteFunc(findings, is)
	}
	return findings
}

func judgeOnce(ctx context.Context, objects []*kube.Object) (findings []finding, conditions, policies int, err error) {
	enrolled := enrolledNamespaces(objects)
	for _, o := range objects {
		live, err := cluster.Get(ctx, o)
		if err != nil {
			return nil, 0, 0, err
		}
		for _, e := range expectations(live, enrolled) {
			conditions++
			if said := e.unmet(live); said != "" {
				findings = append(findings, finding{kube.Name(o), said})
			}
		}
	}
	sent, err := sentToZtunnel()
	if err != nil {
		return nil, 0, 0, err
	}
	l4, policies := judgeL4(objects, sent)
	return append(findings, l4...), conditions, policies, nil
}

// expectation is one condition that istiod must set, with the reason that means accepted: an L7 policy that ztunnel
// took apart has status True as well, with reason UnsupportedValue.
type expectation struct {
	where                string // what of the object, when it has several
	conditions           []any
	kind, status, reason string
	message              string // part of it
}

func (e expectation) unmet(live *kube.Object) string {
	want := fmt.Sprintf("%s%s=%s (%s)", e.where, e.kind, e.status, e.reason)
	for _, c := range e.conditions {
		c, _ := c.(map[string]any)
		if c["type"] != e.kind {
			continue
		}
		message, _ := c["message"].(string)
		seen, reported, _ := unstructured.NestedInt64(c, "observedGeneration")
		switch {
		case reported && seen != 0 && seen != live.GetGeneration():
			return fmt.Sprintf("want %s, got a status of generation %d at generation %d", want, seen, live.GetGeneration())
		case c["status"] != e.status || c["reason"] != e.reason:
			return fmt.Sprintf("want %s, got %s (%s): %s", want, c["status"], c["reason"], message)
		case !strings.Contains(message, e.message):
			return fmt.Sprintf("want %s saying %q, got %q", want, e.message, message)
		}
		return ""
	}
	return "want " + want + ", got no such condition"
}

// expectations: which conditions istiod owes an object (RequestAuthentication and PeerAuthentication get none).
func expectations(live *kube.Object, enrolled map[string]string) []expectation {
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	switch live.GroupVersionKind().GroupKind().String() {
	case "Gateway.gateway.networking.k8s.io":
		return append(gatewayListeners(live),
			expectation{conditions: conditions, kind: "Accepted", status: "True", reason: "Accepted"},
			expectation{conditions: conditions, kind: "Programmed", status: "True", reason: "Programmed"})
	case "HTTPRoute.gateway.networking.k8s.io":
		return routeParents(live)
	case "AuthorizationPolicy.security.istio.io":
		if len(targetRefs(live)) == 0 {
			return []expectation{ztunnelAccepted(live, conditions)}
		}
		return []expectation{{conditions: conditions, kind: "WaypointAccepted", status: "True", reason: "Accepted"}}
	case "Service":
		if waypoint := enrolled[live.GetNamespace()]; waypoint != "" && throughWaypoint(live) {
			return []expectation{{conditions: conditions, kind: "istio.io/WaypointBound", status: "True", reason: "WaypointAccepted",
				message: "waypoint " + live.GetNamespace() + "/" + waypoint + ". Ingress traffic will traverse the waypoint"}}
		}
	}
	return nil
}

func gatewayListeners(live *kube.Object) []expectation {
	listeners, _, _ := unstructured.NestedSlice(live.Object, "spec", "listeners")
	reported, _, _ := unstructured.NestedSlice(live.Object, "status", "listeners")
	var all []expectation
	for _, l := range list(any(listeners)) {
		var conditions []any
		for _, r := range list(any(reported)) {
			if r["name"] == l["name"] {
				conditions, _ = r["conditions"].([]any)
			}
		}
		where := fmt.Sprintf("listener %v ", l["name"])
		all = append(all,
			expectation{where: where, conditions: conditions, kind: "Accepted", status: "True", reason: "Accepted"},
			expectation{where: where, conditions: conditions, kind: "ResolvedRefs", status: "True", reason: "ResolvedRefs"},
			expectation{where: where, conditions: conditions, kind: "Programmed", status: "True", reason: "Programmed"})
	}
	return all
}

func routeParents(live *kube.Object) []expectation {
	wanted, _, _ := unstructured.NestedSlice(live.Object, "spec", "parentRefs")
	reported, _, _ := unstructured.NestedSlice(live.Object, "status", "parents")
	var all []expectation
	for _, parent := range list(any(wanted)) {
		var conditions []any
		for _, r := range list(any(reported)) {
			if equality.Semantic.DeepEqual(r["parentRef"], any(parent)) {
				conditions, _ = r["conditions"].([]any)
			}
		}
		where := fmt.Sprintf("parent %v ", parent["name"])
		all = append(all,
			expectation{where: where, conditions: conditions, kind: "Accepted", status: "True", reason: "Accepted"},
			expectation{where: where, conditions: conditions, kind: "ResolvedRefs", status: "True", reason: "ResolvedRefs"})
	}
	return all
}

// judgeL4 compares what ztunnel would get with what was meant, rule by rule, and misses what is not there:
// a namespace with a waypoint and no L4 policy is open to anyone who goes round the waypoint.
func judgeL4(objects []*kube.Object, sent map[string]authorization) (findings []finding, compared int) {
	policies := map[string]bool{} // a foreign policy that widens access is for the function to warn about
	for _, o := range objects {
		if o.GetKind() != "AuthorizationPolicy" || len(targetRefs(o)) > 0 {
			continue
		}
		compared++
		policies[o.GetNamespace()+"/"+o.GetName()] = true
		want, got := meant(o), sent[o.GetNamespace()+"/"+o.GetName()].lines()
		if !slices.Equal(want, got) {
			findings = append(findings, finding{kube.Name(o), fmt.Sprintf("meant for ztunnel %q, sent %q", want, got)})
		}
	}
	judged := maps.Clone(sent)
	maps.DeleteFunc(judged, func(key string, _ authorization) bool { return !policies[key] })
	for namespace, waypoint := range enrolledNamespaces(objects) {
		if said := guarded(judged, namespace, waypoint); said != "" {
			findings = append(findings, finding{"Namespace/" + namespace, said})
		}
	}
	slices.SortFunc(findings, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return findings, compared
}

// guarded: ztunnel holds a namespace-wide ALLOW that lets the waypoint in, and none that lets everybody in.
func guarded(sent map[string]authorization, namespace, waypoint string) string {
	waypointMayPass := false
	for _, p := range sent {
		if p.Namespace != namespace || p.Scope != "NAMESPACE" || p.Action != "ALLOW" {
			continue
		}
		for _, line := range p.lines() {
			if line == "ALLOW" {
				return "policy " + p.Name + " lets everybody in at L4"
			}
			from, ok := strings.CutPrefix(line, "ALLOW from principal ")
			waypointMayPass = waypointMayPass || ok && strings.HasSuffix(from, "/ns/"+namespace+"/sa/"+waypoint)
		}
	}
	if !waypointMayPass {
		return "ztunnel has no L4 policy that lets the waypoint, and so nobody else, in"
	}
	return ""
}

// enrolledNamespaces maps each namespace of the set that says use-waypoint to that waypoint.
func enrolledNamespaces(objects []*kube.Object) map[string]string {
	enrolled := map[string]string{}
	for _, o := range objects {
		waypoint := o.GetLabels()["istio.io/use-waypoint"]
		if o.GetKind() == "Namespace" && o.GetAPIVersion() == "v1" && waypoint != "" && waypoint != "none" {
			enrolled[o.GetName()] = waypoint
		}
	}
	return enrolled
}

// throughWaypoint: a headless Service has no VIP that a waypoint could see; a label of its own is its own business.
func throughWaypoint(svc *kube.Object) bool {
	ip, _, _ := unstructured.NestedString(svc.Object, "spec", "clusterIP")
	kind, _, _ := unstructured.NestedString(svc.Object, "spec", "type")
	_, own := svc.GetLabels()["istio.io/use-waypoint"]
	return ip != "None" && kind != "ExternalName" && !own
}

func targetRefs(policy *kube.Object) []map[string]any {
	refs, _, _ := unstructured.NestedSlice(policy.Object, "spec", "targetRefs")
	all := list(any(refs))
	if ref, ok, _ := unstructured.NestedMap(policy.Object, "spec", "targetRef"); ok {
		all = append(all, ref)
	}
	return all
}
