package enroll

import (
	"fmt"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnSessionRules reports session issuers whose tokens the waypoints cannot verify, or only by
// assumptions.
func warnSessionRules(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	for i, issuer := range plan.Mesh.Tokens.SessionIssuers {
		known := false
		for _, rule := range plan.Logins {
			if rule.Issuer != issuer {
				continue
			}
			known = true
			if !rule.ForwardOriginalToken {
				notes.Errs = append(notes.Errs, rule.Item.Report(diagnostic.TokenNotForwarded, fmt.Sprintf("spec.jwtRules[%d]", rule.Index), "does not forward its token",
					"with spec.waypoint.verifyTokens the waypoints would refuse every user who logs in", "set forwardOriginalToken: true"))
			}
		}
		if known {
			continue
		}
		found, remedy, targets := "the ingress Gateway's rule for "+issuer+" is not in the input", "add the RequestAuthentication to the input", ""
		if logins := loginsElsewhere(plan, input, issuer); len(logins) > 0 {
			found = notInForce(plan, logins, issuer)
			remedy, targets = toIngress(plan, input, logins)
		}
		notes.Report(notes.InConfig(diagnostic.SessionRuleUnknown, fmt.Sprintf("spec.identity.sessionIssuers[%d]", i), found,
			"the waypoints expect a token of it in the header Authorization, take the user from its claim email, and istiod must discover its keys", remedy).Writes(targets))
	}
}

// warnNothingVerified reports namespaces that have none of the Services whose tokens are to be verified.
func warnNothingVerified(plan generate.Plan, notes *survey.Notes) {
	names := plan.Mesh.Waypoint.VerifyTokensFor
	for _, ns := range plan.Namespaces {
		if names != nil && len(ns.Verified) == 0 {
			notes.WarnConfig(diagnostic.NothingVerified, "spec.waypoint.verifyTokensFor", fmt.Sprintf("none of the Services %s of the namespace %s is in the input", strings.Join(names, ", "), ns.Name),
				"its waypoint verifies no token", "add the Services to the input, or remove verifyTokensFor to mean all of them")
		}
	}
}
