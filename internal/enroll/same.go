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
func merge(plan generate.Plan, input *survey.Index, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, object generate.Object) {
	owner := survey.OwnedBy(item)
	switch {
	case owner != "" && owner != plan.Name:
		notes.Errs = append(notes.Errs, item.Report(diagnostic.OwnedByOther, "", fmt.Sprintf("is owned by AmbientProfile %q, but %q generates it too", owner, plan.Name), "",
			"remove the namespace from one of the two, or set cluster.enabled: false in all but one"))
	case item.Kind == "Namespace":
		if editedBy(item, func() { labelNamespace(plan, notes, item, object) }) && owner == "" {
			notes.Warn(diagnostic.EditedForAmbient, item, "was labeled for ambient mode and the waypoint of its profile", "its pods are in the mesh without sidecars, and the waypoint enforces the policies with HTTP rules", "")
		}
	case item.Kind == "RoleBinding" && owner == "":
		sameRoleBinding(notes, item, object)
	default:
		replace(plan, input, notes, shipped, item, object)
	}
}

// replace overwrites the fields that object has in addition to its metadata, and removes what would
// disable it.
func replace(plan generate.Plan, input *survey.Index, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, object generate.Object) {
	fresh := object.Node()
	keepSelector(item, fresh)
	var changed []change
	moved := false
	was, now := survey.Action(manifest.Field(item.Node, "spec")), survey.Action(manifest.Field(fresh, "spec"))
	for _, key := range object.FieldNames() {
		before, wanted := manifest.Field(item.Node, key), manifest.Field(fresh, key)
		same := before != nil && manifest.Equal(before, wanted) || item.Kind == "AuthorizationPolicy" && samePolicy(before, wanted)
		if !same {
			if isShipped(shipped, item, before) {
				moved = true
			} else {
				changed = append(changed, differences(key, before, wanted)...)
			}
			item.Set(item.Node, key, wanted)
		}
	}
	asBefore(input.Before[item], changed)
	adopt(plan, item, object)
	switchOn(notes, item, object)
	if moved && len(changed) == 0 {
		notes.Warn(diagnostic.EditedForAmbient, item, "was as Kubeflow ships it, and was replaced by the policy for ambient mode", "no change of yours is lost", "")
	}
	if len(changed) > 0 && survey.OwnedBy(item) == "" {
		if was == "DENY" && now != was {
			notes.Warn(diagnostic.DenyOverwritten, item, "was a DENY policy without an owned-by annotation, and was overwritten by the generated "+now+" policy of the same name",
				"it no longer denies the requests that its rules denied ("+changesNamed(changed)+")", "give it another name to keep both")
			return
		}
		notes.Warn(diagnostic.Overwritten, item, "was overwritten, because it has no owned-by annotation and differed from the generated object ("+changesNamed(changed)+")", whatIsLost(input, item, changed),
			"delete it from the input, and make the change in the AmbientProfile, or in a patch that runs after this function")
	}
}

// asBefore gives changes the values of the item as it came, where this run has edited it since.
func asBefore(original *yaml.Node, changed []change) {
	if original == nil {
		return
	}
	for i, c := range changed {
		if n, found := manifest.Find(original, c.field); found && c.was != nil {
			changed[i].was = n
		}
	}
}

// keepSelector has a Deployment of ours keep the selector of the one that it replaces, and its pods the
// labels for it: the API server refuses another selector (Kubernetes: apps/v1 validation). Where one of
// our own labels has another value there, ours stay, because our Service selects by them.
func keepSelector(item *manifest.Item, fresh *yaml.Node) {
	was := manifest.Field(item.Node, "spec", "selector")
	chosen := manifest.Field(was, "matchLabels")
	labels := manifest.Field(fresh, "spec", "template", "metadata", "labels")
	if item.Kind != "Deployment" || chosen == nil || labels == nil || len(was.Content) != 2 {
		return
	}
	var added []*yaml.Node
	for i := 0; i+1 < len(chosen.Content); i += 2 {
		key, text := chosen.Content[i].Value, manifest.Value(chosen, chosen.Content[i].Value)
		switch own := manifest.Field(labels, key); {
		case own == nil:
			added = append(added, manifest.Text(key), manifest.Text(text))
		case own.Value != text:
			return
		}
	}
	labels.Content = append(labels.Content, added...)
	selector := manifest.Field(fresh, "spec", "selector")
	selector.Content = was.Content
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
