// Package enroll edits objects of the input, and only those that the contract
// names. An item that nothing here touches leaves exactly as it came.
//
// The prefix of a file's name says what the file is for:
//
//	convert_       policies of the sidecar era, and their copies for the waypoints
//	platform_      Kubeflow's own objects, with cluster.platform.enabled, one kind per file
//	configmap_     the ConfigMaps that are edited in place
//	warn_          messages only; these files edit nothing
//
// The other files edit objects of any kind (same.go, prune.go, restrict.go, namespace.go).
package enroll

import (
	"errors"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// Place puts the wanted objects among the items of the input: existing ones are edited in place, the
// others appended in their order. It returns the items that stay, and the warnings. The error joins all
// problems, and each names its object; then no result may be used.
func Place(plan generate.Plan, found survey.Found, wanted []generate.Object) ([]*manifest.Item, []diagnostic.Diagnostic, error) {
	input, notes := found.Index, &survey.Notes{Config: plan.Name}
	before := beforeLabels(input)
	warnInput(plan, input, notes)
	warnIstio(plan, input, notes)
	warnModeNames(plan, input, notes)
	if plan.Restrict {
		restrictControllers(plan, input, notes)
	}
	reportEdits(input, notes, "was attached to the waypoint (targetRefs)", "ztunnel drops its HTTP rules; a port in it is that of a Service at the waypoint", func() {
		convertPolicies(plan, input, notes)
	})
	if plan.Cluster != nil {
		editConfigMaps(plan, input, notes)
	}
	var stay []*manifest.Item
	if plan.Platform != nil {
		replaceOldIngress(plan, input, notes, wanted)
		stay = movePolicies(plan, input, notes)
	}
	warnLogins(plan, input, notes)
	shipped := shippedForms(plan)
	if plan.Platform != nil {
		wanted = movePlatform(plan, found.Kubeflow, input, notes, stay, shipped, wanted)
	}
	wanted = append(wanted, copyPolicies(plan, input, notes, stay, wanted)...)
	warnVoid(plan, input, notes, wanted)
	warnNotConverted(plan, input, notes)
	prune(plan, input, notes, wanted)
	refuseHidden(plan, input, notes, wanted)
	placeAll(plan, input, notes, shipped, wanted)
	before.warnSelectors(input, notes)
	for _, item := range input.Items {
		notes.Errs = append(notes.Errs, item.Errs...)
	}
	if err := errors.Join(notes.Errs...); err != nil {
		return nil, nil, err
	}
	return remaining(input), notes.Findings, nil
}

// theOnly returns the item to edit or remove, or nil. An item that is there twice is an error: an edit
// would change only one of them, and the other could be the one that the cluster keeps.
func theOnly(input *survey.Index, notes *survey.Notes, id manifest.ID) *manifest.Item {
	item := input.ByID[id]
	if second := input.Twice[id]; second != nil {
		notes.Errs = append(notes.Errs, second.Report(diagnostic.InInputTwice, "", "is in the input twice"+firstAt(item), "the last one applied would win, but only the other would be edited",
			"remove one of the two, or a file that is given twice"))
	}
	return item
}

// firstAt says where the first of two items is, if that is known.
func firstAt(item *manifest.Item) string {
	if at := item.At(item.Node).String(); at != "" {
		return ", first at " + at
	}
	return ""
}

// placeAll merges each manifest into the item of the same identity, or appends it.
func placeAll(plan generate.Plan, input *survey.Index, notes *survey.Notes, shipped map[manifest.ID][]*yaml.Node, wanted []generate.Object) {
	files := newFiles(input)
	for _, object := range wanted {
		item := theOnly(input, notes, idOf(object))
		if item == nil || item.Removed {
			input.Items = append(input.Items, files.add(object))
			continue
		}
		item.CopyOf = object.CopyOf
		merge(plan, input, notes, shipped, item, object)
	}
}

// remaining are the items that are not removed, with those that do not go to the cluster where they were.
func remaining(input *survey.Index) []*manifest.Item {
	out := withoutRemoved(input.Items)
	if len(input.Local) == 0 {
		return out
	}
	all := withoutRemoved(input.All)
	return append(all, out[len(all)-len(input.Local):]...)
}

// withoutRemoved are the items that stay, and the comments above the others that are for the whole file.
func withoutRemoved(items []*manifest.Item) []*manifest.Item {
	out := make([]*manifest.Item, 0, len(items))
	for _, item := range items {
		if item.Removed {
			item = item.Head()
		}
		if item != nil {
			out = append(out, item)
		}
	}
	return out
}
