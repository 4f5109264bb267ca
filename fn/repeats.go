package fn

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// impliedCodes lists the codes by which the referee says of the result what a conversion said of the
// input. The conversion knows more: what the policy selects, and what the input lacks.
var impliedCodes = map[diagnostic.Code][]diagnostic.Code{
	diagnostic.SelectorNotKnown:      {diagnostic.RulesLost},
	diagnostic.NoServiceSelected:     {diagnostic.RulesLost},
	diagnostic.ServicesPastWaypoint:  {diagnostic.RulesLost},
	diagnostic.TooManyServices:       {diagnostic.RulesLost},
	diagnostic.PodsNotKnown:          {diagnostic.RulesLost},
	diagnostic.PortsNotKnown:         {diagnostic.RulesLost},
	diagnostic.PortsOfNoService:      {diagnostic.RulesLost},
	diagnostic.PortsDiffer:           {diagnostic.RulesLost},
	diagnostic.ModelServicesNotKnown: {diagnostic.RulesLost},
	diagnostic.OnlyAtWaypoint:        {diagnostic.RulesLost},
	diagnostic.TokensNotVerified:     {diagnostic.AuthenticationUnread},
	diagnostic.VoidingRuleLost:       {diagnostic.AuthenticationUnread},
	diagnostic.VoidingRuleLeftOut:    {diagnostic.AuthenticationUnread},
}

// withoutRepeats leaves out what the referee says of an object after a conversion has said it.
func withoutRepeats(fromReferee, fromItems []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	type said struct {
		object diagnostic.Object
		code   diagnostic.Code
	}
	known := map[said]bool{}
	for _, d := range fromItems {
		for _, code := range impliedCodes[d.Code] {
			d.Object.APIVersion = ""
			known[said{d.Object, code}] = true
		}
	}
	return slices.DeleteFunc(fromReferee, func(d diagnostic.Diagnostic) bool {
		d.Object.APIVersion = ""
		return known[said{d.Object, d.Code}]
	})
}
