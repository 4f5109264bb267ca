package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// Passage is what a namespace's NetworkPolicies keep from its waypoint, or the waypoint from.
type Passage struct {
	// In: clients must get in; From are the peers of a NetworkPolicy, none for everybody.
	In   bool
	From []any
	// Out: the waypoint must get out.
	Out bool
}

// WaypointNetworkPolicy lets clients reach a waypoint at its only port, where only mTLS is
// spoken and the waypoint's policies say who may do what; and the waypoint what it cannot do
// without: the pods that it stands for, istiod, and name servers. istiod is where the mesh's root
// namespace is, as Istio installs it.
func WaypointNetworkPolicy(namespace, waypoint, root string, passage Passage) Object {
	spec := Fields{"podSelector": Fields{"matchLabels": map[string]string{survey.GatewayPods: waypoint}}}
	var types []string
	if passage.In {
		types = append(types, "Ingress")
		clients := Fields{"ports": []Fields{tcp(15008)}}
		if len(passage.From) > 0 {
			clients["from"] = passage.From
		}
		spec["ingress"] = []Fields{clients}
	}
	if passage.Out {
		types = append(types, "Egress")
		istiod := Fields{
			"namespaceSelector": Fields{"matchLabels": map[string]string{"kubernetes.io/metadata.name": root}},
			"podSelector":       Fields{"matchLabels": map[string]string{"app": "istiod"}},
		}
		spec["egress"] = []Fields{
			{"to": []Fields{{"podSelector": Fields{}}}},
			{"to": []Fields{istiod}, "ports": []Fields{tcp(15012)}},
			{"ports": []Fields{{"port": 53, "protocol": "UDP"}, tcp(53)}},
		}
	}
	spec["policyTypes"] = types
	return Object{
		APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: namespace, Name: waypoint,
		Fields: Fields{"spec": spec},
	}
}

func tcp(port int) Fields { return Fields{"port": port, "protocol": "TCP"} }
