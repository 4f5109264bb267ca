package generate

import security "istio.io/api/security/v1"

// verifiedTokensOnly is enforced by a waypoint that verifies tokens, on what the ingress Gateway
// sends it.
//
// It denies requests without a verified token, or with one of an issuer that is not ours
// (notRequestPrincipals would be satisfied by any issuer that is verified there); a Kubernetes
// token for another audience; and, as at the Gateway, a session that looks like a service account.
// It does not apply to other clients in the mesh, which the other policies judge.
func verifiedTokensOnly(m *Mesh, namespace string, at target) Object {
	t := m.Tokens
	rules := []rule{from(m.Ingress).when(issuerOtherThan(t.all()))}
	if t.Audiences != nil {
		rules = append(rules, from(m.Ingress).when(
			&security.Condition{Key: issuerClaim, Values: t.Issuers},
			&security.Condition{Key: "request.auth.audiences", NotValues: t.Audiences},
		))
	}
	rules = append(rules, from(m.Ingress).when(t.madeUp(), issuerOtherThan(t.Issuers)))
	return policy(namespace, "verified-tokens-only", deny(at, m.pastTunnels(rules)...))
}

// denyUnverified is in force at the whole waypoint, so that a Service whose tokens are not
// verified is closed to the ingress Gateway.
func denyUnverified(ns Namespace) Object {
	return verifiedTokensOnly(ns.Mesh, ns.Name, onGateway(ns.Waypoint.Name))
}
