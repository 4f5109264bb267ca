package platform

import (
	"fmt"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

const newTenantsPolicy = "ambient-profile-new-tenants-join-closed"

// newTenantsJoinClosed: a Namespace that the profile-controller makes is in the mesh from its first
// moment, behind a waypoint that is not there yet. What closes it until its own policies come is the
// profile-controller's policy, of which ztunnel keeps the rule for the namespace itself, or the
// default deny of the mesh; where there is neither, this is not emitted. So nobody passes, not even
// the owner, until the tenant is listed. No Namespace that exists is touched.
func newTenantsJoinClosed(plan generate.Plan, kubeflow survey.Kubeflow) generate.Object {
	return generate.Object{
		APIVersion: admissionAPI, Kind: mutatingPolicy, Name: newTenantsPolicy,
		Fields: generate.Fields{"spec": generate.Fields{
			"failurePolicy":      "Fail",
			"reinvocationPolicy": "Never",
			"matchConstraints": generate.Fields{
				"namespaceSelector": outside(plan),
				"resourceRules": []generate.Fields{{
					"apiGroups":   []string{""},
					"apiVersions": []string{"*"},
					"operations":  []string{"CREATE"},
					"resources":   []string{"namespaces"},
				}},
			},
			"matchConditions": []generate.Fields{
				{"name": "by-the-profile-controller", "expression": by(account(profile.KubeflowNamespace, profileControllerAccount(kubeflow)))},
				// Kubeflow: the annotation by which the controller finds its Namespaces.
				{"name": "of-an-owner", "expression": "has(object.metadata.annotations) && 'owner' in object.metadata.annotations"},
			},
			"mutations": []generate.Fields{{
				"patchType": "ApplyConfiguration",
				"applyConfiguration": generate.Fields{"expression": fmt.Sprintf("Object{metadata: Object.metadata{labels: {"+
					"'%s': 'ambient', '%s': '%s', '%s': 'true', 'istio-injection': 'disabled'}}}",
					label.IoIstioDataplaneMode.Name, useWaypoint, plan.Mesh.Waypoint.Name, label.IoIstioIngressUseWaypoint.Name)},
			}},
		}},
	}
}

// profileControllerAccount runs the profile-controller and KFAM, which share a pod.
func profileControllerAccount(k survey.Kubeflow) string {
	if found := k.Component(survey.ProfileController).Account; found != "" {
		return found
	}
	return survey.Find(survey.Input{}).Component(survey.ProfileController).Account
}
