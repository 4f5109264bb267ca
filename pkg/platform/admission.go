package platform

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

const (
	admissionAPI     = "admissionregistration.k8s.io/v1"
	validatingPolicy = "ValidatingAdmissionPolicy"
	mutatingPolicy   = "MutatingAdmissionPolicy"
)

// admission are the guardrails in users' namespaces, where users may write what the policies rest
// on. Each is a policy and its binding, which puts it in force.
func admission(plan generate.Plan, kubeflow survey.Kubeflow) []generate.Object {
	policies := []generate.Object{
		podsStayInMesh(plan),
		podsAndServicesUseOwnWaypoint(plan),
		servicesLeadToOwnPods(plan),
		routesStayUnderPrefix(plan),
		nobodyRewritesUsers(plan),
		notebooksLeaveUsersAlone(plan),
		noGatewayButWaypoint(plan),
		noTrafficRulesOfIstio(plan),
		destinationRulesForOwnHosts(plan),
		contributorsPassWaypoint(plan),
	}
	if !plan.Restrict || plan.Platform != nil || kubeflow.Closed {
		policies = append(policies, newTenantsJoinClosed(plan, kubeflow))
	}
	var out []generate.Object
	for _, p := range policies {
		out = append(out, p, binding(p))
	}
	return out
}

func binding(policy generate.Object) generate.Object {
	spec := generate.Fields{"policyName": policy.Name}
	if policy.Kind == validatingPolicy {
		spec["validationActions"] = []string{"Deny"}
	}
	return generate.Object{APIVersion: admissionAPI, Kind: policy.Kind + "Binding", Name: policy.Name, Fields: generate.Fields{"spec": spec}}
}

// guard is a ValidatingAdmissionPolicy for users' namespaces.
type guard struct {
	name string
	// of are the kinds that it looks at.
	of []generate.Fields
	// variables are the rules' own, after those that every guard has.
	variables []variable
	rules     []rule
}

// variable is CEL with a name.
type variable struct{ name, expression string }

// rule is CEL that holds for what is admitted. The message says what to write instead; where it
// needs the namespace it is CEL too.
type rule struct{ holds, message, messageExpression string }

// policy matches no namespace of the platform, and lets everything pass in one that is not a user's.
// A namespace is read from namespaceObject, which match conditions cannot see (Kubernetes 1.36:
// matchconditions.Match), so that this is the first variable and not a condition.
func (g guard) policy(plan generate.Plan) generate.Object {
	all := append([]variable{
		{"users", usersNamespace},
		{"waypoint", waypointOfNamespace},
		{"unchanged", "request.operation == 'UPDATE' && object.spec == oldObject.spec"},
		{"admin", platformAdmin},
	}, g.variables...)
	var variables, validations []generate.Fields
	for _, v := range all {
		if g.uses(v.name) {
			variables = append(variables, generate.Fields{"name": v.name, "expression": v.expression})
		}
	}
	for _, r := range g.rules {
		validation := generate.Fields{"expression": "!variables.users || " + r.holds, "reason": "Forbidden"}
		if r.message != "" {
			validation["message"] = r.message
		} else {
			validation["messageExpression"] = r.messageExpression
		}
		validations = append(validations, validation)
	}
	return generate.Object{
		APIVersion: admissionAPI, Kind: validatingPolicy, Name: g.name,
		Fields: generate.Fields{"spec": generate.Fields{
			"failurePolicy":    "Fail",
			"matchConstraints": generate.Fields{"namespaceSelector": outside(plan), "resourceRules": g.of},
			"variables":        variables,
			"validations":      validations,
		}},
	}
}

// uses reports whether a rule or a variable of the guard names a variable.
func (g guard) uses(name string) bool {
	name = "variables." + name
	return name == "variables.users" ||
		slices.ContainsFunc(g.variables, func(v variable) bool { return strings.Contains(v.expression, name) || "variables."+v.name == name }) ||
		slices.ContainsFunc(g.rules, func(r rule) bool { return strings.Contains(r.holds+r.messageExpression, name) })
}

// usersNamespace is CEL for a namespace that the profile-controller made, or that is behind a waypoint.
const usersNamespace = "namespaceObject.metadata.?annotations[?'owner'].hasValue() || namespaceObject.metadata.?labels[?'" + useWaypoint + "'].hasValue()"

// waypointOfNamespace is CEL for the name of the namespace's waypoint, which AmbientProfiles may
// differ in. A namespace that is not enrolled has none.
const waypointOfNamespace = "namespaceObject.metadata.?labels[?'" + useWaypoint + "'].orValue('none')"

// platformAdmin is CEL for whoever may change the Namespace itself, and so the mesh's labels on it:
// no user of Kubeflow may, cluster admins and deployment tools may.
const platformAdmin = "authorizer.group('').resource('namespaces').name(request.namespace).check('update').allowed()"

// platformNamespaces are not users'.
func platformNamespaces(plan generate.Plan) []string {
	names := append(gatewayNamespaces(plan), profile.KubeflowNamespace, "auth", "oauth2-proxy", "cert-manager", "kube-system", "kube-public", "kube-node-lease")
	if plan.Cluster != nil {
		names = append(names, plan.Cluster.KServe.Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// gatewayNamespaces are those whose gateways KServe and Knative send traffic through.
func gatewayNamespaces(plan generate.Plan) []string {
	names := []string{plan.Mesh.GatewayNamespace, plan.Mesh.RootNamespace, "istio-system", "knative-serving"}
	slices.Sort(names)
	return slices.Compact(names)
}

// outside selects the namespaces that are not the platform's.
func outside(plan generate.Plan) generate.Fields {
	return generate.Fields{"matchExpressions": []generate.Fields{
		{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": platformNamespaces(plan)},
	}}
}

// writes are what a policy looks at, in every version of the kind.
func writes(group string, resources ...string) generate.Fields {
	return generate.Fields{
		"apiGroups":   []string{group},
		"apiVersions": []string{"*"},
		"operations":  []string{"CREATE", "UPDATE"},
		"resources":   resources,
	}
}

func quoted(texts []string) string {
	var out []string
	for _, text := range texts {
		out = append(out, "'"+text+"'")
	}
	return "[" + strings.Join(out, ", ") + "]"
}
