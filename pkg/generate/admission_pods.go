package generate

import (
	"strings"

	"istio.io/api/annotation"
	"istio.io/api/label"
)

const podsPolicy = "ambient-profile-pods-stay-in-the-mesh"

// podsStayInMesh: a user's pod that left the mesh would be reached without the L4 policy, and one in
// the node's network takes what others send to pods of that node. Only a platform admin makes
// such a pod. Istio's own waypoints are outside of the mesh, and run in users' namespaces; anyone who
// could make a pod that looks like one could leave too. So a pod out of the mesh must come from a
// ReplicaSet, that from a Deployment, and that from istiod, each recognized by who writes it. Istiod puts
// into that Deployment what the Gateway's options say, so that it may not use the node's network either.
func podsStayInMesh(a Admission) Object {
	return guard{
		name: podsPolicy,
		of:   podsAndTheirMakers(),
		variables: []variable{
			{"pod", podOf("object")},
			{"old", podOf("oldObject")},
			// In a namespace of the sidecar era, pods have a sidecar and its label.
			{"ambient", "namespaceObject.metadata.?labels[?'" + label.IoIstioDataplaneMode.Name + "'].orValue('') == 'ambient'"},
			{"leaves", leavesMesh("variables.pod")},
			{"same", "request.operation == 'UPDATE' && (request.kind.kind == 'Pod' || variables.pod == variables.old)"},
			{"left", "variables.same && (" + leavesMesh("variables.old") + ")"},
			{"istio", strings.Join([]string{
				"request.kind.kind == 'Deployment' && request.userInfo.username.startsWith('" + a.Istiod + "')",
				"request.kind.kind == 'ReplicaSet' && " + by(accountUser("kube-system", "deployment-controller"), "system:kube-controller-manager"),
				"request.kind.kind == 'Pod' && " + by(accountUser("kube-system", "replicaset-controller"), "system:kube-controller-manager"),
			}, " || ")},
		},
		rules: []validation{{
			holds: "!variables.leaves || variables.left || variables.istio || variables.admin",
			message: "a pod of this namespace may not leave the mesh: remove the label istio.io/dataplane-mode, sidecar.istio.io/inject (label or annotation), " +
				"and the annotations sidecar.istio.io/status and ambient.istio.io/bypass-inbound-capture",
		}, {
			holds:   "!" + onHostNetwork("variables.pod") + " || variables.same && " + onHostNetwork("variables.old") + " || variables.admin",
			message: "a pod of this namespace may not use the node's network, which is outside of the mesh: remove hostNetwork, and use a Service to reach the pod",
		}},
	}.policy(a)
}

// podsAndTheirMakers are pods and the built-in kinds that hold a template of one.
func podsAndTheirMakers() []Fields {
	return []Fields{
		writes("", "pods", "replicationcontrollers"),
		writes("apps", "deployments", "replicasets", "statefulsets", "daemonsets"),
		writes("batch", "jobs", "cronjobs"),
	}
}

// podOf is CEL for a pod, or for the template of those that an object makes.
func podOf(object string) string {
	return "request.kind.kind == 'Pod' ? " + object + " : request.kind.kind == 'CronJob' ? " + object + ".spec.jobTemplate.spec.template : " + object + ".spec.template"
}

// leavesMesh is CEL for a pod that is out of the mesh: by the label, by sending traffic past
// ztunnel, or by a sidecar or what passes for one (Istio: cni podHasSidecar, injection labels and
// annotations, bypass-inbound-capture).
func leavesMesh(pod string) string {
	value := func(in, key, otherwise string) string {
		return pod + ".?metadata.?" + in + "[?'" + key + "'].orValue('" + otherwise + "')"
	}
	set := func(key string) string { return pod + ".?metadata.?annotations[?'" + key + "'].hasValue()" }
	return strings.Join([]string{
		value("labels", label.IoIstioDataplaneMode.Name, "ambient") + " != 'ambient'",
		set(annotation.AmbientBypassInboundCapture.Name),
		"variables.ambient && (" + strings.Join([]string{
			value("labels", label.SidecarInject.Name, "false") + " != 'false'",
			value("annotations", annotation.SidecarInject.Name, "false") + " != 'false'",
			set(annotation.SidecarStatus.Name),
		}, " || ") + ")",
	}, " || ")
}

func onHostNetwork(pod string) string { return pod + ".?spec.?hostNetwork.orValue(false)" }
