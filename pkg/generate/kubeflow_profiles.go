package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// profiles: the dashboard only, for the list of namespaces and contributors. KFAM believes the
// header that it sends along. No route is generated: Kubeflow's own leads to a policy that does not
// allow an ingress.
func profiles(p Platform) []Object {
	return []Object{p.Components[survey.ProfileController].allow("profiles-kfam", from(p.Components[survey.Dashboard].Principal))}
}
