package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// verifies reports whether kubeflow's waypoint verifies the tokens of people who come through the
// ingress Gateway.
func (p Platform) verifies() bool { return p.Waypoint.VerifyTokens }

// readers are the components that the ingress Gateway reaches and whose pods take the user from
// the header. The pipelines API is none: its UI calls it with the header and without a token, and
// Envoy strips a header from such a request (jwt_authn).
var readers = []string{survey.Dashboard, survey.JupyterWebApp, survey.VolumesWebApp, survey.TensorboardsWebApp, survey.KatibUI, survey.ModelsWebApp, survey.PipelinesUI}

// Verified are the Services whose tokens the waypoint verifies, which it does for the ingress
// Gateway too.
func Verified(k survey.Kubeflow) []string {
	var services []string
	for _, name := range readers {
		services = append(services, k.Component(name).Service)
	}
	return services
}

// verifyTokens has the waypoint verify tokens for those Services, and turn away what the ingress
// Gateway sends without one.
func verifyTokens(p Platform) []generate.Object {
	if !p.verifies() {
		return nil
	}
	targets := generate.OnServices(Verified(p.Kubeflow)...)
	return []generate.Object{
		generate.VerifyTokens(p.Tokens, profile.KubeflowNamespace, targets),
		generate.VerifiedTokensOnly(p.Mesh, profile.KubeflowNamespace, targets),
	}
}

// allowIngress is enforced by the waypoint, which denies by default: the ingress Gateway, whose
// requests hold a verified token there.
func (p Platform) allowIngress(name string, c survey.Component) generate.Object {
	return policy(profile.KubeflowNamespace, name+"-l7-ingress", &security.AuthorizationPolicy{
		TargetRefs: generate.OnServices(c.Service),
		Rules:      []*security.Rule{from(p.Ingress)},
	})
}

// PastWaypoint are the policies in front of the readers' pods as they are without verified tokens:
// the ingress Gateway comes past the waypoint. For each there is what takes its place.
func PastWaypoint(plan generate.Plan, kubeflow survey.Kubeflow) (direct, verified []generate.Object) {
	p := Platform{plan.Mesh, *plan.Platform, kubeflow}
	for _, name := range readers {
		c := kubeflow.Component(name)
		direct = append(direct, allow(c, name, from(p.Ingress)))
		verified = append(verified, allow(c, name, from(p.principal(profile.KubeflowWaypoint))))
	}
	return direct, verified
}
