package dataplane

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// The README has the argument for every extension that is taken out, and for no other.
func TestReadmeArguesForEveryRemovedExtension(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(text), "## The closed list")
	list, _, _ = strings.Cut(list, "\n## ")
	var argued []string
	for line := range strings.Lines(list) {
		if cells := strings.Split(line, "|"); len(cells) == 4 && strings.Contains(cells[1], "`") {
			argued = append(argued, strings.Trim(cells[1], " `"))
		}
	}
	slices.Sort(argued)
	if want := slices.Sorted(maps.Keys(agent.Removed)); !ok || !slices.Equal(argued, want) {
		t.Errorf("README.md argues for\n  %q\nand the agent removes\n  %q", argued, want)
	}
}

// An extension that is in neither list and a configuration that Envoy refuses make the run fail.
func TestAnUnknownExtensionFailsTheRun(t *testing.T) {
	needsPlane(t)
	objects := base(t)
	become(t, objects)
	defer plane.ForgetComplaints()
	become(t, add(t, objects, `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: unknown, namespace: istio-system}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: GATEWAY, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
    patch:
      operation: INSERT_FIRST
      value:
        name: example.unknown
        typed_config: {"@type": type.googleapis.com/udpa.type.v1.TypedStruct, type_url: type.googleapis.com/example.Unknown, value: {}}
`))
	complaints := strings.Join(plane.Complaints(), "\n")
	for _, want := range []string{"unknown extension example.Unknown", "NACK type.googleapis.com/envoy.config.listener.v3.Listener"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("want a complaint about %q, got\n%s", want, complaints)
		}
	}
	become(t, objects)
	note("closed list: %d extensions are removed or renamed, %v; an unknown one was noticed", len(plane.Removed()), plane.Removed())
}

// add returns a world with further objects; one that is there already is replaced.
func add(t *testing.T, objects []*kube.Object, text string) []*kube.Object {
	t.Helper()
	more, err := kube.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b *kube.Object) bool {
		return a.GroupVersionKind().Group == b.GroupVersionKind().Group && kube.Name(a) == kube.Name(b)
	}
	world := slices.DeleteFunc(slices.Clone(objects), func(o *kube.Object) bool {
		return slices.ContainsFunc(more, func(m *kube.Object) bool { return same(o, m) })
	})
	return append(world, more...)
}
