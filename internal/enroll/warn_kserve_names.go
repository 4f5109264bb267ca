package enroll

import (
	"regexp"
	"strconv"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

const modeAnnotation = "serving.kserve.io/deploymentMode"

// modesRenamed are the deployment modes by their old names. KServe 0.16 to 0.18 take one for the other, but
// the validation of an InferenceService does not (KServe 0.16: pkg/constants, ParseDeploymentMode;
// pkg/apis/serving/v1beta1, inference_service_validation.go).
var modesRenamed = map[string]string{"RawDeployment": "Standard", "Serverless": "Knative"}

// firstNewModes is the minor release of KServe 0 from which on an old name is worth a warning.
const firstNewModes = 18

var kserveController = regexp.MustCompile(`(?:^|/)kserve-controller:v?0\.(\d+)(?:[.@-]|$)`)

// newModes reports whether the KServe of the input is one whose modes have the new names.
func newModes(input *survey.Index) bool {
	for _, item := range input.Items {
		if item.Kind != "Deployment" {
			continue
		}
		for _, c := range manifest.Content(manifest.Field(item.Node, "spec", "template", "spec", "containers")) {
			if m := kserveController.FindStringSubmatch(manifest.Value(manifest.Dealias(c), "image")); m != nil {
				minor, err := strconv.Atoi(m[1])
				return err == nil && minor >= firstNewModes
			}
		}
	}
	return false
}

// warnModeNames reports old names of deployment modes, where KServe is known to have new ones.
func warnModeNames(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if !newModes(input) {
		return
	}
	found := func(mode string) string {
		return "has the old name " + mode + " of the deployment mode " + modesRenamed[mode]
	}
	effect := func(mode string) string {
		out := "KServe has deprecated it and reads it as the new one"
		if mode == "RawDeployment" {
			out += ", but refuses models whose scaleMetric is cpu or memory"
		}
		return out
	}
	if plan.Cluster != nil {
		if mode := plan.Cluster.KServe.DeploymentMode; modesRenamed[mode] != "" {
			notes.WarnConfig(diagnostic.ModeRenamed, "spec.cluster.kserve.deploymentMode", found(mode), effect(mode), "write "+modesRenamed[mode])
		} else if item := inferenceServiceConfig(plan, input); item != nil && mode == "" {
			if mode := jsonText(survey.DataOf(item, "deploy"), "defaultDeploymentMode"); modesRenamed[mode] != "" {
				notes.WarnAt(diagnostic.ModeRenamed, item, "data[deploy]", found(mode), effect(mode), "write "+modesRenamed[mode])
			}
		}
	}
	profiles := map[string]bool{}
	for _, ns := range plan.Namespaces {
		profiles[ns.Name] = true
	}
	for _, item := range input.Items {
		if mode := item.Annotation(modeAnnotation); survey.IsModel(item) && profiles[item.Namespace] && modesRenamed[mode] != "" {
			notes.WarnAt(diagnostic.ModeRenamed, item, "metadata.annotations["+modeAnnotation+"]", found(mode), effect(mode), "write "+modesRenamed[mode])
		}
	}
}
