package dataplane

import (
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
)

// Without one of the filters that decide, the comparison must fail, or it proves nothing.
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
			table := compare(t, asker, objects, cases)
			wrong := explained(binary.Version, "base", table.Differences(), map[string]int{})
			if len(wrong) < len(cases)/50 {
				t.Errorf("without %s only %d of %d questions differ", s.name, len(wrong), len(cases))
			}
			note("sabotage: without %s %d of %d questions differ", s.name, len(wrong), len(cases))
		})
	}
}
