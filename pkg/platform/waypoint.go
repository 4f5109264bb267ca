package platform

import (
	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// WaypointName is the waypoint of the namespace kubeflow.
const WaypointName = "kubeflow-waypoint"

// BehindWaypoint are the Services that need HTTP policies, and so the waypoint; all others are
// protected by ztunnel alone.
func (k Kubeflow) BehindWaypoint() []string {
	return []string{k.component(pipelinesName).Service, k.component(pipelinesUIName).Service}
}

func waypoint(p Platform) []generate.Object {
	out := p.withSeccomp(p.waypointSeccomp(), generate.Object{
		APIVersion: gatewayGroup + "/v1", Kind: "Gateway", Namespace: Namespace, Name: WaypointName,
		Labels: map[string]string{label.IoIstioWaypointFor.Name: "service"},
		Fields: generate.Fields{"spec": generate.Fields{
			"gatewayClassName": "istio-waypoint",
			"listeners":        []generate.Fields{{"name": "mesh", "port": 15008, "protocol": "HBONE"}},
		}},
	})
	if p.Kubeflow.isolated {
		out = append(out, waypointNetworkPolicy(p))
	}
	return out
}

// waypointNetworkPolicy: pods of users' namespaces, the ingress Gateway's namespace and kubeflow
// itself, those that Kubeflow lets reach ml-pipeline; without it the NetworkPolicy that closes the
// namespace would keep pipelines from the API. Only mTLS is spoken there, and the waypoint's
// policies say who may do what.
func waypointNetworkPolicy(p Platform) generate.Object {
	peer := func(key, value string) generate.Fields {
		return generate.Fields{"namespaceSelector": generate.Fields{"matchLabels": map[string]string{key: value}}}
	}
	return generate.Object{
		APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: Namespace, Name: WaypointName,
		Fields: generate.Fields{"spec": generate.Fields{
			"podSelector": generate.Fields{"matchLabels": map[string]string{gatewayName: WaypointName}},
			"policyTypes": []string{"Ingress"},
			"ingress": []generate.Fields{{
				"from": []generate.Fields{
					peer("app.kubernetes.io/part-of", "kubeflow-profile"),
					peer("kubernetes.io/metadata.name", p.GatewayNamespace),
					peer("kubernetes.io/metadata.name", Namespace),
				},
				"ports": []generate.Fields{{"port": 15008, "protocol": "TCP"}},
			}},
		}},
	}
}
