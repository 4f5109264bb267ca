package enroll

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// dataOf are the values of a ConfigMap; those of a JSON object one by one.
func dataOf(data *yaml.Node) map[string]string {
	out := map[string]string{}
	for key, text := range manifest.StringMap(data) {
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &fields) != nil {
			out["data["+key+"]"] = text
			continue
		}
		for name, value := range fields {
			out["data["+key+"]."+name] = string(value)
		}
	}
	return out
}

// shippedSettings are the values that Kubeflow and KServe ship for settings that this function replaces (KServe 0.15:
// inferenceservice-config; Kubeflow: profiles-config). Those that only switch the mode, and are not here, are never anyone's own.
var shippedSettings = map[string][]string{
	"data[KFP_UI_PRINCIPAL]":              {"cluster.local/ns/kubeflow/sa/ml-pipeline-ui"},
	"data[NOTEBOOK_CONTROLLER_PRINCIPAL]": {"cluster.local/ns/kubeflow/sa/notebook-controller-service-account"},
	"data[ingress].domainTemplate":        {`"{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}"`},
	"data[ingress].kserveIngressGateway":  {`"kserve/kserve-ingress-gateway"`, `"kubeflow/kubeflow-gateway"`},
}

// reportSettings reports the values of a ConfigMap that were replaced.
func reportSettings(plan generate.Plan, notes *survey.Notes, item *manifest.Item, name string, was map[string]string, hash bool) {
	now := dataOf(manifest.Field(item.Node, "data"))
	var all, own []string
	for _, key := range generate.SortedKeys(now) {
		before, set := was[key]
		if set && before == now[key] {
			continue
		}
		if !set {
			all = append(all, fmt.Sprintf("%s is new with %s", key, short(now[key])))
			continue
		}
		text := fmt.Sprintf("%s was %s and is %s", key, short(before), short(now[key]))
		all = append(all, text)
		if isOwnSetting(plan, key, before) {
			own = append(own, text)
		}
	}
	const few = 8
	if len(own) > 0 {
		notes.Warn(diagnostic.SettingsReplaced, item, "had values of its own, which were replaced ("+strings.Join(firstOf(own, few), ", ")+")", whyConfigMap[name],
			"change them in a patch that runs after this function, if the old values must stay")
		return
	}
	if !hash {
		notes.Warn(diagnostic.EditedForAmbient, item, "was edited for ambient mode ("+strings.Join(firstOf(all, few), ", ")+")", whyConfigMap[name], "")
	}
}

// isOwnSetting reports whether a value that is replaced is neither Kubeflow's nor one of an earlier run.
func isOwnSetting(plan generate.Plan, key, value string) bool {
	if key == "data[ISTIO_INGRESS_GATEWAY_PRINCIPAL]" {
		return value != "" && !isOldIngress(plan, value)
	}
	shipped, known := shippedSettings[key]
	return known && value != "" && value != `""` && !slices.Contains(shipped, value)
}

// keepsSettings reports whether a ConfigMap must stay as it is, because the API server refuses what this function would
// write into it, and reports that. Kubernetes 1.36 (validation): data of an immutable ConfigMap, and a key that binaryData has too.
func keepsSettings(plan generate.Plan, notes *survey.Notes, item *manifest.Item, name string) bool {
	immutable := manifest.Value(item.Node, "immutable") == "true"
	binary := manifest.Field(item.Node, "binaryData")
	if !immutable && len(manifest.Content(binary)) == 0 {
		return false
	}
	tried := manifest.NewItem(plainCopy(item.Node))
	editConfigMap(plan, tried, name)
	was, now := manifest.StringMap(manifest.Field(item.Node, "data")), manifest.StringMap(manifest.Field(tried.Node, "data"))
	var keys []string
	for _, key := range generate.SortedKeys(now) {
		if now[key] != was[key] && (immutable || manifest.Field(binary, key) != nil) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return false
	}
	found, remedy := "is immutable, so it was left unchanged", "write them where it is generated, under another name"
	if !immutable {
		found, remedy = "has in binaryData what ambient mode needs in data, so it was left unchanged", "move them to data"
	}
	notes.Warn(diagnostic.SettingsKept, item, found, whyConfigMap[name]+" only with other values of "+inWords(keys), remedy)
	return true
}
