package generate

import (
	"slices"
	"strings"
)

const (
	admissionAPI     = "admissionregistration.k8s.io/v1"
	validatingPolicy = "ValidatingAdmissionPolicy"
	mutatingPolicy   = "MutatingAdmissionPolicy"
)

// binding puts a policy in force.
func binding(policy Object) Object {
	spec := Fields{"policyName": policy.Name}
	if policy.Kind == validatingPolicy {
		spec["validationActions"] = []string{"Deny"}
	}
	return Object{APIVersion: admissionAPI, Kind: policy.Kind + "Binding", Name: policy.Name, Fields: Fields{"spec": spec}}
}

// guard is a ValidatingAdmissionPolicy for users' namespaces.
type guard struct {
	name string
	// of are the kinds that it looks at.
	of []Fields
	// variables are the rules' own, after those that every guard has.
	variables []variable
	rules     []validation
}

// variable is CEL with a name.
type variable struct{ name, expression string }

// validation is CEL that holds for what is admitted. The message says what to write instead; where it
// needs the namespace it is CEL too.
type validation struct{ holds, message, messageExpression string }

// policy matches no namespace of the platform, and lets everything pass in one that is not a user's.
// A namespace is read from namespaceObject, which match conditions cannot see (Kubernetes 1.36:
// matchconditions.Match), so that this is the first variable and not a condition.
func (g guard) policy(a Admission) Object {
	all := append([]variable{
		{"users", usersNamespace},
		{"waypoint", waypointOfNamespace},
		{"unchanged", "request.operation == 'UPDATE' && object.spec == oldObject.spec"},
		{"admin", platformAdmin},
	}, g.variables...)
	var variables, validations []Fields
	for _, v := range all {
		if g.uses(v.name) {
			variables = append(variables, Fields{"name": v.name, "expression": v.expression})
		}
	}
	for _, r := range g.rules {
		validation := Fields{"expression": "!variables.users || " + r.holds, "reason": "Forbidden"}
		if r.message != "" {
			validation["message"] = r.message
		} else {
			validation["messageExpression"] = r.messageExpression
		}
		validations = append(validations, validation)
	}
	return Object{
		APIVersion: admissionAPI, Kind: validatingPolicy, Name: g.name,
		Fields: Fields{"spec": Fields{
			"failurePolicy":    "Fail",
			"matchConstraints": Fields{"namespaceSelector": outside(a), "resourceRules": g.of},
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
		slices.ContainsFunc(g.rules, func(r validation) bool { return strings.Contains(r.holds+r.messageExpression, name) })
}

// usersNamespace is CEL for a namespace that the profile-controller made, or that is behind a waypoint.
const usersNamespace = "namespaceObject.metadata.?annotations[?'owner'].hasValue() || namespaceObject.metadata.?labels[?'" + useWaypoint + "'].hasValue()"

// waypointOfNamespace is CEL for the name of the namespace's waypoint, which AmbientProfiles may
// differ in. A namespace that is not enrolled has none.
const waypointOfNamespace = "namespaceObject.metadata.?labels[?'" + useWaypoint + "'].orValue('none')"

// platformAdmin is CEL for anyone who may change the Namespace itself, and so the mesh's labels on it:
// no user of Kubeflow may, cluster admins and deployment tools may.
const platformAdmin = "authorizer.group('').resource('namespaces').name(request.namespace).check('update').allowed()"

// outside selects the namespaces that are not the platform's.
func outside(a Admission) Fields {
	return Fields{"matchExpressions": []Fields{
		{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": a.PlatformNamespaces},
	}}
}

// writes are what a policy looks at, in every version of the kind.
func writes(group string, resources ...string) Fields {
	return Fields{
		"apiGroups":   []string{group},
		"apiVersions": []string{"*"},
		"operations":  []string{"CREATE", "UPDATE"},
		"resources":   resources,
	}
}

// by is CEL for a request of one of these accounts.
func by(accounts ...string) string {
	return "request.userInfo.username in " + quoted(accounts)
}

func quoted(texts []string) string {
	var out []string
	for _, text := range texts {
		out = append(out, "'"+text+"'")
	}
	return "[" + strings.Join(out, ", ") + "]"
}
