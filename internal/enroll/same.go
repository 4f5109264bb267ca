package enroll

import (
	"fmt"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// merge makes an item of the same identity mean what object means. It keeps its own apiVersion, labels
// and annotations, because outer patches match by them; a key that we emit wins.
func merge(plan generate.Plan, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, object generate.Object) {
	owner := survey.OwnedBy(item)
	switch {
	case owner != "" && owner != plan.Name:
		notes.Errs = append(notes.Errs, item.Report(diagnostic.OwnedByOther, "", fmt.Sprintf("is owned by AmbientProfile %q, but %q generates it too", owner, plan.Name), "",
			"remove the namespace from one of the two, or set cluster.enabled: false in all but one"))
	case item.Kind == "Namespace":
		labelNamespace(plan, notes, item, object)
	case item.Kind == "RoleBinding" && owner == "":
		sameRoleBinding(notes, item, object)
	default:
		replace(plan, notes, shipped, item, object)
	}
}

// replace overwrites the fields that object has in addition to its metadata, and removes what would
// disable it.
func replace(plan generate.Plan, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, object generate.Object) {
	fresh := object.Node()
	var differs bool
	was, now := survey.Action(manifest.Field(item.Node, "spec")), survey.Action(manifest.Field(fresh, "spec"))
	for _, key := range object.FieldNames() {
		before, wanted := manifest.Field(item.Node, key), manifest.Field(fresh, key)
		same := before != nil && manifest.Equal(before, wanted) || item.Kind == "AuthorizationPolicy" && samePolicy(before, wanted)
		if !same {
			differs = differs || !isShipped(shipped, item, before)
			item.Set(item.Node, key, wanted)
		}
	}
	adopt(plan, item, object)
	switchOn(notes, item, object)
	if differs && survey.OwnedBy(item) == "" {
		if was == "DENY" && now != was {
			notes.Warn(diagnostic.DenyOverwritten, item, "was a DENY policy without an owned-by annotation, and was overwritten by the generated "+now+" policy of the same name",
				"it no longer denies the requests that its rules denied", "give it another name to keep both")
			return
		}
		notes.Warn(diagnostic.Overwritten, item, "was overwritten, because it differed from the generated object and has no owned-by annotation", "manual edits and earlier patches to it are lost",
			"make the change in the AmbientProfile, or in a patch that runs after this function")
	}
}

// adopt sets the labels and annotations that object has. Only objects that we own get the marks of
// ownership: an object without an owner stays without one.
func adopt(plan generate.Plan, item *manifest.Item, object generate.Object) {
	adoptMarks(plan, item, "labels", object.Labels)
	adoptMarks(plan, item, "annotations", object.Annotations)
}

func adoptMarks(plan generate.Plan, item *manifest.Item, in string, marks map[string]string) {
	ours := survey.OwnedBy(item) == plan.Name
	for _, key := range generate.SortedKeys(marks) {
		if ours || !generate.MarksOwner(key) {
			item.Mark(in, key, marks[key])
		}
	}
}

const (
	notEnforced = "Istio would only have logged its decisions"
	// Istio: an istiod of another revision does not see it (config: LabelsInRevision).
	otherRevision = "istiods of other revisions would have ignored it"
	// Istio: the names of what the deploymentcontroller makes.
	otherAccount = "the waypoint would have run as a ServiceAccount that the L4 policy does not allow"
)

// switchOn removes annotations and labels that would make Istio ignore a policy, or run the waypoint
// under an identity that the L4 policy does not allow, unless they are ours.
func switchOn(notes *survey.Notes, item *manifest.Item, object generate.Object) {
	off := map[string][][3]string{
		"AuthorizationPolicy":   {{"annotations", "istio.io/dry-run", notEnforced}, {"labels", label.IoIstioRev.Name, otherRevision}},
		"RequestAuthentication": {{"labels", label.IoIstioRev.Name, otherRevision}},
		"Gateway":               {{"annotations", "gateway.istio.io/service-account", otherAccount}, {"annotations", "gateway.istio.io/name-override", otherAccount}},
	}
	for _, mark := range off[item.Kind] {
		in, key, effect := mark[0], mark[1], mark[2]
		_, annotated := object.Annotations[key]
		_, labeled := object.Labels[key]
		if !annotated && !labeled && item.Unmark(in, key) {
			noun := strings.TrimSuffix(in, "s")
			notes.Warn(diagnostic.OverridesRemoved, item, "had the "+noun+" "+key, effect+", so the "+noun+" was removed", "remove the "+noun+" from the source")
		}
	}
}

// sameRoleBinding leaves KFAM's RoleBinding of a contributor alone if it grants what ours would.
func sameRoleBinding(notes *survey.Notes, item *manifest.Item, object generate.Object) {
	fresh := object.Node()
	for _, key := range []string{"roleRef", "subjects"} {
		if was := manifest.Field(item.Node, key); was == nil || !manifest.Equal(was, manifest.Field(fresh, key)) {
			notes.Errs = append(notes.Errs, item.Report(diagnostic.RoleBindingConflict, key, "differs from that of the contributor's RoleBinding with this name", "",
				"delete this RoleBinding, or correct the contributor in the AmbientProfile"))
			return
		}
	}
}
