package generate

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

const istioPolicy = "ambient-profile-no-traffic-rules-of-istio"

// noTrafficRulesOfIstio: Istio applies these kinds outside of the namespace that they are in, to the
// shared gateway and to other namespaces' traffic, or lets them take the rules out of the namespace's
// own waypoint (ISTIO-SECURITY-2026-002: Istio does not claim hard tenancy by namespace). Users may
// write none of them. Kubeflow's controllers, KServe's and Knative's write VirtualServices, and
// Knative's Gateways; they lead to Services of the namespace, or to a gateway of the platform, and
// no further. Platform admins may write all.
func noTrafficRulesOfIstio(a Admission) Object {
	knative, kserve := a.KnativeControllers, a.KServeControllers
	virtualServices := slices.Concat(a.AppControllers, kserve, knative)
	return guard{
		name: istioPolicy,
		of: []Fields{
			writes(survey.IstioNetworking, "gateways", "virtualservices", "serviceentries", "workloadentries", "sidecars", "envoyfilters"),
			writes("extensions.istio.io", "*"), // WasmPlugin, TrafficExtension
		},
		variables: []variable{
			{"writers", "request.kind.kind == 'VirtualService' ? " + quoted(virtualServices) + " : request.kind.kind == 'Gateway' ? " + quoted(knative) + " : []"},
			{"routes", "object.spec.?http.orValue([]) + object.spec.?tls.orValue([]) + object.spec.?tcp.orValue([])"},
			// Knative and KServe go through a gateway of the platform, which comes back to the namespace.
			{"hosts", "'^[-a-z0-9]+([.](' + (" + by(slices.Concat(knative, kserve)...) + " ? '" + strings.Join(a.GatewayNamespaces, "|") + "|' : '') + request.namespace + ')[.]svc([.].+)?)?$'"},
		},
		rules: []validation{{
			holds: "variables.unchanged || request.userInfo.username in variables.writers || variables.admin",
			message: "this namespace may not have Istio's kinds Gateway, VirtualService, ServiceEntry, WorkloadEntry, Sidecar, EnvoyFilter, WasmPlugin and TrafficExtension, " +
				"which reach beyond it: write an HTTPRoute with a path of this namespace",
		}, {
			holds: "request.kind.kind != 'VirtualService' || variables.unchanged || variables.routes.all(r, !has(r.delegate) && " +
				"r.?route.orValue([]).all(d, d.destination.host.matches(variables.hosts)) && " +
				"(!has(r.mirror) || r.mirror.host.matches(variables.hosts)) && " +
				"r.?mirrors.orValue([]).all(m, m.destination.host.matches(variables.hosts))) || variables.admin",
			messageExpression: "'a VirtualService of this namespace may lead to its own Services only: write hosts as <name>.' + request.namespace + '.svc.<cluster domain>, and no delegate'",
		}},
	}.policy(a)
}
