package generate

import "slices"

const servicesPolicy = "ambient-profile-services-lead-to-their-own-pods"

// servicesLeadToOwnPods: an ExternalName Service is another name for a Service of anybody, and
// gateways follow it without a ReferenceGrant. Nobody writes one but Knative's controller and
// KServe's, which do it for every model that Knative runs, and platform admins.
// A waypoint that is to deliver to a headless Service dials itself, and if that is a port of its own
// the caller gets Envoy's admin interface. Only a platform admin writes a headless Service
// with one of Istio's ports.
func servicesLeadToOwnPods(a Admission) Object {
	return guard{
		name: servicesPolicy,
		of:   []Fields{writes("", "services")},
		variables: []variable{
			{"headless", "'None' in [object.spec.?clusterIP.orValue('')] + object.spec.?clusterIPs.orValue([])"},
			// Istio: the ports of its proxies.
			{"ports", "object.spec.?ports.orValue([]).exists(p, p.port >= 15000 && p.port <= 15090 || " +
				"type(p.?targetPort.orValue(0)) == int && p.?targetPort.orValue(0) >= 15000 && p.?targetPort.orValue(0) <= 15090)"},
		},
		rules: []validation{{
			holds: "object.spec.?type.orValue('') != 'ExternalName' || variables.unchanged || " +
				by(slices.Concat(a.KnativeControllers, a.KServeControllers)...) + " || variables.admin",
			message: "a Service of this namespace may not be of type ExternalName, which would lead to Services of others: write a Service with a selector of its own pods",
		}, {
			holds:   "!(variables.headless && variables.ports) || variables.unchanged || variables.admin",
			message: "a headless Service of this namespace may not have a port or targetPort from 15000 to 15090, which are Istio's own: write another port, or remove clusterIP: None",
		}},
	}.policy(a)
}
