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

// merge makes an item of the same identity mean what object means. Its own apiVersion, labels and
// annotations stay, because outer patches match by them; a key that we emit wins.
func merge(plan generate.Plan, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, item *manifest.Item, object generate.Object) {
	owner := survey.OwnedBy(item)
	switch {
	case owner != "" && owner != plan.Name:
		notes.Errs = append(notes.Errs, fmt.Errorf("%s: is owned by the AmbientProfile %q, and %q wants it too; "+
			"take the namespace out of one of the two, or set cluster.enabled: false in all but one", item, owner, plan.Name))
	case item.Kind == "Namespace":
		labelNamespace(plan, notes, item, object)
	case item.Kind == "RoleBinding" && owner == "":
		sameRoleBinding(notes, item, object)
	default:
		replace(plan, notes, shipped, item, object)
	}
}

// replace overwrites what object has beside its metadata, and what would switch it off.
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
		found, effect, remedy := "differs from what the AmbientProfile says, and no AmbientProfile owned it", "changes made by hand or by an earlier patch are lost", "make the change in the AmbientProfile, or in a patch that runs after it"
		if was == "DENY" && now != was {
			found += ": it has the action DENY, and ours of the same name has " + now
			effect, remedy = "what its rules denied is not denied any more", "give it another name if that was not meant"
		}
		notes.Warn(diagnostic.Uncoded, item, found, effect, remedy)
	}
}

// adopt sets the labels and annotations that object has. The marks of ownership only go to what
// is ours already: an object of nobody stays nobody's.
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

// switchOn removes annotations and labels that would make Istio ignore a policy, or run the
// waypoint under an identity that the L4 policy does not let in (Istio: deploymentcontroller),
// unless they are ours.
func switchOn(notes *survey.Notes, item *manifest.Item, object generate.Object) {
	off := map[string][][2]string{
		"AuthorizationPolicy": {{"annotations", "istio.io/dry-run"}, {"labels", label.IoIstioRev.Name}},
		// Istio: an istiod of another revision does not see it (config: LabelsInRevision).
		"RequestAuthentication": {{"labels", label.IoIstioRev.Name}},
		"Gateway":               {{"annotations", "gateway.istio.io/service-account"}, {"annotations", "gateway.istio.io/name-override"}},
	}
	for _, mark := range off[item.Kind] {
		in, key := mark[0], mark[1]
		_, annotated := object.Annotations[key]
		_, labelled := object.Labels[key]
		if !annotated && !labelled && item.Unmark(in, key) {
			noun := strings.TrimSuffix(in, "s")
			notes.Warn(diagnostic.Uncoded, item, "had the "+noun+" "+key, "it would not have been in force as written; the "+noun+" was removed", "take the "+noun+" out of the source")
		}
	}
}

// sameRoleBinding leaves a contributor's RoleBinding of KFAM alone where it says what we would say.
func sameRoleBinding(notes *survey.Notes, item *manifest.Item, object generate.Object) {
	fresh := object.Node()
	for _, key := range []string{"roleRef", "subjects"} {
		if was := manifest.Field(item.Node, key); was == nil || !manifest.Equal(was, manifest.Field(fresh, key)) {
			notes.Errs = append(notes.Errs, fmt.Errorf("%s: has the name of a contributor's RoleBinding, but another %s; "+
				"delete it, or correct the contributor in the AmbientProfile", item, key))
			return
		}
	}
}
