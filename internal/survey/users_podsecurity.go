package survey

import "github.com/kubeflow-ambient/ambient-profile/internal/manifest"

const (
	enforceLabel = "pod-security.kubernetes.io/enforce"
	restricted   = "restricted"
)

// podSecurity records the profiles whose Namespace enforces Pod Security restricted. It reads a
// Namespace that we own as well: labels that others added to it are kept.
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
		// profile-controller (setNamespaceLabels): a label in the file is added to every tenant's
		// Namespace that does not have the key.
		p.Restricted = level == restricted || all && !labelled
	}
}

// restrictsAll reports whether the profile-controller's labels file makes tenants' Namespaces enforce
// Pod Security restricted. A file that is not YAML is reported elsewhere (AP0334).
func restrictsAll(item *manifest.Item) bool {
	labels, err := LabelsOfAll(item)
	return err == nil && labels[enforceLabel] == restricted
}

// enforcesRestricted reports whether an item is a Namespace that rejects pods without a seccomp
// profile. The levels baseline and privileged require none, and audit and warn reject nothing.
func enforcesRestricted(item *manifest.Item) bool {
	return item.Group == "" && item.Kind == "Namespace" && item.Label(enforceLabel) == restricted
}
