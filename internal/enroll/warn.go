package enroll

import (
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// warnInput reports items that are not ours to edit and that would lock users out, or keep our
// objects from taking effect.
func warnInput(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	namespaces := map[string]generate.Namespace{}
	for _, ns := range plan.Namespaces {
		namespaces[ns.Name] = ns
	}
	for _, item := range input.Items {
		switch ns, ours := namespaces[item.Namespace]; {
		case item.Removed:
		case item.IsGenerated():
			if ours || plan.Platform != nil && slices.Contains([]string{profile.KubeflowNamespace, survey.OldGatewayNamespace, plan.Mesh.RootNamespace}, item.Namespace) {
				warnGeneratedName(notes, item)
			}
		case item.Group == "" && item.Kind == "Namespace":
			if ns, ours := namespaces[item.Name]; ours {
				warnNamespace(notes, item, ns)
			}
		case ours && item.Group == survey.IstioSecurity && item.Name == generate.ControllersPolicyName:
			warnControllersPolicy(plan, notes, item, ns)
		case ours && item.Group == "serving.kserve.io" && item.Kind == "InferenceService":
			warnModel(notes, item)
		}
	}
	for _, item := range input.Local {
		if _, ours := namespaces[item.Name]; ours && item.Group == "" && item.Kind == "Namespace" {
			notes.WarnAt(diagnostic.NamespaceLocal, item, "metadata.annotations["+manifest.LocalAnnotation+"]", "keeps the Namespace out of the cluster",
				"the profile needs its Namespace, so another one was generated", "remove the annotation to have this Namespace labeled, or remove this Namespace")
		}
	}
	warnGateway(plan, input, notes)
	warnListener(plan, input, notes)
	warnKServe(plan, input, notes)
	warnLabelsFiles(input, notes)
}

// warnGeneratedName reports a policy or a route that this run would read to edit it, if its name were known.
func warnGeneratedName(notes *survey.Notes, item *manifest.Item) {
	if item.Group == survey.IstioSecurity || item.Group == survey.IstioNetworking || item.Kind == "NetworkPolicy" {
		notes.WarnAt(diagnostic.NameGenerated, item, "metadata.generateName", "makes up the name when the object is created",
			"it was left unchanged, so it may lose rules in ambient mode or be for the old gateway only", "write metadata.name instead")
	}
}

// warnGateway reports a tree that still has the sidecar-era gateway and not the new one: the
// policies would allow a gateway that does not exist.
func warnGateway(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Platform != nil { // which includes the new one
		return
	}
	mesh := plan.Mesh
	old := input.ByID[manifest.NewID("apps", "Deployment", survey.OldGatewayNamespace, survey.OldGatewayName)]
	if old == nil {
		old = input.ByID[manifest.NewID("", "Service", survey.OldGatewayNamespace, survey.OldGatewayName)]
	}
	if old == nil || input.ByID[manifest.NewID(survey.GatewayGroup, "Gateway", mesh.GatewayNamespace, mesh.GatewayName)] != nil {
		return
	}
	notes.Warn(diagnostic.GatewayNotInInput, old, fmt.Sprintf("is in the input, but Gateway %s/%s is not", mesh.GatewayNamespace, mesh.GatewayName),
		"the policies allow only that Gateway, so owners are locked out until it exists", "apply the Gateway and its login (dex, oauth2-proxy) first, or set cluster.platform.enabled: true to generate it")
}
