package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

const destinationRulesPolicy = "ambient-profile-destinationrules-for-their-own-hosts"

// destinationRulesForOwnHosts: Istio takes a DestinationRule for a host from the client's namespace,
// the Service's and the root namespace, and the shared gateway is everybody's client. Everybody may
// write one for Services of the namespace, as metacontroller does for the visualization server and
// KServe for a model. Only a platform admin may write one for other hosts. A name with a dot
// is taken as it stands (Istio: ResolveShortnameToFQDN).
func destinationRulesForOwnHosts(a Admission) Object {
	return guard{
		name: destinationRulesPolicy,
		of:   []Fields{writes(survey.IstioNetworking, "destinationrules")},
		rules: []validation{{
			holds: "object.spec.host.matches('^([-a-z0-9]+|([*]|[-a-z0-9]+)[.]' + request.namespace + '[.]svc([.].+)?)$') || variables.unchanged || variables.admin",
			messageExpression: "'a DestinationRule of this namespace must be for one of its own Services: write the name of the Service as its host, " +
				"or <name>.' + request.namespace + '.svc.<cluster domain>'",
		}},
	}.policy(a)
}
