package access

import "slices"

// ledgerParts are all kinds that the ledger knows.
func ledgerParts() []ledgerPart {
	return slices.Concat(securityParts, networkingParts, extensionParts, gatewayParts)
}

const (
	byAttach = "read_attachment.go"
	byPolicy = "read_policy.go"
	byRule   = "read_jwtrule.go"
)

// attachLines are selector, targetRef and targetRefs.
func attachLines() []ledgerLine {
	lines := []ledgerLine{
		judgedBy("spec.selector", byAttach, "TestZtunnelDryRunAndRoot"),
		judgedBy("spec.selector.matchLabels", byAttach, "TestZtunnelDryRunAndRoot"),
	}
	for _, at := range [2]string{"spec.targetRef", "spec.targetRefs"} {
		for _, f := range [5]string{"", ".group", ".kind", ".name", ".namespace"} {
			lines = append(lines, judgedBy(at+f, byAttach, "TestWhichPoliciesAWaypointTakes"))
		}
	}
	return lines
}

// securityParts are security.istio.io.
var securityParts = []ledgerPart{
	{"security.istio.io", "AuthorizationPolicy", ofPolicies, slices.Concat(attachLines(), policyLines())},
	{"security.istio.io", "RequestAuthentication", ofPolicies, slices.Concat(attachLines(), authenticationLines)},
	{"security.istio.io", "PeerAuthentication", ofPolicies, []ledgerLine{
		judgedBy("spec", "at_pods.go", "TestPeerAuthentication"),
		judgedBy("spec.selector", "at_pods.go", "TestPeerAuthentication"),
		judgedBy("spec.selector.matchLabels", "at_pods.go", "TestPeerAuthentication"),
		judgedBy("spec.mtls", "at_pods.go", "TestPeerAuthentication"),
		judgedBy("spec.mtls.mode", "at_pods.go", "TestPeerAuthentication"),
		judgedBy("spec.portLevelMtls", "at_pods.go", "TestPeerAuthentication"),
	}},
}

func policyLines() []ledgerLine {
	lines := []ledgerLine{
		judgedBy("spec", byPolicy, "TestZtunnel"),
		judgedBy("spec.action", byPolicy, "TestZtunnel"),
		judgedBy("spec.provider", "at_custom.go", "TestCustomProviders"),
		judgedBy("spec.provider.name", "at_custom.go", "TestCustomProviders"),
		judgedBy("spec.rules", byPolicy, "TestZtunnel"),
		judgedBy("spec.rules.from", byPolicy, "TestZtunnel"),
		judgedBy("spec.rules.from.source", byPolicy, "TestZtunnel"),
		judgedBy("spec.rules.to", byPolicy, "TestZtunnel"),
		judgedBy("spec.rules.to.operation", byPolicy, "TestZtunnel"),
		judgedBy("spec.rules.when", "read_when.go", "TestWaypointRules"),
		judgedBy("spec.rules.when.key", "read_when.go", "TestWaypointRules"),
		judgedBy("spec.rules.when.values", "read_when.go", "TestWaypointRules"),
		judgedBy("spec.rules.when.notValues", "read_when.go", "TestWaypointRules"),
	}
	for _, f := range []string{"principals", "notPrincipals", "requestPrincipals", "notRequestPrincipals", "namespaces", "notNamespaces",
		"serviceAccounts", "notServiceAccounts", "trustDomains", "notTrustDomains", "remoteIpBlocks", "notRemoteIpBlocks"} {
		lines = append(lines, judgedBy("spec.rules.from.source."+f, "match_envoy.go", "TestWaypointRules"))
	}
	for _, f := range [2]string{"ipBlocks", "notIpBlocks"} {
		lines = append(lines, notJudgedBy("spec.rules.from.source."+f, "match_envoy.go", "TestZtunnel", "addresses are not in the manifests, so what the rule decides is NOT JUDGED"))
	}
	for _, f := range []string{"hosts", "notHosts", "ports", "notPorts", "methods", "notMethods", "paths", "notPaths"} {
		lines = append(lines, judgedBy("spec.rules.to.operation."+f, "match_envoy.go", "TestWaypointRules"))
	}
	return lines
}

var authenticationLines = []ledgerLine{
	judgedBy("spec", "read_authentication.go", "TestTokens"),
	judgedBy("spec.jwtRules", byRule, "TestTokens"),
	judgedBy("spec.jwtRules.issuer", byRule, "TestRulesAreTriedByIssuer"),
	judgedBy("spec.jwtRules.audiences", "match_token.go", "TestAudiences"),
	harmless("spec.jwtRules.jwksUri", "a case states of whom a token is; its keys are taken to fit"),
	harmless("spec.jwtRules.jwks", "a case states of whom a token is; its keys are taken to fit"),
	judgedBy("spec.jwtRules.fromHeaders", byRule, "TestATokenIsFoundWhereARuleLooks"),
	judgedBy("spec.jwtRules.fromHeaders.name", byRule, "TestATokenIsFoundWhereARuleLooks"),
	judgedBy("spec.jwtRules.fromHeaders.prefix", byRule, "TestATokenIsFoundWhereARuleLooks"),
	judgedBy("spec.jwtRules.fromParams", byRule, "TestATokenIsFoundWhereARuleLooks"),
	judgedBy("spec.jwtRules.fromCookies", byRule, "TestATokenIsFoundWhereARuleLooks"),
	judgedBy("spec.jwtRules.outputPayloadToHeader", "at_token.go", "TestTokens"),
	judgedBy("spec.jwtRules.forwardOriginalToken", "at_token.go", "TestATokenThatTheIngressKeepsIsNotVerifiedAgain"),
	judgedBy("spec.jwtRules.outputClaimToHeaders", "at_token.go", "TestHeadersAreStrippedRuleByRule"),
	judgedBy("spec.jwtRules.outputClaimToHeaders.header", "at_token.go", "TestHeadersAreStrippedRuleByRule"),
	judgedBy("spec.jwtRules.outputClaimToHeaders.claim", "at_token.go", "TestHeadersAreStrippedRuleByRule"),
	harmless("spec.jwtRules.timeout", "how long a proxy waits for keys: they are taken to be there"),
	judgedBy("spec.jwtRules.spaceDelimitedClaims", "at_token.go", "TestClaimsThatAreWords"),
	judgedBy("spec.jwtRules.presence", "at_token.go", "TestARequiredToken").since("Istio 1.32"),
	harmless("spec.jwtRules.jwks_uri", "a case states of whom a token is; its keys are taken to fit").since("older name of jwksUri"),
}
