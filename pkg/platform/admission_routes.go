package platform

import (
	"fmt"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const routesPolicy = "ambient-profile-routes-stay-under-their-prefix"

// routesStayUnderPrefix: the shared listener takes routes of every namespace, so a user's could
// take over the dashboard's path, and everybody's session with it. A route of a user's namespace
// must be an HTTPRoute with nothing but paths of that namespace; KServe's controller may write
// others, by host.
func routesStayUnderPrefix(plan generate.Plan) generate.Object {
	var prefixes []string
	for _, app := range []string{"/notebook/", "/tensorboard/", "/pvcviewers/"} { // Kubeflow: the controllers' VirtualServices
		prefixes = append(prefixes, "'"+app+"' + request.namespace")
	}
	trusted := platformAdmin
	if kserve := plan.Cluster.KServe; kserve.Enabled {
		trusted += " || " + by("system:serviceaccount:"+kserve.Namespace+":kserve-controller-manager")
	}
	return generate.Object{
		APIVersion: admissionAPI, Kind: "ValidatingAdmissionPolicy", Name: routesPolicy,
		Fields: generate.Fields{"spec": generate.Fields{
			"failurePolicy": "Fail",
			"matchConstraints": generate.Fields{
				"namespaceSelector": outside(plan),
				"resourceRules":     []generate.Fields{writes(gatewayGroup, "*", "httproutes", "grpcroutes", "tcproutes", "tlsroutes", "udproutes")},
			},
			"variables": []generate.Fields{
				{"name": "shared", "expression": onSharedGateway(plan.Mesh)},
				{"name": "prefixes", "expression": "[" + strings.Join(prefixes, ", ") + "]"},
				{"name": "own", "expression": "request.kind.kind == 'HTTPRoute' && has(object.spec.rules) && object.spec.rules.all(r, has(r.matches) && size(r.matches) > 0 && " +
					"r.matches.all(m, has(m.path) && has(m.path.value) && (!has(m.path.type) || m.path.type in ['PathPrefix', 'Exact']) && " +
					"variables.prefixes.exists(p, m.path.value == p || m.path.value.startsWith(p + '/'))))"},
			},
			"validations": []generate.Fields{{
				"expression": "!variables.shared || variables.own || " + trusted,
				"messageExpression": fmt.Sprintf("'a route of this namespace on the Gateway %s/%s must be an HTTPRoute whose every match is a path below one of ' + variables.prefixes.join(', ')",
					plan.Mesh.GatewayNamespace, plan.Mesh.GatewayName),
				"reason": "Forbidden",
			}},
		}},
	}
}

// onSharedGateway is CEL for a route that is attached to the ingress Gateway.
func onSharedGateway(mesh *generate.Mesh) string {
	return fmt.Sprintf("has(object.spec.parentRefs) && object.spec.parentRefs.exists(p, p.name == '%s' && (has(p.namespace) ? p.namespace : request.namespace) == '%s' && "+
		"(!has(p.kind) || p.kind == 'Gateway'))", mesh.GatewayName, mesh.GatewayNamespace)
}
