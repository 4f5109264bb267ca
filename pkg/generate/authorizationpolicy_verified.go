package generate

import (
	security "istio.io/api/security/v1"
	istio "istio.io/api/type/v1beta1"
)

// VerifiedTokensOnly is enforced by a waypoint that verifies tokens, on what the ingress Gateway
// sends it.
//
// Turned away: a request without a verified token, or with one of an issuer that is not ours
// (notRequestPrincipals would be satisfied by any issuer that is verified there); a Kubernetes
// token for another audience; and, as at the Gateway, a session that reads like a service account.
// Whoever comes from elsewhere in the mesh passes on to the other policies.
func VerifiedTokensOnly(m *Mesh, namespace string, targets []*istio.PolicyTargetReference) Object {
	t := m.Tokens
	gateway := from(m.Ingress)
	rules := []*security.Rule{
		{From: gateway, When: []*security.Condition{{Key: issuerClaim, NotValues: t.all()}}},
	}
	if t.Audiences != nil {
		rules = append(rules, &security.Rule{From: gateway, When: []*security.Condition{
			{Key: issuerClaim, Values: t.Issuers},
			{Key: "request.auth.audiences", NotValues: t.Audiences},
		}})
	}
	rules = append(rules, &security.Rule{From: gateway, When: []*security.Condition{
		t.madeUp(),
		{Key: issuerClaim, NotValues: t.Issuers},
	}})
	return policy(namespace, "verified-tokens-only", &security.AuthorizationPolicy{
		TargetRefs: targets,
		Action:     security.AuthorizationPolicy_DENY,
		Rules:      rules,
	})
}

// denyUnverified is in force at the whole waypoint, so that a Service whose tokens are not
// verified is closed to the ingress Gateway.
func denyUnverified(ns Namespace) Object {
	return VerifiedTokensOnly(ns.Mesh, ns.Name, onGateway(ns.Waypoint.Name))
}
