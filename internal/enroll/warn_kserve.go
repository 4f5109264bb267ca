package enroll

import (
	"encoding/json"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// knativeBypasses is the effect of Knative mode. Its private Services lead net-istio's gateway, or the
// activator where a model is scaled to zero, to the addresses of pods, where queue-proxy answers; neither
// passes a waypoint, and ztunnel admits the namespace itself only (Knative: SKS in Serve and Proxy mode).
const knativeBypasses = "Knative's gateway and its activator connect to the model's pods past the waypoint, so requests from outside are denied and a model that is scaled to zero is not started by a request; pods of its own namespace still reach running pods"

// warnModel reports a model that runs in Serverless mode.
func warnModel(notes *survey.Notes, item *manifest.Item) {
	if mode := item.Annotation("serving.kserve.io/deploymentMode"); mode == "Serverless" || mode == "Knative" {
		notes.Warn(diagnostic.ModelServerless, item, "runs in "+mode+" mode", knativeBypasses, "set the annotation serving.kserve.io/deploymentMode to Standard (RawDeployment before KServe 0.16), whose HTTPRoute leads through the waypoint")
	}
}

// warnKServe reports a KServe whose models bypass the waypoint.
func warnKServe(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if plan.Cluster == nil {
		return
	}
	kserve, item := plan.Cluster.KServe, inferenceServiceConfig(plan, input)
	if item != nil {
		mode := jsonText(survey.DataOf(item, "deploy"), "defaultDeploymentMode")
		if kserve.DeploymentMode == "" && (mode == "Serverless" || mode == "Knative") {
			notes.WarnAt(diagnostic.ModelsServerless, item, "data[deploy]", "sets defaultDeploymentMode to "+mode, knativeBypasses,
				"set cluster.kserve.deploymentMode, which switches every model in the cluster")
		}
	}
	if kserve.DeploymentMode != "" && item == nil {
		notes.WarnConfig(diagnostic.KServeConfigMissing, "spec.cluster.kserve.deploymentMode", "is set, but ConfigMap inferenceservice-config is not in the input",
			"nothing was switched", "add KServe's manifests to the input, or remove the field")
	}
}

// jsonText returns the string at key of a JSON object, or "".
func jsonText(object, key string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(object), &fields) != nil {
		return ""
	}
	text, _ := fields[key].(string)
	return text
}

// inferenceServiceConfig returns KServe's ConfigMap, or nil if it is not in the input.
func inferenceServiceConfig(plan generate.Plan, input *survey.Index) *manifest.Item {
	for _, item := range input.Items {
		if item.Kind != "ConfigMap" || item.Group != "" || item.Namespace != plan.Cluster.KServe.Namespace {
			continue
		}
		name := item.Name
		if m := survey.Hashed.FindStringSubmatch(name); m != nil {
			name = m[1]
		}
		if name == "inferenceservice-config" {
			return item
		}
	}
	return nil
}
