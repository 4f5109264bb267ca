package survey

import (
	"regexp"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// LabelsKey is the key of the labels in that ConfigMap.
const LabelsKey = "namespace-labels.yaml"

// IsLabelsFile reports whether an item is the ConfigMap from which the profile-controller labels
// Namespaces. Kubeflow 1.10 calls it namespace-labels-data.
func IsLabelsFile(item *manifest.Item) bool {
	if item.Kind != "ConfigMap" || item.Group != "" || item.Namespace != profile.KubeflowNamespace {
		return false
	}
	name := item.Name
	if m := Hashed.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	return name == "profiles-namespace-labels-data" || name == "namespace-labels-data"
}

// LabelsOfAll are the labels that the file gives to the Namespaces of tenants.
func LabelsOfAll(item *manifest.Item) (labels map[string]any, err error) {
	n, err := manifest.Embedded(DataOf(item, LabelsKey))
	if n != nil && err == nil {
		err = n.Decode(&labels)
	}
	return labels, err
}

// Hashed is a ConfigMap's name with the suffix that kustomize gives to generated ones.
var Hashed = regexp.MustCompile(`^(.+)-[a-z0-9]{10}$`)

// DataOf is a ConfigMap's text below key, or "".
func DataOf(i *manifest.Item, key string) string {
	return manifest.Value(i.Node, "data", key)
}
