package generate

import security "istio.io/api/security/v1"

// OwnerPolicyName is the policy that allows the owner at the waypoint.
const OwnerPolicyName = "ns-owner-access-istio-l7-allow"

// allowOwnerL7 is enforced by the waypoint in front of every Service of the namespace.
//
// The owner, when the ingress Gateway or the pipelines UI vouches for the header, or the members of
// the group that is the owner, by the tokens that the waypoint verified; whatever runs in
// the namespace itself; everybody in the mesh but the gateways for reading the open paths (a
// gateway passes on any logged-in user); the notebook controller for the state of kernels,
// from which it tells idle notebooks; and Katib's controller, which asks the suggestions and the
// early stopping of an experiment, in the experiment's namespace.
func allowOwnerL7(ns Namespace) Object {
	var rules []rule
	if ns.OwnerHeader != "" {
		rules = append(rules, from(ns.Ingress, ns.PipelinesUI).when(header(ns.UserIDHeader, ns.OwnerHeader)))
	}
	if ns.OwnerGroup != "" {
		rules = append(rules, ns.members(ns.OwnerGroup))
	}
	rules = append(rules, everything().when(inNamespace(ns.Name)))
	if len(ns.Access.OpenPaths) > 0 {
		rules = append(rules, fromSource(&security.Source{
			Principals:    []string{"*"},
			NotPrincipals: []string{ns.Ingress},
			NotNamespaces: []string{ns.GatewayNamespace},
		}).to(&security.Operation{Methods: []string{"GET", "HEAD"}, Paths: ns.Access.OpenPaths}))
	}
	rules = append(rules, from(ns.NotebookController).to(&security.Operation{
		Methods: []string{"GET"},
		// A plain */api/kernels would match every Service.
		Paths: []string{"/notebook/" + ns.Name + "/{*}/api/kernels"},
	}))
	if ns.KatibController != "" {
		rules = append(rules, from(ns.KatibController).onPorts(suggestionPort, earlyStoppingPort))
	}
	return policy(ns.Name, OwnerPolicyName, allow(onGateway(ns.Waypoint.Name), rules...))
}

// inNamespace holds for whatever runs in a namespace.
func inNamespace(name string) *security.Condition {
	return &security.Condition{Key: "source.namespace", Values: []string{name}}
}

// allowTokensL7: the listed service accounts, when the ingress Gateway verified their token; it
// puts the token's subject into the header.
func allowTokensL7(ns Namespace) Object {
	return policy(ns.Name, "ns-l7-allow-k8s-token", allow(onGateway(ns.Waypoint.Name),
		from(ns.Ingress).when(header(ns.UserIDHeader, ns.TokenHeaders...)),
	))
}

// allowPipelinesL7: the pipelines API, which has the visualization server draw; nobody else
// beyond what the namespace lets in anyway.
func allowPipelinesL7(ns Namespace) Object {
	return policy(ns.Name, "ml-pipeline-visualizationserver-l7-ml-pipeline", allow(
		onServices("ml-pipeline-visualizationserver"), from(ns.PipelinesAPI),
	))
}
