package enroll

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnLogins warns about rules in force at the ingress Gateway by which a token could name another
// user, and about logins that were not found.
func warnLogins(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	switch {
	case len(plan.Mesh.Tokens.SessionIssuers) == 0:
		warnNoSession(plan, input, notes)
	case !plan.SessionsListed:
		warnSessions(plan, notes)
	}
	for _, rule := range plan.Logins {
		warnJWTRule(plan, notes, rule, plan.SessionsListed)
	}
	warnRulesTwice(plan, notes, plan.Logins)
	if plan.Mesh.Waypoint.VerifyTokens {
		warnSessionRules(plan, input, notes)
		warnNothingVerified(plan, notes)
	}
}
