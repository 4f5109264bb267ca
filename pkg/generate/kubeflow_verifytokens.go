package generate

import "github.com/kubeflow-ambient/ambient-profile/pkg/profile"

// verifyReaders has the waypoint verify the tokens that come to the Services of readers, and turn away
// what the ingress Gateway sends without one.
func verifyReaders(p Platform) []Object {
	if !p.Waypoint.VerifyTokens {
		return nil
	}
	readers := onServices(p.ReaderServices()...)
	return []Object{
		verifyTokensAt(p.Tokens, profile.KubeflowNamespace, readers),
		verifiedTokensOnly(p.Mesh, profile.KubeflowNamespace, readers),
	}
}

// allowIngress is enforced by the waypoint, which denies by default: the ingress Gateway, whose
// requests hold a verified token there.
func allowIngress(p Platform, c Component) Object {
	return policy(c.Namespace, c.Name+"-l7-ingress", allow(onServices(c.Service), from(p.Ingress)))
}

// PastWaypoint are the policies in front of the readers' pods as they are without verified tokens:
// the ingress Gateway comes past the waypoint. For each there is what takes its place.
func PastWaypoint(p Platform) (direct, verified []Object) {
	for _, c := range p.Readers {
		direct = append(direct, c.allow(c.Name, from(p.Ingress)))
		verified = append(verified, c.allow(c.Name, from(p.WaypointPrincipal)))
	}
	return direct, verified
}
