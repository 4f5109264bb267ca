package generate

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// tuned is true where the waypoint is not as Istio makes it by default.
func (ns Namespace) tuned() bool {
	w := ns.Waypoint
	return w.Replicas > 0 || w.PodDisruptionBudget || len(w.Resources.Requests)+len(w.Resources.Limits) > 0
}

func (ns Namespace) optionsName() string { return ns.Waypoint.Name + "-options" }

// waypointOptions overlays what Istio deploys for the waypoint. Istio: with a key that it does not
// know, or without this ConfigMap, no waypoint is deployed at all (deploymentcontroller applyOverlay).
func waypointOptions(ns Namespace) Object {
	data := Fields{}
	if deployment := deploymentOverlay(ns.Waypoint); len(deployment) > 0 {
		data["deployment"] = patch(deployment)
	}
	if ns.Waypoint.PodDisruptionBudget {
		data["podDisruptionBudget"] = patch(Fields{"maxUnavailable": 1})
	}
	return Object{
		APIVersion: "v1", Kind: "ConfigMap", Namespace: ns.Name, Name: ns.optionsName(),
		Fields: Fields{"data": data},
	}
}

func deploymentOverlay(w profile.Waypoint) Fields {
	overlay := Fields{}
	if w.Replicas > 0 {
		overlay["replicas"] = w.Replicas
	}
	if resources := resourceFields(w.Resources); len(resources) > 0 {
		overlay["template"] = spec(Fields{"containers": []Fields{{"name": "istio-proxy", "resources": resources}}})
	}
	return overlay
}

func resourceFields(r profile.Resources) Fields {
	fields := Fields{}
	if len(r.Requests) > 0 {
		fields["requests"] = r.Requests
	}
	if len(r.Limits) > 0 {
		fields["limits"] = r.Limits
	}
	return fields
}

// patch is an overlay's spec as the YAML text that Istio expects below a key.
func patch(s Fields) string { return yaml.NewRNode(node(spec(s))).MustString() }
