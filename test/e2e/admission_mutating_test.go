package e2e

import (
	"maps"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// A contributor's policy is attached to the waypoint of its namespace, whatever that is called, and nothing else is.
func TestAdmissionAttachesContributors(t *testing.T) {
	needsControlPlane(t)
	guardrails(t, admissionCases(t))
	contributor := map[string]string{"user": "eve@example.com", "role": "edit"}
	header := map[string]any{"rules": []any{map[string]any{"when": []any{
		map[string]any{"key": "request.headers[kubeflow-userid]", "values": []any{"eve@example.com"}},
	}}}}
	selecting := map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"app": "desk"}}, "rules": header["rules"]}
	targeting := map[string]any{"targetRefs": []any{map[string]any{"group": "", "kind": "Service", "name": "desk"}}, "rules": header["rules"]}
	for _, test := range []struct {
		name, namespace, version, policy string
		annotations                      map[string]string
		spec                             map[string]any
		want                             string
	}{
		{"a contributor", "bob", "v1beta1", "user-eve-example-com-clusterrole-edit", contributor, header, "Gateway/waypoint"},
		{"a contributor in v1", "bob", "v1", "user-eve-example-com-clusterrole-edit", contributor, header, "Gateway/waypoint"},
		{"where the waypoint has another name", "dana", "v1beta1", "user-eve-example-com-clusterrole-edit", contributor, header, "Gateway/front"},
		{"the owner's of the profile-controller", "bob", "v1beta1", "ns-owner-access-istio", contributor, header, ""},
		{"nobody's", "bob", "v1beta1", "theirs", nil, header, ""},
		{"one that has a selector", "bob", "v1beta1", "user-eve-example-com-clusterrole-edit", contributor, selecting, ""},
		{"one that has a target", "bob", "v1", "user-eve-example-com-clusterrole-edit", contributor, targeting, "Service/desk"},
		{"before enrollment", "carol", "v1beta1", "user-eve-example-com-clusterrole-edit", contributor, header, ""},
		{"in another namespace", "monitoring", "v1beta1", "user-eve-example-com-clusterrole-edit", contributor, header, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy := object("security.istio.io/"+test.version, "AuthorizationPolicy", test.namespace, test.policy, test.spec)
			policy.SetAnnotations(test.annotations)
			got := ""
			deadline := time.Now().Add(patience)
			for ok := true; ok; ok = got != test.want && test.want != "" && time.Now().Before(deadline) { // in force a moment after it is there
				got = targetOf(createAs(t, "profile-controller", policy))
			}
			if got != test.want {
				t.Errorf("attached to %q, want %q", got, test.want)
			}
		})
	}
}

func targetOf(policy *kube.Object) string {
	for _, ref := range targetRefs(policy) {
		return ref["kind"].(string) + "/" + ref["name"].(string)
	}
	return ""
}

// A Namespace that the profile-controller makes has our labels from the start. Nobody else's has, and none that is there.
func TestAdmissionLabelsNewTenants(t *testing.T) {
	needsControlPlane(t)
	guardrails(t, admissionCases(t))
	asMade := map[string]string{"istio-injection": "enabled", "app.kubernetes.io/part-of": "kubeflow-profile"}
	joined := map[string]string{
		"istio-injection": "disabled", "app.kubernetes.io/part-of": "kubeflow-profile",
		"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true",
	}
	owner := map[string]string{"owner": "eve@example.com"}
	for _, test := range []struct {
		name, account string
		annotations   map[string]string
		want          map[string]string
	}{
		{"of a Profile", "profile-controller", owner, joined},
		{"without an owner", "profile-controller", nil, asMade},
		{"by another account", "metacontroller", owner, asMade},
	} {
		t.Run(test.name, func(t *testing.T) {
			namespace := object("v1", "Namespace", "", "eve", nil)
			namespace.SetLabels(asMade)
			namespace.SetAnnotations(test.annotations)
			var got map[string]string
			deadline := time.Now().Add(patience)
			for ok := true; ok; ok = !maps.Equal(got, test.want) && time.Now().Before(deadline) {
				got = createAs(t, test.account, namespace).GetLabels()
				delete(got, "kubernetes.io/metadata.name")
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("labels are %v, want %v", got, test.want)
			}
		})
	}
	t.Run("one that is there", func(t *testing.T) {
		carol := mustGet(t, object("v1", "Namespace", "", "carol", nil))
		before := carol.GetLabels()
		carol.SetAnnotations(map[string]string{"owner": "carol@example.com", "changed": "now"})
		r, err := clientAs(t, "profile-controller").Resource(carol)
		if err != nil {
			t.Fatal(err)
		}
		after, err := r.Update(t.Context(), carol, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil || !maps.Equal(after.GetLabels(), before) {
			t.Errorf("labels are %v, were %v: %v", after.GetLabels(), before, err)
		}
	})
}

// createAs shows what admission makes of an object, and leaves no trace.
func createAs(t *testing.T, account string, o *kube.Object) *kube.Object {
	t.Helper()
	defer cluster.TakeWarnings()
	r, err := clientAs(t, account).Resource(o)
	if err != nil {
		t.Fatal(err)
	}
	made, err := r.Create(t.Context(), o.DeepCopy(), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		t.Fatalf("%s: %v", kube.Name(o), err)
	}
	return made
}
