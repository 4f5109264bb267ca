package generate

import (
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

const identityPolicy = "ambient-profile-routes-do-not-name-the-user"

// nobodyRewritesUsers: the gateway judges a request before its route changes it, and waypoints trust
// the gateway's principal with whatever user the header then names. So a route that touches the
// user, the groups, the token or the session makes its caller anybody. No controller may write one,
// since what a user writes into an LLMInferenceService or a Notebook ends up in its routes, and
// neither may platform admins, whose deployment tools apply what users commit.
func nobodyRewritesUsers(a Admission) Object {
	names := a.IdentityHeaders
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	// Backends see no difference between - and _ (CGI, WSGI). The size comes first, since a name may
	// be long and a route may have 26,000 of them, which must not exceed CEL's cost limit.
	others := "all(n, !(size(n) <= " + strconv.Itoa(longest) + " && n.lowerAscii().replace('_', '-') in variables.identity))"
	// Gateway API: lists of {name, value}, and of names.
	filter := func(f string) string {
		return "[" + f + ".?requestHeaderModifier, " + f + ".?responseHeaderModifier].all(o, !o.hasValue() || " +
			"((o.?set.orValue([]) + o.?add.orValue([])).map(h, h.name) + o.?remove.orValue([]))." + others + ")"
	}
	// Istio: maps from name to value, and a list of names; for a route and for each destination.
	operations := "([r] + r.?route.orValue([])).all(x, [x.?headers.?request, x.?headers.?response].all(o, !o.hasValue() || " +
		"(o.?set.orValue({}).map(n, n) + o.?add.orValue({}).map(n, n) + o.?remove.orValue([]))." + others + "))"
	message := "nobody may set, add or remove the headers " + strings.Join(names, ", ") +
		" in a route of this namespace, in any case and with _ for -: remove them from its filters; the gateway has set them already"
	return guard{
		name: identityPolicy,
		of: []Fields{
			writes(survey.GatewayGroup, "httproutes", "grpcroutes"),
			writes(survey.IstioNetworking, "virtualservices"),
		},
		variables: []variable{{"identity", quoted(names)}},
		rules: []validation{{
			holds:   "request.kind.kind == 'VirtualService' || object.spec.?rules.orValue([]).all(r, " + allFilters("r", filter) + ") || variables.unchanged",
			message: message,
		}, {
			holds:   "request.kind.kind != 'VirtualService' || object.spec.?http.orValue([]).all(r, " + operations + ") || variables.unchanged",
			message: message,
		}},
	}.policy(a)
}
