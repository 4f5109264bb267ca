package enroll

import (
	"fmt"
	"slices"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// announceDefaultDeny reports that the mesh is closed by default from now on, and which namespaces of
// the input are in the mesh and have no policy that allows anything.
func announceDefaultDeny(plan generate.Plan, kubeflow survey.Kubeflow, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	at := slices.IndexFunc(wanted, func(o generate.Object) bool {
		return o.Name == generate.DefaultDenyName && o.Namespace == plan.Mesh.RootNamespace
	})
	if kubeflow.Closed || at < 0 {
		return
	}
	if item := input.ByID[idOf(wanted[at])]; item != nil && survey.OwnedBy(item) == plan.Name {
		return // an earlier run added it
	}
	policy := fmt.Sprintf("AuthorizationPolicy %s/%s", plan.Mesh.RootNamespace, generate.DefaultDenyName)
	notes.WarnConfig(diagnostic.DefaultDenyAdded, "spec.cluster.platform", "added the default deny of the whole mesh ("+policy+"), which the input did not have",
		"a workload in the mesh accepts only what an ALLOW policy allows, also in namespaces that are not in the input",
		"add ALLOW policies to those namespaces, and then the default deny to the input")
	allows := allowing(input, wanted)
	for _, item := range input.Items {
		if item.Group != "" || item.Kind != "Namespace" || isProfile(plan, item.Name) || !joinsMesh(item) {
			continue
		}
		const remedy = "add an ALLOW policy for what its workloads must accept"
		if item.Name != profile.KubeflowNamespace && len(allows[item.Name])+len(allows[plan.Mesh.RootNamespace]) == 0 {
			notes.Warn(diagnostic.DefaultDenyStops, item, "is in the mesh, and no AuthorizationPolicy of the input allows anything in it",
				policy+" denies every request to its workloads that no generated policy allows", remedy)
			continue
		}
		if closed := closedWorkloads(input, item.Name, slices.Concat(allows[item.Name], allows[plan.Mesh.RootNamespace])); len(closed) > 0 {
			notes.Warn(diagnostic.DefaultDenyStops, item, "is in the mesh, and no AuthorizationPolicy allows anything to the pods of "+inWords(firstOf(closed, 5)),
				policy+" denies every request to them", "add an ALLOW policy for what they must accept")
		}
	}
}

// isProfile reports whether a namespace is a profile's: it has policies of its own.
func isProfile(plan generate.Plan, namespace string) bool {
	return slices.ContainsFunc(plan.Namespaces, func(ns generate.Namespace) bool { return ns.Name == namespace })
}

// allowing are the selectors of the policies that allow something to pods, by namespace: those of the input,
// and ours. Ours without a selector is for a Gateway.
func allowing(input *survey.Index, wanted []generate.Object) map[string][]survey.Labels {
	out := map[string][]survey.Labels{}
	add := func(namespace string, spec *yaml.Node) {
		if chosen, known := selectorOf(spec); known && survey.Action(spec) == "ALLOW" && len(survey.RulesOf(spec)) > 0 && survey.WithoutTargets(spec) {
			out[namespace] = append(out[namespace], chosen)
		}
	}
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		if spec := manifest.Field(item.Node, "spec"); survey.Enforced(item) && !isMalformed(spec) {
			add(item.Namespace, spec)
		}
	})
	for _, o := range wanted {
		if o.Kind == "AuthorizationPolicy" {
			add(o.Namespace, manifest.Field(o.Node(), "spec"))
		}
	}
	return out
}

// closedWorkloads names the workloads of a namespace that are in the mesh and that none of the selectors
// selects. Nobody calls the pods of jobs.
func closedWorkloads(input *survey.Index, namespace string, allows []survey.Labels) (names []string) {
	for _, w := range input.WorkloadsOf(namespace) {
		name := w.Kind + " " + w.Name
		out := w.Labels.Cover(survey.LabelsFrom(map[string]string{label.IoIstioDataplaneMode.Name: "none"}))
		if w.Removed || w.Kind == "Job" || w.Kind == "CronJob" || out || slices.Contains(names, name) ||
			slices.ContainsFunc(allows, func(chosen survey.Labels) bool { return w.Labels.Cover(chosen) }) {
			continue
		}
		names = append(names, name)
	}
	return names
}

// joinsMesh reports whether the pods of a Namespace are in the mesh: behind ztunnel, or with a sidecar.
func joinsMesh(namespace *manifest.Item) bool {
	return namespace.Label(label.IoIstioDataplaneMode.Name) == "ambient" || namespace.Label("istio-injection") == "enabled" || namespace.Revision() != ""
}
