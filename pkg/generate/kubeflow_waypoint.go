package generate

import "github.com/kubeflow-ambient/ambient-profile/pkg/profile"

// kubeflowWaypoint is the waypoint of Kubeflow's Services that need HTTP policies.
func kubeflowWaypoint(p Platform) []Object {
	const namespace, name = profile.KubeflowNamespace, profile.KubeflowWaypoint
	out := behindOptions(p.WaypointSeccomp, waypointGateway(namespace, name, withOptions(name, p.WaypointSeccomp != "")))
	if p.WaypointPassage.In || p.WaypointPassage.Out {
		out = append(out, WaypointNetworkPolicy(namespace, name, p.RootNamespace, p.WaypointPassage))
	}
	if p.Layered {
		out = append(out, allowTunnels(namespace, name))
	}
	return out
}

// kubeflowClients are pods of users' namespaces, the ingress Gateway's namespace and kubeflow itself,
// those that Kubeflow lets reach ml-pipeline; without them the NetworkPolicy that closes the namespace
// would keep pipelines from the API.
func kubeflowClients(m *Mesh) []any {
	peer := func(key, value string) Fields {
		return Fields{"namespaceSelector": Fields{"matchLabels": map[string]string{key: value}}}
	}
	return []any{
		peer("app.kubernetes.io/part-of", "kubeflow-profile"),
		peer("kubernetes.io/metadata.name", m.GatewayNamespace),
		peer("kubernetes.io/metadata.name", profile.KubeflowNamespace),
	}
}
