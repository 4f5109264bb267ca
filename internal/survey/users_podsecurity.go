package survey

import "github.com/kubeflow-ambient/ambient-profile/internal/manifest"

const (
	enforceLabel = "pod-security.kubernetes.io/enforce"
	restricted   = "restricted"
)

// podSecurity notes the profiles whose Namespace enforces Pod Security restricted. It reads a
// Namespace of ours as well: labels that others put on it stay.
func (s *sources) podSecurity(items []*manifest.Item) {
	all, levels := false, map[string]string{}
	for _, item := range items {
		switch {
		case IsLabelsFile(item):
			all = all || restrictsAll(item)
		case item.Group == "" && item.Kind == "Namespace":
			if manifest.Field(item.Node, "metadata", "labels", enforceLabel) != nil {
				levels[item.Name] = item.Label(enforceLabel)
			}
		}
	}
	for i := range s.spec.Profiles {
		p := &s.spec.Profiles[i]
		level, labelled := levels[p.Name]
		// profile-controller (setNamespaceLabels): a label of the file goes to every Namespace of a
		// tenant that does not have the key.
		p.Restricted = level == restricted || all && !labelled
	}
}

// restrictsAll reports whether the profile-controller's file of labels has the Namespaces of tenants
// enforce Pod Security restricted. What is not YAML is told by namespaceLabelsTrouble.
func restrictsAll(item *manifest.Item) bool {
	labels, err := LabelsOfAll(item)
	return err == nil && labels[enforceLabel] == restricted
}

// enforcesRestricted reports whether an item is a Namespace that admits no pod without a seccomp
// profile. The levels baseline and privileged ask for none, and audit and warn refuse nothing.
func enforcesRestricted(item *manifest.Item) bool {
	return item.Group == "" && item.Kind == "Namespace" && item.Label(enforceLabel) == restricted
}
