package platform

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const podsPolicy = "ambient-profile-pods-stay-in-the-mesh"

// podsStayInMesh: a user's pod that left the mesh would be reached without the L4 policy. Istio's
// own waypoints are outside of it, and run in users' namespaces; whoever could make a pod that
// looks like one could leave too. So a pod out of the mesh must come from a ReplicaSet, that from a
// Deployment, and that from istiod, each told by who writes it.
func podsStayInMesh(plan generate.Plan) generate.Object {
	return generate.Object{
		APIVersion: admissionAPI, Kind: "ValidatingAdmissionPolicy", Name: podsPolicy,
		Fields: generate.Fields{"spec": generate.Fields{
			"failurePolicy": "Fail",
			"matchConstraints": generate.Fields{
				"namespaceSelector": inMesh(plan),
				"resourceRules":     []generate.Fields{writes("", "v1", "pods"), writes("apps", "v1", "deployments", "replicasets")},
			},
			"variables": []generate.Fields{
				{"name": "pod", "expression": podMetadata("object")},
				{"name": "oldPod", "expression": "request.operation == 'UPDATE' ? " + podMetadata("oldObject") + " : {}"},
				{"name": "leaves", "expression": leavesMesh("variables.pod")},
				{"name": "left", "expression": "request.operation == 'UPDATE' && (" + leavesMesh("variables.oldPod") + ") && (request.kind.kind == 'Pod' || object.spec.template == oldObject.spec.template)"},
				{"name": "istio", "expression": strings.Join([]string{
					"request.kind.kind == 'Deployment' && request.userInfo.username.startsWith('system:serviceaccount:" + plan.Mesh.RootNamespace + ":istiod')",
					"request.kind.kind == 'ReplicaSet' && " + by("system:serviceaccount:kube-system:deployment-controller", "system:kube-controller-manager"),
					"request.kind.kind == 'Pod' && " + by("system:serviceaccount:kube-system:replicaset-controller", "system:kube-controller-manager"),
				}, " || ")},
			},
			"validations": []generate.Fields{{
				"expression": "!variables.leaves || variables.left || variables.istio || " + platformAdmin,
				"message": "a pod of this namespace may not leave the mesh: take away the label istio.io/dataplane-mode, sidecar.istio.io/inject (label or annotation), " +
					"and the annotations sidecar.istio.io/status and ambient.istio.io/bypass-inbound-capture",
				"reason": "Forbidden",
			}},
		}},
	}
}

// podMetadata is CEL for a pod's metadata, or that of the pods that an object makes.
func podMetadata(object string) string {
	return "(has(" + object + ".spec.template) ? " + object + ".spec.template.metadata : " + object + ".metadata)"
}

// leavesMesh is CEL for pod metadata that takes the pod out of the mesh: by the label, by a sidecar
// or what passes for one, or by sending traffic past ztunnel (Istio: cni podHasSidecar, injection
// labels and annotations, bypass-inbound-capture).
func leavesMesh(metadata string) string {
	set := func(in, key string) string {
		return "has(" + metadata + "." + in + ") && '" + key + "' in " + metadata + "." + in
	}
	other := func(in, key, value string) string {
		return set(in, key) + " && " + metadata + "." + in + "['" + key + "'] != '" + value + "'"
	}
	return strings.Join([]string{
		other("labels", "istio.io/dataplane-mode", "ambient"),
		other("labels", "sidecar.istio.io/inject", "false"),
		other("annotations", "sidecar.istio.io/inject", "false"),
		set("annotations", "sidecar.istio.io/status"),
		set("annotations", "ambient.istio.io/bypass-inbound-capture"),
	}, " || ")
}
