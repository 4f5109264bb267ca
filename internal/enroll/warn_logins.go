package enroll

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// tellLogins warns about rules in force at the ingress Gateway by which a token could name another
// user, and about logins that were not found.
func tellLogins(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	switch {
	case len(plan.Mesh.Tokens.SessionIssuers) == 0:
		tellNoSession(plan, input, notes)
	case !plan.SessionsListed:
		tellSessions(plan, notes)
	}
	for _, rule := range plan.Logins {
		jwtRuleTrouble(plan, notes, rule, plan.SessionsListed)
	}
	rulesTwice(plan, notes, plan.Logins)
	if plan.Mesh.Waypoint.VerifyTokens {
		tellSessionRules(plan, input, notes)
		tellVerified(plan, notes)
	}
}
