package platform

import (
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const admissionAPI = "admissionregistration.k8s.io/v1"

// admission are the guardrails in users' namespaces, where users may write what the policies rest
// on. Each is a policy and its binding, which puts it in force.
func admission(plan generate.Plan) []generate.Object {
	return []generate.Object{
		podsStayInMesh(plan), binding("ValidatingAdmissionPolicyBinding", podsPolicy),
		routesStayUnderPrefix(plan), binding("ValidatingAdmissionPolicyBinding", routesPolicy),
		contributorsPassWaypoint(plan), binding("MutatingAdmissionPolicyBinding", contributorsPolicy),
	}
}

func binding(kind, name string) generate.Object {
	spec := generate.Fields{"policyName": name}
	if kind == "ValidatingAdmissionPolicyBinding" {
		spec["validationActions"] = []string{"Deny"}
	}
	return generate.Object{APIVersion: admissionAPI, Kind: kind, Name: name, Fields: generate.Fields{"spec": spec}}
}

// platformNamespaces are not users'.
func platformNamespaces(plan generate.Plan) []string {
	names := []string{Namespace, "auth", "oauth2-proxy", "kube-system", plan.Mesh.GatewayNamespace, plan.Mesh.RootNamespace}
	if plan.Cluster != nil {
		names = append(names, plan.Cluster.KServe.Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// outside selects the namespaces that are not the platform's.
func outside(plan generate.Plan) generate.Fields {
	return generate.Fields{"matchExpressions": []generate.Fields{
		{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": platformNamespaces(plan)},
	}}
}

// inMesh selects those of them that are in the mesh.
func inMesh(plan generate.Plan) generate.Fields {
	selector := outside(plan)
	selector["matchLabels"] = map[string]string{"istio.io/dataplane-mode": "ambient"}
	return selector
}

// writes are what a policy looks at.
func writes(group, version string, resources ...string) generate.Fields {
	return generate.Fields{
		"apiGroups":   []string{group},
		"apiVersions": []string{version},
		"operations":  []string{"CREATE", "UPDATE"},
		"resources":   resources,
	}
}

// platformAdmin is CEL for whoever may change the Namespace itself, and so the mesh's labels on it:
// no user of Kubeflow may, cluster admins and deployment tools may.
const platformAdmin = "authorizer.group('').resource('namespaces').name(request.namespace).check('update').allowed()"

// by is CEL for a request of one of these users.
func by(users ...string) string {
	return fmt.Sprintf("request.userInfo.username in [%s]", quoted(users))
}

func quoted(texts []string) string {
	var out string
	for i, text := range texts {
		if i > 0 {
			out += ", "
		}
		out += "'" + text + "'"
	}
	return out
}
