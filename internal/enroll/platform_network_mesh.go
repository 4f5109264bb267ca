package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// meshNetwork is what is needed to adapt NetworkPolicies to the mesh.
type meshNetwork struct {
	// policies are the NetworkPolicies of the input that stay, in order; of holds them by namespace.
	policies []*manifest.Item
	of       map[string][]*manifest.Item
	// waypoints are the names of waypoints by namespace, for the namespaces in the mesh.
	waypoints map[string]string
	// namespaces are the labels of the namespaces in the mesh, as far as the input shows them.
	namespaces map[string]map[string]string
	// kinds are their distinct label sets, without the names.
	kinds []map[string]string
}

func patchMeshNetwork(plan generate.Plan, input *survey.Index) meshNetwork {
	m := meshNetwork{waypoints: map[string]string{profile.KubeflowNamespace: profile.KubeflowWaypoint}, namespaces: map[string]map[string]string{}, of: map[string][]*manifest.Item{}}
	input.Live("networking.k8s.io", "NetworkPolicy", func(item *manifest.Item) {
		m.policies = append(m.policies, item)
		m.of[item.Namespace] = append(m.of[item.Namespace], item)
	})
	if len(m.policies) == 0 {
		return m
	}
	seen := map[string]bool{}
	m.add(profile.KubeflowNamespace, input.ByID[manifest.ID{Kind: "Namespace", Name: profile.KubeflowNamespace}], seen)
	for _, ns := range plan.Namespaces {
		m.waypoints[ns.Name] = ns.Waypoint.Name
		m.add(ns.Name, input.ByID[manifest.ID{Kind: "Namespace", Name: ns.Name}], seen)
	}
	return m
}

// add records a namespace of the mesh, with its final labels.
func (m *meshNetwork) add(name string, item *manifest.Item, seen map[string]bool) {
	labels := map[string]string{}
	if item != nil {
		if found := manifest.StringMap(manifest.Field(item.Node, "metadata", "labels")); found != nil {
			labels = found
		}
	}
	labels["istio.io/dataplane-mode"], labels["istio-injection"] = "ambient", "disabled"
	delete(labels, namespaceName)
	if text := fmt.Sprint(labels); !seen[text] { // fmt prints maps by key
		seen[text] = true
		m.kinds = append(m.kinds, labels)
	}
	m.namespaces[name] = labels
}

// holds reports whether a namespaceSelector could select a namespace in the mesh: controllers add
// labels that the input does not show.
func (m *meshNetwork) holds(selector *yaml.Node) bool {
	if names, narrowed := survey.ValuesOf(selector, namespaceName); narrowed {
		return slices.ContainsFunc(names, func(name string) bool {
			return m.waypoints[name] != "" && survey.Matches(selector, m.labels(name), true)
		})
	}
	return slices.ContainsFunc(m.kinds, func(labels map[string]string) bool { return survey.Matches(selector, labels, true) })
}

// labels returns the labels of a namespace in the mesh, including its name.
func (m *meshNetwork) labels(name string) map[string]string {
	labels := map[string]string{namespaceName: name}
	for key, value := range m.namespaces[name] {
		labels[key] = value
	}
	return labels
}

// isWaypoint reports whether a peer selects the waypoint of a namespace, among others.
func (m *meshNetwork) isWaypoint(peer *yaml.Node, namespace string) bool {
	if manifest.Field(peer, "ipBlock") != nil {
		return survey.IsEverywhere(peer)
	}
	if other := manifest.Field(peer, "namespaceSelector"); other != nil && !survey.Matches(other, m.labels(namespace), false) {
		return false
	}
	return survey.Matches(manifest.Field(peer, "podSelector"), survey.WaypointPod(m.waypoints[namespace]), false)
}
