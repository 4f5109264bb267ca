package platform

import (
	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// BehindWaypoint are the Services that need HTTP policies, and so the waypoint; all others are
// protected by ztunnel alone.
func BehindWaypoint(k survey.Kubeflow) []string {
	return []string{k.Component(survey.Pipelines).Service, k.Component(survey.PipelinesUI).Service}
}

func waypoint(p Platform) []generate.Object {
	out := p.withSeccomp(p.waypointSeccomp(), generate.Object{
		APIVersion: gatewayGroup + "/v1", Kind: "Gateway", Namespace: profile.KubeflowNamespace, Name: profile.KubeflowWaypoint,
		Labels: map[string]string{label.IoIstioWaypointFor.Name: "service"},
		Fields: generate.Fields{"spec": generate.Fields{
			"gatewayClassName": "istio-waypoint",
			"listeners":        []generate.Fields{{"name": "mesh", "port": 15008, "protocol": "HBONE"}},
		}},
	})
	if p.Kubeflow.Isolated || p.Kubeflow.Confined {
		out = append(out, WaypointNetworkPolicy(profile.KubeflowNamespace, profile.KubeflowWaypoint, p.RootNamespace, p.passage()))
	}
	return out
}

// passage: pods of users' namespaces, the ingress Gateway's namespace and kubeflow itself, those that
// Kubeflow lets reach ml-pipeline; without it the NetworkPolicy that closes the namespace would keep
// pipelines from the API.
func (p Platform) passage() Passage {
	peer := func(key, value string) generate.Fields {
		return generate.Fields{"namespaceSelector": generate.Fields{"matchLabels": map[string]string{key: value}}}
	}
	return Passage{
		In: p.Kubeflow.Isolated,
		From: []any{
			peer("app.kubernetes.io/part-of", "kubeflow-profile"),
			peer("kubernetes.io/metadata.name", p.GatewayNamespace),
			peer("kubernetes.io/metadata.name", profile.KubeflowNamespace),
		},
		Out: p.Kubeflow.Confined,
	}
}

// Passage is what a namespace's NetworkPolicies keep from its waypoint, or the waypoint from.
type Passage struct {
	// In: clients must get in; From are the peers of a NetworkPolicy, none for everybody.
	In   bool
	From []any
	// Out: the waypoint must get out.
	Out bool
}

// WaypointNetworkPolicy lets clients reach a waypoint at its only port, where nothing but mTLS is
// spoken and the waypoint's policies say who may do what; and the waypoint what it cannot do
// without: the pods that it stands for, istiod, and name servers. istiod is where the mesh's root
// namespace is, as Istio installs it.
func WaypointNetworkPolicy(namespace, waypoint, root string, passage Passage) generate.Object {
	spec := generate.Fields{"podSelector": generate.Fields{"matchLabels": map[string]string{gatewayName: waypoint}}}
	var types []string
	if passage.In {
		types = append(types, "Ingress")
		rule := generate.Fields{"ports": []generate.Fields{tcp(15008)}}
		if len(passage.From) > 0 {
			rule["from"] = passage.From
		}
		spec["ingress"] = []generate.Fields{rule}
	}
	if passage.Out {
		types = append(types, "Egress")
		istiod := generate.Fields{
			"namespaceSelector": generate.Fields{"matchLabels": map[string]string{"kubernetes.io/metadata.name": root}},
			"podSelector":       generate.Fields{"matchLabels": map[string]string{"app": "istiod"}},
		}
		spec["egress"] = []generate.Fields{
			{"to": []generate.Fields{{"podSelector": generate.Fields{}}}},
			{"to": []generate.Fields{istiod}, "ports": []generate.Fields{tcp(15012)}},
			{"ports": []generate.Fields{{"port": 53, "protocol": "UDP"}, tcp(53)}},
		}
	}
	spec["policyTypes"] = types
	return generate.Object{
		APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: namespace, Name: waypoint,
		Fields: generate.Fields{"spec": spec},
	}
}

func tcp(port int) generate.Fields { return generate.Fields{"port": port, "protocol": "TCP"} }
