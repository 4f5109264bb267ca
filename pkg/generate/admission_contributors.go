package generate

import (
	"fmt"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

const contributorsPolicy = "ambient-profile-contributors-pass-the-waypoint"

// contributorsPassWaypoint: KFAM writes a contributor's policy as sidecars need it, and ztunnel
// would drop its one rule. It is attached to the waypoint of its own namespace, as this function
// does it for those in its input. A policy that has a target or a selector is left alone, and so is
// the owner's of the profile-controller, which has the same annotations: the controller would write
// it again, and its rule for the namespace itself would no longer hold at ztunnel.
func contributorsPassWaypoint(a Admission) Object {
	selector := outside(a)
	selector["matchLabels"] = map[string]string{label.IoIstioDataplaneMode.Name: "ambient"}
	selector["matchExpressions"] = append(selector["matchExpressions"].([]Fields),
		Fields{"key": useWaypoint, "operator": "Exists"},
		Fields{"key": useWaypoint, "operator": "NotIn", "values": []string{"none"}})
	return Object{
		APIVersion: admissionAPI, Kind: mutatingPolicy, Name: contributorsPolicy,
		Fields: Fields{"spec": Fields{
			"failurePolicy":      "Fail",
			"reinvocationPolicy": "Never",
			"matchConstraints": Fields{
				"namespaceSelector": selector,
				"resourceRules":     []Fields{writes(survey.IstioSecurity, "authorizationpolicies")},
			},
			"matchConditions": []Fields{
				// KFAM: the annotations by which it finds a contributor.
				{"name": "contributor", "expression": "has(object.metadata.annotations) && 'user' in object.metadata.annotations && 'role' in object.metadata.annotations"},
				{"name": "not-the-owner", "expression": "object.metadata.name != '" + ControllersPolicyName + "'"},
				{"name": "attached-to-nothing", "expression": "has(object.spec) && !has(object.spec.targetRefs) && !has(object.spec.targetRef) && !has(object.spec.selector)"},
			},
			"mutations": []Fields{{
				"patchType": "JSONPatch",
				// In two steps: a list that holds an object makes the API server panic (Kubernetes 1.36,
				// cel-go baseList.ConvertToNative).
				"jsonPatch": Fields{"expression": fmt.Sprintf("[JSONPatch{op: 'add', path: '/spec/targetRefs', value: []}, "+
					"JSONPatch{op: 'add', path: '/spec/targetRefs/-', value: Object.spec.targetRefs{group: '%s', kind: 'Gateway', "+
					"name: namespaceObject.metadata.labels['%s']}}]", survey.GatewayGroup, useWaypoint)},
			}},
		}},
	}
}
