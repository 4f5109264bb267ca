package survey

import (
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Action is the action of a policy; without one it is ALLOW.
//
//go:noinline
func Action(spec *yaml.Node) string {
	if a := manifest.Value(spec, "action"); a != "" {
		return a
	}
	return "ALLOW"
}

// IsAction is false for what Istio refuses.
func IsAction(text string) bool {
	return slices.Contains([]string{"ALLOW", "DENY", "CUSTOM", "AUDIT"}, text)
}

// DryRun reports whether a policy is only tried out.
func DryRun(item *manifest.Item) bool {
	on, err := strconv.ParseBool(item.Annotation("istio.io/dry-run"))
	return err == nil && on
}

// Enforced reports whether a policy is more than tried out. Istio refuses one whose dry-run is not a boolean
// (1.31: pilot/pkg/security/authz/builder, isDryRun).
func Enforced(item *manifest.Item) bool {
	text := item.Annotation("istio.io/dry-run")
	on, err := strconv.ParseBool(text)
	return text == "" || err == nil && !on
}

// InForce reports whether a policy is enforced, whatever the revision of istiod is.
func InForce(item *manifest.Item) bool { return Enforced(item) && item.Revision() == "" }

// WithoutTargets reports whether a policy has no targetRefs.
//
//go:noinline
func WithoutTargets(spec *yaml.Node) bool {
	return spec != nil && len(TargetsOf(spec)) == 0
}

// TargetsOf are the targetRefs of a policy, or its older targetRef.
func TargetsOf(spec *yaml.Node) []*yaml.Node {
	refs := slices.Clone(manifest.Content(manifest.Field(spec, "targetRefs")))
	if one := manifest.Field(spec, "targetRef"); one != nil && len(refs) == 0 {
		refs = append(refs, one)
	}
	for i := range refs {
		refs[i] = manifest.Dealias(refs[i])
	}
	return refs
}
