package dataplane

import (
	"slices"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Without one of the filters that decide, or without the policies at L4, the comparison must fail, or it proves nothing.
func TestSabotageIsNoticed(t *testing.T) {
	needsPlane(t)
	objects := base(t)
	asker := become(t, objects)
	binary := tools.Envoys[0]
	defer func() {
		restart(t, binary)
		awaitLogin(t)
	}()
	cases := question.Generate(0, 1000)
	for _, s := range []struct {
		name       string
		extensions []string
	}{
		{"http rbac", []string{"envoy.extensions.filters.http.rbac.v3.RBAC"}},
		{"jwt_authn", []string{"envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"}},
		{"ext_authz", []string{"envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"}},
		{"set_filter_state", []string{"envoy.extensions.filters.http.set_filter_state.v3.Config", "envoy.extensions.filters.network.set_filter_state.v3.Config"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			restart(t, binary, s.extensions...)
			mustDiffer(t, s.name, compare(t, asker, objects, cases))
		})
	}
	t.Run("L4", func(t *testing.T) {
		restart(t, binary) // with all of its filters
		asker := become(t, slices.DeleteFunc(slices.Clone(objects), atL4))
		mustDiffer(t, "the policies at L4", compare(t, asker, objects, cases))
		become(t, objects)
	})
}

func mustDiffer(t *testing.T, without string, table question.Table) {
	t.Helper()
	wrong := explained(plane.Envoy().Version, "base", table.Differences(), map[string]int{})
	if len(wrong) < len(table.Rows)/50 {
		t.Errorf("without %s only %d of %d questions differ", without, len(wrong), len(table.Rows))
	}
	note("sabotage: without %s %d of %d questions differ", without, len(wrong), len(table.Rows))
}

// atL4: a policy that names no target is not a waypoint's.
func atL4(o *kube.Object) bool {
	spec, _ := o.Object["spec"].(map[string]any)
	return o.GetKind() == "AuthorizationPolicy" && spec["targetRefs"] == nil && spec["targetRef"] == nil
}
