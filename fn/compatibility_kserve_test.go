package fn

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// kserveReleases are the minor releases of KServe 0 in the table.
var kserveReleases = []int{17, 18, 19, 20}

// kserveInput has the controller of a release, its configuration, and a model.
const kserveInput = `apiVersion: apps/v1
kind: Deployment
metadata: {name: kserve-controller-manager, namespace: kubeflow}
spec: {template: {spec: {containers: [{name: manager, image: "docker.io/kserve/kserve-controller:v0.%d.1"}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: inferenceservice-config, namespace: kubeflow}
data:
  deploy: '{"defaultDeploymentMode": "%s"}'
  ingress: '{"enableGatewayApi": true, "domainTemplate": "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"}'
  service: '{"serviceClusterIPNone": false}'
`

const kserveConfig = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
  profiles: [{name: alice, owner: {name: alice@example.com}}]
  cluster: {kserve: {%s}}
`

var codeOfWarning = regexp.MustCompile(`: warning: .*\[(AP034\d)\]`)

// kserveTable is what a run says of each mode of each release, and which mode a switch writes.
func kserveTable(t *testing.T) string {
	t.Helper()
	modes := []string{"RawDeployment", "Standard", "Serverless", "Knative"}
	head := []string{"KServe"}
	for _, mode := range modes {
		head = append(head, "`"+mode+"` by default")
	}
	for _, mode := range modes[:2] {
		head = append(head, "`deploymentMode: "+mode+"`")
	}
	var rows [][]string
	for _, release := range kserveReleases {
		row := []string{fmt.Sprint("0.", release)}
		for _, mode := range modes {
			_, _, stderr := treeRun(t, fmt.Sprintf(kserveConfig, ""), fmt.Sprintf(kserveInput, release, mode))
			row = append(row, warningsOf(stderr))
		}
		for _, mode := range modes[:2] {
			_, stdout, stderr := treeRun(t, fmt.Sprintf(kserveConfig, "deploymentMode: "+mode), fmt.Sprintf(kserveInput, release, "Knative"))
			part(t, "the configuration", stdout, `"defaultDeploymentMode": "`+mode+`"`)
			row = append(row, warningsOf(stderr))
		}
		rows = append(rows, row)
	}
	return table("KServe", head, rows,
		"A cell has the [warnings](messages.md) of a run: `AP0342` says what does not work in Knative mode, `AP0346` names the new mode. The controller's image names the release. What KServe makes\n"+
			"of a model is not run here, because its controllers are no Go modules: `make dataplane` has the HTTPRoutes and Services that it writes in Standard mode.\n")
}

func warningsOf(stderr string) string {
	var codes []string
	for line := range strings.Lines(stderr) {
		if m := codeOfWarning.FindStringSubmatch(line); m != nil {
			codes = append(codes, "`"+m[1]+"`")
		}
	}
	if len(codes) == 0 {
		return "no warning"
	}
	return strings.Join(codes, ", ")
}
