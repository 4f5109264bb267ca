package platform

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// seccompOf is the seccomp profile that a Gateway's pods need in a namespace, or "". Istio 1.31: the
// templates of waypoints and of ingress Gateways set all else that Pod Security restricted asks for.
func (p Platform) seccompOf(namespace string) string {
	if slices.Contains(p.Kubeflow.Restricted, namespace) {
		return profile.RuntimeDefault
	}
	return ""
}

// waypointSeccomp is what is configured for waypoints, or what the namespace kubeflow asks for.
func (p Platform) waypointSeccomp() string {
	if p.Seccomp != "" {
		return p.Seccomp
	}
	return p.seccompOf(profile.KubeflowNamespace)
}

// withSeccomp is the Gateway, behind the options that it refers to: without them Istio deploys nothing.
func (p Platform) withSeccomp(seccomp string, gateway generate.Object) []generate.Object {
	if seccomp == "" {
		return []generate.Object{gateway}
	}
	gateway.Fields["spec"].(generate.Fields)["infrastructure"] = generate.Fields{
		"parametersRef": generate.Fields{"group": "", "kind": "ConfigMap", "name": generate.OptionsName(gateway.Name)},
	}
	return []generate.Object{generate.SeccompOptions(gateway.Namespace, gateway.Name, seccomp), gateway}
}
