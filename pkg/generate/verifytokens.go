package generate

// VerifyTokensName is the RequestAuthentication by which a waypoint verifies tokens again.
const VerifyTokensName = "verify-tokens"

// verifyTokensAt has a waypoint verify the tokens again that the ingress Gateway accepts, and write
// the user header itself, so that no route, filter or issuer at the Gateway can name another user.
// It grants no access.
//
// The cluster's rules name no audiences: pods show tokens for other audiences to Services of
// Kubeflow, and a token that no rule accepts is refused (401). verifiedTokensOnly asks for them.
func verifyTokensAt(t *Tokens, namespace string, at target) Object {
	rules := t.Sessions[:len(t.Sessions):len(t.Sessions)]
	for _, issuer := range t.Issuers {
		rules = append(rules, t.Rule(issuer, nil))
	}
	return authentication(namespace, VerifyTokensName, at, rules...)
}

// verifyTokens is in force at the whole waypoint, or for the Services that are to be verified.
func verifyTokens(ns Namespace) Object {
	if ns.Waypoint.VerifyTokensFor == nil {
		return verifyTokensAt(ns.Tokens, ns.Name, onGateway(ns.Waypoint.Name))
	}
	return verifyTokensAt(ns.Tokens, ns.Name, onServices(ns.Verified...))
}

// verifies reports whether the namespace's waypoint verifies tokens, of one Service at least.
func (ns Namespace) verifies() bool {
	return ns.Waypoint.VerifyTokens && (ns.Waypoint.VerifyTokensFor == nil || len(ns.Verified) > 0)
}
