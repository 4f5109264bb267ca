package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// expectedWarnings: what the API server may say of our output, each with the reason why it stays.
var expectedWarnings = map[string]string{
	"configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port": "" +
		"<gateway>-no-forged-identity is a DENY by header on the whole ingress Gateway; a port list would leave out a listener that someone adds",
}

// exception is a complaint that is right and that we leave: in which golden case, which, and why.
type exception struct{ test, finding, why string }

var exceptions = []exception{
	{"the-l4-policy-stays-beside-a-namespace-with-our-labels", "Service/bob/e2e-probe: want istio.io/WaypointBound=True",
		"bob left the configuration, and his waypoint with him"},
	{"the-l4-policy-stays-beside-a-namespace-with-our-labels", "Namespace/bob: ztunnel has no L4 policy that lets the waypoint",
		"the input's L4 policy is a stub that grants no access"},
	{"the-copy-of-a-policy-has-a-name-of-its-own", "AuthorizationPolicy/alice/a-name-of-two-hundred-and-forty-characters-",
		"that policy and its copy belong to an istiod of another revision"},
	{"a-policy-for-another-revision-takes-the-place-of-none", "AuthorizationPolicy/istio-system/no-trace-at-gateway: want WaypointAccepted=True",
		"the policy that it copies belongs to an istiod of another revision, and so does the copy"},
	{"a-listener-that-the-gateway-does-not-have-is-warned-about", "HTTPRoute/alice/notebook-tet: want parent ambient-ingressgateway Accepted=True",
		"the configuration names a listener that the Gateway does not have, which AP0521 warns about"},
}

// notApplied are golden cases that no single control plane could take, each with the reason.
var notApplied = map[string]string{
	"a-policy-for-another-revision-is-switched-on": "its waypoint belongs to an istiod of another revision",
	"a-kubeflow-tree-of-june-2026-is-converted":    "its Deployments are stubs that no API server takes; examples/platform is applied instead",
	"an-older-kubeflow-keeps-its-names":            "its Deployments are stubs that no API server takes; examples/platform is applied instead",
	"the-ingress-can-be-elsewhere-with-tls":        "its root namespace is another than this mesh's",
}

// acceptedAnyway returns the complaints that this test's set must raise; a missing one fails the test, so
// the list cannot outlive its reasons.
func acceptedAnyway(t *testing.T) []string {
	t.Helper()
	var known []string
	for _, e := range exceptions {
		if strings.HasSuffix(t.Name(), "/"+e.test) {
			t.Logf("known: %q, because %s", e.finding, e.why)
			known = append(known, e.finding)
		}
	}
	return known
}

// stub is an input of a golden case that the function edits and that no API server would take, edited or not.
type stub struct{ test, object, why string }

var stubs = []stub{
	{"restrict-takes-the-controllers-rights", "Deployment/kubeflow/kubeflow-pipelines-profile-controller", "the input has no containers"},
}

// withoutStubs takes them out; one that is not there any more, or that would be taken, fails the test.
func withoutStubs(t *testing.T, objects []*kube.Object) []*kube.Object {
	t.Helper()
	for _, s := range stubs {
		if !strings.HasSuffix(t.Name(), "/"+s.test) {
			continue
		}
		i := slices.IndexFunc(objects, func(o *kube.Object) bool { return kube.Name(o) == s.object })
		if i < 0 {
			t.Errorf("stub %s is not there any more", s.object)
			continue
		}
		if _, err := cluster.DryRun(t.Context(), manager, objects[i]); err == nil {
			t.Errorf("stub %s would be taken", s.object)
		}
		t.Logf("not applied: %s, because %s", s.object, s.why)
		objects = slices.Delete(objects, i, i+1)
	}
	return objects
}
