package enroll

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// editConfigMaps sets what Kubeflow's controllers must know about the mesh.
func editConfigMaps(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	for _, item := range input.Items {
		if item.Kind != "ConfigMap" || item.Group != "" || survey.OwnedBy(item) != "" {
			continue
		}
		name, hash := item.Name, false
		if m := survey.Hashed.FindStringSubmatch(item.Name); m != nil && knownConfigMap(plan, m[1], item.Namespace) {
			name, hash = m[1], true
		}
		if !knownConfigMap(plan, name, item.Namespace) || keepsSettings(plan, notes, item, name) {
			continue
		}
		before := dataOf(manifest.Field(item.Node, "data"))
		if !editedBy(item, func() { editConfigMap(plan, item, name) }) {
			continue
		}
		reportSettings(plan, notes, item, name, before, hash)
		if hash {
			notes.Warn(diagnostic.HashedNameKept, item, "was edited, but keeps its hash-suffixed name", "the pods that read it will not restart and keep the old settings",
				"run the function in the kustomization that generates the ConfigMap, or restart the pods")
		}
	}
	warnHosts(plan, input, notes)
}

// whyConfigMap says what the edits of a ConfigMap are for.
var whyConfigMap = map[string]string{
	"profiles-config": "the policies that Kubeflow's controllers write allow the new gateway",
	"kubeflow-pipelines-profile-controller-env": "the artifact proxies of tenants start without sidecars",
	"inferenceservice-config":                   "KServe makes Deployments, and HTTPRoutes at the new gateway",
}

func knownConfigMap(plan generate.Plan, name, namespace string) bool {
	switch name {
	case "profiles-config", "kubeflow-pipelines-profile-controller-env":
		return namespace == profile.KubeflowNamespace
	case "inferenceservice-config":
		return namespace == plan.Cluster.KServe.Namespace
	}
	return false
}

func editConfigMap(plan generate.Plan, item *manifest.Item, name string) {
	switch name {
	case "profiles-config":
		editPrincipals(plan, item)
	case "kubeflow-pipelines-profile-controller-env":
		setData(item, "DISABLE_ISTIO_SIDECAR", "true")
	case "inferenceservice-config":
		editInferenceService(plan, item)
	}
}

// editPrincipals sets the principals whose userid header the profile-controller and KFAM trust.
func editPrincipals(plan generate.Plan, item *manifest.Item) {
	mesh := plan.Mesh
	setData(item, "ISTIO_INGRESS_GATEWAY_PRINCIPAL", mesh.Ingress)
	for _, other := range []struct{ key, principal string }{
		{"KFP_UI_PRINCIPAL", mesh.PipelinesUI},
		{"NOTEBOOK_CONTROLLER_PRINCIPAL", mesh.NotebookController},
	} {
		if survey.DataOf(item, other.key) != "" {
			setData(item, other.key, other.principal)
		}
	}
}

// setData sets a value of a ConfigMap, and keeps the style of the old one.
func setData(i *manifest.Item, key, text string) {
	data := i.Ensure(i.Node, "data")
	was := manifest.Field(data, key)
	if was != nil && was.Kind == yaml.ScalarNode {
		if was.Value != text {
			was.Value, was.Tag = text, yaml.NodeTagString
			i.Changed = true
			manifest.Quoted(was)
		}
		return
	}
	if was != nil {
		got := "a map"
		if was.Kind == yaml.SequenceNode {
			got = "a list"
		}
		i.Errs = append(i.Errs, i.Report(diagnostic.ConfigMapNotString, "data["+key+"]", "expected a string, got "+got, "", "write a string"))
	}
	i.Set(data, key, manifest.Text(text))
}
