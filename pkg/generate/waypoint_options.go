package generate

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// tuned is true where the waypoint is not as Istio makes it by default.
func (ns Namespace) tuned() bool {
	w := ns.Waypoint
	return w.Replicas > 0 || w.PodDisruptionBudget || ns.Seccomp != "" || len(w.Resources.Requests)+len(w.Resources.Limits) > 0
}

// optionsName is the ConfigMap with what a Gateway's pods have beyond Istio's default.
func optionsName(gateway string) string { return gateway + "-options" }

// waypointOptions overlays what Istio deploys for the waypoint.
func waypointOptions(ns Namespace) Object {
	data := Fields{}
	if deployment := deploymentOverlay(ns.Waypoint, ns.Seccomp); len(deployment) > 0 {
		data["deployment"] = patch(deployment)
	}
	if ns.Waypoint.PodDisruptionBudget {
		data["podDisruptionBudget"] = patch(Fields{"maxUnavailable": 1})
	}
	return options(ns.Name, ns.Waypoint.Name, data)
}

// seccompOptions give a Gateway's pods a seccomp profile and leave the rest to Istio.
func seccompOptions(namespace, gateway, seccomp string) Object {
	return options(namespace, gateway, Fields{"deployment": patch(deploymentOverlay(profile.Waypoint{}, seccomp))})
}

// behindOptions is a Gateway whose pods have a seccomp profile, behind the options that it refers to:
// without them Istio deploys nothing.
func behindOptions(seccomp string, gateway Object) []Object {
	if seccomp == "" {
		return []Object{gateway}
	}
	return []Object{seccompOptions(gateway.Namespace, gateway.Name, seccomp), gateway}
}

// options is what a Gateway's infrastructure.parametersRef names. Istio: with a key that it does not
// know, or without this ConfigMap, it deploys nothing for the Gateway (deploymentcontroller applyOverlay).
func options(namespace, gateway string, data Fields) Object {
	return Object{
		APIVersion: "v1", Kind: "ConfigMap", Namespace: namespace, Name: optionsName(gateway),
		Fields: Fields{"data": data},
	}
}

func deploymentOverlay(w profile.Waypoint, seccomp string) Fields {
	overlay, pod := Fields{}, Fields{}
	if w.Replicas > 0 {
		overlay["replicas"] = w.Replicas
	}
	if resources := resourceFields(w.Resources); len(resources) > 0 {
		pod["containers"] = []Fields{{"name": "istio-proxy", "resources": resources}}
	}
	if seccomp != "" {
		pod["securityContext"] = Fields{"seccompProfile": Fields{"type": seccomp}}
	}
	if len(pod) > 0 {
		overlay["template"] = spec(pod)
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
