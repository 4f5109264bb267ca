package platform

import (
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const identityPolicy = "ambient-profile-routes-do-not-name-the-user"

// nobodyRewritesUsers: the gateway judges a request before its route changes it, and waypoints trust
// the gateway's principal with whatever user the header then names. So a route that touches the
// user, the groups, the token or the session makes its caller anybody. No controller may write one,
// since what a user writes into an LLMInferenceService or a Notebook ends up in its routes, and
// neither may platform admins, whose deployment tools apply what users commit.
func nobodyRewritesUsers(plan generate.Plan) generate.Object {
	names := identityHeaders(plan)
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	// Backends see no difference between - and _ (CGI, WSGI). The size comes first, since a name may
	// be long and a route may have 13,000 of them, which must not exceed CEL's cost limit.
	identity := func(name string) string {
		return "size(" + name + ") <= " + strconv.Itoa(longest) + " && " + name + ".lowerAscii().replace('_', '-') in variables.identity"
	}
	// A list of {name, value}, as Gateway API has it.
	modifies := func(modifier string) string {
		return "(" + modifier + ".?set.orValue([]).exists(h, " + identity("h.name") + ") || " +
			modifier + ".?add.orValue([]).exists(h, " + identity("h.name") + ") || " +
			modifier + ".?remove.orValue([]).exists(h, " + identity("h") + "))"
	}
	filter := func(f string) string {
		return "!(has(" + f + ".requestHeaderModifier) && " + modifies(f+".requestHeaderModifier") + ") && " +
			"!(has(" + f + ".responseHeaderModifier) && " + modifies(f+".responseHeaderModifier") + ")"
	}
	// A map from name to value, as Istio has it.
	operates := func(headers string) string {
		var out []string
		for _, direction := range []string{"request", "response"} {
			for _, list := range []string{"set", "add"} {
				out = append(out, headers+".?"+direction+".?"+list+".orValue({}).exists(h, "+identity("h")+")")
			}
			out = append(out, headers+".?"+direction+".?remove.orValue([]).exists(h, "+identity("h")+")")
		}
		return "!(" + strings.Join(out, " || ") + ")"
	}
	message := "nobody may set, add or remove the headers " + strings.Join(names, ", ") +
		" in a route of this namespace, in any case and with _ for -: remove them from its filters; the gateway has set them already"
	return guard{
		name: identityPolicy,
		of: []generate.Fields{
			writes(gatewayGroup, "httproutes", "grpcroutes"),
			writes("networking.istio.io", "virtualservices"),
		},
		variables: []variable{{"identity", quoted(names)}},
		rules: []rule{{
			holds:   "request.kind.kind == 'VirtualService' || object.spec.?rules.orValue([]).all(r, " + allFilters("r", filter) + ") || variables.unchanged",
			message: message,
		}, {
			holds: "request.kind.kind != 'VirtualService' || object.spec.?http.orValue([]).all(r, " +
				operates("r.?headers") + " && r.?route.orValue([]).all(d, " + operates("d.?headers") + ")) || variables.unchanged",
			message: message,
		}},
	}.policy(plan)
}

// identityHeaders say who the user is, or prove it; in lower case, with - for _.
func identityHeaders(plan generate.Plan) []string {
	var out []string
	for _, name := range []string{plan.Mesh.UserIDHeader, plan.Cluster.GroupsHeader, "authorization", "cookie"} {
		out = append(out, strings.ReplaceAll(strings.ToLower(name), "_", "-"))
	}
	return out
}
