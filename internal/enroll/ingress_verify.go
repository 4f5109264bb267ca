package enroll

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// sessionRules are the rules of the session issuers for waypoints: as the ingress Gateway has
// them, so that who gets in there also gets in here.
func sessionRules(plan generate.Plan, input *survey.Index, notes *survey.Notes, rules []jwtRule) []*security.JWTRule {
	tokens := plan.Mesh.Tokens
	var out []*security.JWTRule
	for i, issuer := range tokens.SessionIssuers {
		before := len(out)
		for _, rule := range rules {
			if rule.Issuer != issuer {
				continue
			}
			if !rule.ForwardOriginalToken {
				notes.Errs = append(notes.Errs, fmt.Errorf("%s: jwtRules[%d] does not forward its token, so that with spec.waypoint.verifyTokens the waypoints would refuse everybody who logs in; "+
					"set forwardOriginalToken: true", rule.item, rule.index))
			}
			out = addRule(out, completeRule(plan, rule.JWTRule))
		}
		if len(out) > before {
			continue
		}
		found, remedy := "the ingress Gateway's rule for "+issuer+" is not in the input", "put the RequestAuthentication into the input"
		if logins := loginsElsewhere(plan, input, issuer); len(logins) > 0 {
			found, remedy = notInForce(plan, logins, issuer), toIngress(plan, input, logins)
		}
		notes.Find(diagnostic.Uncoded, fmt.Sprintf("spec.identity.sessionIssuers[%d]", i), found,
			"the waypoints expect a token of it in the header Authorization, take the user from its claim email, and istiod must discover its keys", remedy)
		out = append(out, tokens.SessionRule(issuer, ""))
	}
	return out
}

// complete is a rule that writes both headers: with one that it does not write, the client's own
// would pass.
func completeRule(plan generate.Plan, rule *security.JWTRule) *security.JWTRule {
	rule = proto.Clone(rule).(*security.JWTRule)
	for _, c := range plan.Mesh.Tokens.SessionRule("", "").OutputClaimToHeaders {
		if len(claimsTo(rule, c.Header)) == 0 {
			rule.OutputClaimToHeaders = append(rule.OutputClaimToHeaders, c)
		}
	}
	return rule
}

// addRule adds a rule unless it says what another one does; where the keys are is known if one of
// the two says it.
func addRule(rules []*security.JWTRule, rule *security.JWTRule) []*security.JWTRule {
	for _, known := range rules {
		one, other := proto.Clone(known).(*security.JWTRule), proto.Clone(rule).(*security.JWTRule)
		if !hasKeys(one) || !hasKeys(other) {
			one.JwksUri, one.Jwks, other.JwksUri, other.Jwks = "", "", "", ""
		}
		if !proto.Equal(one, other) {
			continue
		}
		if !hasKeys(known) {
			known.JwksUri, known.Jwks = rule.JwksUri, rule.Jwks
		}
		return rules
	}
	return append(rules, rule)
}

// findVerified looks for the Services whose tokens are to be verified, where not all are meant.
func findVerified(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	names := plan.Mesh.Waypoint.VerifyTokensFor
	if names == nil {
		return
	}
	for i := range plan.Namespaces {
		ns := &plan.Namespaces[i]
		for _, name := range names {
			if service := input.ByID[manifest.ID{Kind: "Service", Namespace: ns.Name, Name: name}]; service != nil && !service.Removed {
				ns.Verified = append(ns.Verified, name)
			}
		}
		if len(ns.Verified) == 0 {
			notes.Find(diagnostic.Uncoded, "spec.waypoint.verifyTokensFor", fmt.Sprintf("none of the Services %s of the namespace %s is in the input", strings.Join(names, ", "), ns.Name),
				"its waypoint verifies no token, and the policy verified-tokens-only turns away whatever comes from the ingress Gateway", "put the Services into the input, or leave verifyTokensFor out for all of them")
		}
	}
}
