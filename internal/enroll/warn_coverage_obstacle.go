package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// obstacle is why a waypoint does not enforce a policy, or not for every request, as a message says it.
type obstacle struct {
	code                 diagnostic.Code
	field, found, remedy string
}

const nameTargets = "name in targetRefs what the policy is for"

// missing returns what keeps the waypoint from enforcing a policy for all requests to its pods.
func missing(spec *yaml.Node, w coverage) []obstacle {
	var out []obstacle
	if len(w.portless) > 0 {
		out = append(out, portsNotKnown(w.portless))
	}
	if len(w.unknown) > 0 {
		out = append(out, obstacle{diagnostic.PodsNotKnown, "spec.selector", "may select pods of " + servicesNamed(w.unknown) + ", whose pods are not in the input",
			"add their workloads to the input, or " + nameTargets})
	}
	if len(w.models) > 0 {
		out = append(out, obstacle{
			diagnostic.ModelServicesNotKnown, selectorField(spec), "selects pods of " + inWords(w.models) + ", whose Services are created by KServe and are not in the input",
			"name the Services of the model, such as <model>-predictor, in targetRefs of a policy",
		})
	}
	if len(w.through.unguarded) > 0 {
		out = append(out, obstacle{
			diagnostic.OtherWaysToPods, "", "has pods that are, or may be, reached through " + waysNamed(w.through.unguarded),
			"name that Service or ServiceEntry in targetRefs of a policy",
		})
	}
	return out
}

// noCopy says why a policy has no copies.
func noCopy(spec *yaml.Node, w coverage) obstacle {
	reasons := missing(spec, w)
	if len(w.portless)+len(w.unknown)+len(w.models) == 0 {
		reasons = append([]obstacle{noService(spec, w)}, reasons...)
	}
	why := reasons[0]
	for _, more := range reasons[1:] {
		why.found += ", and " + more.found
	}
	return why
}

// noService says why a policy has no copies if the input has all that it could be attached to.
func noService(spec *yaml.Node, w coverage) obstacle {
	switch {
	case len(w.whole)+len(w.partly) > 0:
		return portsOfNoService()
	case len(w.past) > 0:
		return obstacle{diagnostic.ServicesPastWaypoint, selectorField(spec), "selects the pods of " + servicesNamed(w.past) + ", which the waypoint is not in front of",
			"write the rules with peers and ports only, or put the Services behind the waypoint"}
	case manifest.Field(spec, "selector") == nil:
		return portsOfNoService()
	}
	return noServiceSelected()
}

func noServiceSelected() obstacle {
	return obstacle{diagnostic.NoServiceSelected, "spec.selector", "selects the pods of no Service in the input", "add the Service of these pods and their workload to the input, or " + nameTargets}
}

func portsNotKnown(services []survey.Service) obstacle {
	return obstacle{diagnostic.PortsNotKnown, "", "names ports of pods, and the input does not say which port of " + servicesNamed(services) + " leads to them",
		"write the targetPort as a number, or " + nameTargets}
}

func portsOfNoService() obstacle {
	return obstacle{diagnostic.PortsOfNoService, "", "names ports of pods that no Service in the input leads to", "add the Service to the input, or " + nameTargets}
}
