package generate

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

const (
	routesPolicy             = "ambient-profile-routes-stay-under-their-prefix"
	experimentalGatewayGroup = "gateway.networking.x-k8s.io"
)

// routesStayUnderPrefix: the shared listener takes routes of every namespace, so a user's could take
// over the dashboard's path, and everybody's session with it, or lead to Services of others. There,
// a user's route must be an HTTPRoute with only paths of the namespace, filters of which it is
// known what they do, and Services of the namespace behind it. KServe's controllers may write hosts
// and other paths, and send traffic to an InferencePool; what a user writes into an
// LLMInferenceService they pass on, so that the rest holds for them too. Platform admins may write
// what they like.
// A Gateway is shared unless it is in the namespace itself. A route of the namespace's own Services
// is for traffic inside of the mesh, which their waypoint has let pass already.
func routesStayUnderPrefix(a Admission) Object {
	return guard{
		name: routesPolicy,
		of:   []Fields{writes(survey.GatewayGroup, routeKinds...), writes(experimentalGatewayGroup, routeKinds...)},
		variables: []variable{
			{"shared", "object.spec.?parentRefs.orValue([]).exists(p, p.?namespace.orValue(request.namespace) != request.namespace || " +
				"!((p.?group.orValue('" + survey.GatewayGroup + "') + '/' + p.?kind.orValue('Gateway')) in ['" + survey.GatewayGroup + "/Gateway', '/Service']))"},
			{"rules", "object.spec.?rules.orValue([])"},
			// Kubeflow: the controllers' VirtualServices.
			{"prefixes", "['/notebook/' + request.namespace, '/tensorboard/' + request.namespace, '/pvcviewers/' + request.namespace]"},
			{"kserve", by(a.KServeControllers...)},
		},
		rules: []validation{{
			holds:   "!variables.shared || request.kind.kind == 'HTTPRoute' || variables.unchanged || variables.admin",
			message: "a route of this namespace on a shared Gateway must be an HTTPRoute: write one with a path of this namespace",
		}, {
			holds: "!variables.shared || (size(variables.rules) > 0 && variables.rules.all(r, size(r.?matches.orValue([])) > 0 && r.matches.all(m, " +
				"m.?path.?type.orValue('PathPrefix') in ['PathPrefix', 'Exact'] && " +
				"variables.prefixes.exists(p, m.?path.?value.orValue('/') == p || m.?path.?value.orValue('/').startsWith(p + '/')))))" +
				" || variables.unchanged || variables.kserve || variables.admin",
			messageExpression: fmt.Sprintf("'a route of this namespace on a shared Gateway (%s/%s) must have matches, each of them a PathPrefix or Exact path below one of ' + variables.prefixes.join(', ')",
				a.GatewayNamespace, a.GatewayName),
		}, {
			holds: "!variables.shared || size(object.spec.?hostnames.orValue([])) == 0 || variables.unchanged || variables.kserve || variables.admin",
			message: "a route of this namespace on a shared Gateway may not have hostnames, which would hide every other path of those hosts: " +
				"remove them; the path alone leads here",
		}, {
			holds: "!variables.shared || variables.rules.all(r, " + allFilters("r", knownFilter) + ") || variables.unchanged || variables.admin",
			message: "a filter of a route of this namespace on a shared Gateway must be of type URLRewrite, RequestRedirect, RequestHeaderModifier, " +
				"ResponseHeaderModifier or RequestMirror",
		}, {
			holds: "!variables.shared || variables.rules.all(r, r.?backendRefs.orValue([]).all(b, " + ownBackend("b") + ") && " +
				allFilters("r", mirrorsToOwnService) + ") || variables.unchanged || variables.admin",
			message: "a route of this namespace on a shared Gateway may lead (backendRefs, RequestMirror) to Services of this namespace only: " +
				"write name and port of one, without group, kind and namespace",
		}},
	}.policy(a)
}

// routeKinds are all of Gateway API's.
var routeKinds = []string{"httproutes", "grpcroutes", "tcproutes", "tlsroutes", "udproutes"}

// allFilters is CEL for a rule all of whose filters, and those of its backends, are as they should.
func allFilters(rule string, holds func(filter string) string) string {
	return fmt.Sprintf("([%s] + %s.?backendRefs.orValue([])).all(x, x.?filters.orValue([]).all(f, %s))", rule, rule, holds("f"))
}

// knownFilter leaves out ExtensionRef, and what Gateway API will have next.
func knownFilter(f string) string {
	return f + ".type in ['URLRewrite', 'RequestRedirect', 'RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror']"
}

func mirrorsToOwnService(f string) string {
	return "(!has(" + f + ".requestMirror) || " + ownService(f+".requestMirror.backendRef") + ")"
}

// ownBackend is CEL for a Service of the namespace, or an InferencePool that KServe's controllers made.
func ownBackend(b string) string {
	return "(" + ownService(b) + " || variables.kserve && " + b + ".?kind.orValue('Service') == 'InferencePool' && " +
		b + ".?group.orValue('') in ['inference.networking.k8s.io', 'inference.networking.x-k8s.io'] && " +
		b + ".?namespace.orValue(request.namespace) == request.namespace)"
}

// ownService is CEL for a Service of the namespace. A Hostname is any Service of the mesh.
func ownService(b string) string {
	return b + ".?group.orValue('') == '' && " + b + ".?kind.orValue('Service') == 'Service' && " + b + ".?namespace.orValue(request.namespace) == request.namespace"
}
