package generate

import (
	"fmt"

	"istio.io/api/label"
)

const newTenantsPolicy = "ambient-profile-new-tenants-join-closed"

// newTenantsJoinClosed: a Namespace that the profile-controller makes is in the mesh from its first
// moment, behind a waypoint that is not there yet. What closes it until its own policies come is the
// profile-controller's policy, of which ztunnel keeps the rule for the namespace itself, or the
// default deny of the mesh; where there is neither, this is not emitted. So nobody passes, not even
// the owner, until the tenant is listed. No Namespace that exists is touched.
func newTenantsJoinClosed(a Admission) Object {
	return Object{
		APIVersion: admissionAPI, Kind: mutatingPolicy, Name: newTenantsPolicy,
		Fields: Fields{"spec": Fields{
			"failurePolicy":      "Fail",
			"reinvocationPolicy": "Never",
			"matchConstraints": Fields{
				"namespaceSelector": outside(a),
				"resourceRules": []Fields{{
					"apiGroups":   []string{""},
					"apiVersions": []string{"*"},
					"operations":  []string{"CREATE"},
					"resources":   []string{"namespaces"},
				}},
			},
			"matchConditions": []Fields{
				{"name": "by-the-profile-controller", "expression": by(a.ProfileController)},
				// Kubeflow: the annotation by which the controller finds its Namespaces.
				{"name": "of-an-owner", "expression": "has(object.metadata.annotations) && 'owner' in object.metadata.annotations"},
			},
			"mutations": []Fields{{
				"patchType": "ApplyConfiguration",
				"applyConfiguration": Fields{"expression": fmt.Sprintf("Object{metadata: Object.metadata{labels: {"+
					"'%s': 'ambient', '%s': '%s', '%s': 'true', 'istio-injection': 'disabled'}}}",
					label.IoIstioDataplaneMode.Name, useWaypoint, a.Waypoint.Name, label.IoIstioIngressUseWaypoint.Name)},
			}},
		}},
	}
}
