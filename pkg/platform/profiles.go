package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// profiles: the dashboard only, for the list of namespaces and contributors. KFAM believes the
// header that it sends along. There is no route: Kubeflow's own leads to a policy that lets no
// ingress in.
func profiles(p Platform) []generate.Object {
	return []generate.Object{
		allow(p.Kubeflow.Component(survey.ProfileController), "profiles-kfam", from(p.principal(p.Kubeflow.Component(survey.Dashboard).Account))),
	}
}
