package enroll

import (
	"encoding/json"
	"fmt"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// findTrouble looks at items that are not ours to edit and would lock people out, or keep what we
// write from having its effect.
func findTrouble(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	namespaces := map[string]generate.Namespace{}
	for _, ns := range plan.Namespaces {
		namespaces[ns.Name] = ns
	}
	for _, item := range input.Items {
		switch ns, ours := namespaces[item.Namespace]; {
		case item.Removed:
		case item.Group == "" && item.Kind == "Namespace":
			if ns, ours := namespaces[item.Name]; ours {
				namespaceTrouble(notes, item, ns)
			}
		case ours && item.Group == survey.IstioSecurity && item.Name == "ns-owner-access-istio":
			controllersPolicyTrouble(plan, notes, item, ns)
		case ours && item.Group == "serving.kserve.io" && item.Kind == "InferenceService":
			modelTrouble(notes, item)
		}
	}
	gatewayTrouble(plan, input, notes)
	kserveTrouble(plan, input, notes)
	namespaceLabelsTrouble(input, notes)
}

func namespaceTrouble(notes *survey.Notes, item *manifest.Item, ns generate.Namespace) {
	if owner := item.Annotation("owner"); owner != ns.Owner && survey.OwnedBy(item) == "" {
		found := fmt.Sprintf("its annotation owner is %q, the profile's owner %q", owner, ns.Owner)
		if owner == "" {
			found = "it has no annotation owner"
		}
		notes.Warn(diagnostic.Uncoded, item, found, "the profile-controller refuses a Namespace whose owner is not the Profile's", fmt.Sprintf("set the annotation owner: %q", ns.Owner))
	}
	if item.Label("istio-injection") == "enabled" && item.Label(label.IoIstioDataplaneMode.Name) == "ambient" {
		notes.Warn(diagnostic.Uncoded, item, "has istio-injection: enabled beside dataplane-mode: ambient", "its pods got sidecars, which ambient leaves out; injection was set to disabled", "restart the pods that still have one")
	}
	if item.Label(label.IoIstioUseWaypoint.Name) == "none" {
		notes.Warn(diagnostic.Uncoded, item, "had the label istio.io/use-waypoint: none", "its Services would have been reached without the L7 policies; the label was set to the profile's waypoint", "take the label out of the source")
	}
}

// controllersPolicyTrouble finds an edit of the policy that the profile-controller owns: it would
// be undone there, and says nothing that ours do not.
func controllersPolicyTrouble(plan generate.Plan, notes *survey.Notes, item *manifest.Item, ns generate.Namespace) {
	if plan.Restrict { // which removes it
		return
	}
	for _, stock := range generate.ControllersPolicySpecs(ns) {
		if samePolicy(manifest.Field(item.Node, "spec"), stock) {
			return
		}
	}
	notes.Warn(diagnostic.Uncoded, item, "is not as the profile-controller writes it", "the controller puts its own back; until then it may let in others",
		"leave it to the controller, and say what you need in the AmbientProfile or in a policy of another name")
}

func modelTrouble(notes *survey.Notes, item *manifest.Item) {
	if mode := item.Annotation("serving.kserve.io/deploymentMode"); mode == "Serverless" || mode == "Knative" {
		notes.Warn(diagnostic.Uncoded, item, "runs in "+mode+" mode", "Knative's own gateways send its traffic past the waypoint: nobody gets in from outside", "set the annotation to RawDeployment (Standard from KServe 0.16)")
	}
}

// gatewayTrouble finds a tree that still has the sidecar-era gateway and not the new one: the
// policies would let in a gateway that is not there.
func gatewayTrouble(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Platform != nil { // which brings the new one
		return
	}
	mesh := plan.Mesh
	old := input.ByID[manifest.NewID("apps", "Deployment", "istio-system", "istio-ingressgateway")]
	if old == nil {
		old = input.ByID[manifest.NewID("", "Service", "istio-system", "istio-ingressgateway")]
	}
	if old == nil || input.ByID[manifest.NewID(survey.GatewayGroup, "Gateway", mesh.GatewayNamespace, mesh.GatewayName)] != nil {
		return
	}
	notes.Warn(diagnostic.Uncoded, old, fmt.Sprintf("is in the input, and the Gateway %s/%s is not", mesh.GatewayNamespace, mesh.GatewayName),
		"the policies let in that Gateway only: owners would be locked out until it is there", "apply the Gateway first, and its login (dex, oauth2-proxy) with it")
}

// kserveTrouble finds a KServe whose models no waypoint can stand before.
func kserveTrouble(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Cluster == nil {
		return
	}
	kserve, item := plan.Cluster.KServe, inferenceServiceConfig(plan, input)
	if item != nil {
		mode := jsonText(survey.DataOf(item, "deploy"), "defaultDeploymentMode")
		if kserve.DeploymentMode == "" && (mode == "Serverless" || mode == "Knative") {
			notes.Warn(diagnostic.Uncoded, item, "has defaultDeploymentMode "+mode, "Knative's own gateways send the models' traffic past the waypoint: nobody gets in from outside",
				"set cluster.kserve.deploymentMode (it switches every model of the cluster)")
		}
	}
	if kserve.DeploymentMode != "" && item == nil {
		notes.Find(diagnostic.Uncoded, "spec.cluster.kserve.deploymentMode", "the ConfigMap inferenceservice-config is not in the input", "nothing was switched", "put KServe's manifests into the input, or leave the field out")
	}
}

// jsonText is the text below key of a JSON object, or "".
func jsonText(object, key string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(object), &fields) != nil {
		return ""
	}
	text, _ := fields[key].(string)
	return text
}
