package access_test

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// A namespace whose pods take traffic from alice's editor only.
const manifests = `apiVersion: v1
kind: Namespace
metadata:
  name: alice
  labels: {istio.io/dataplane-mode: ambient}
---
apiVersion: v1
kind: Pod
metadata:
  name: notebook
  namespace: alice
  labels: {app: notebook}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: editor-only
  namespace: alice
spec:
  rules:
  - from: [{source: {principals: [cluster.local/ns/alice/sa/default-editor]}}]
`

const question = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AccessCheck
metadata: {name: notebook}
spec:
  cases:
  - name: the editor
    from: {serviceAccount: alice/default-editor}
    to: {namespace: alice, pod: {app: notebook}, direct: true}
    expect: allow
  - name: a pod of bob
    from: {serviceAccount: bob/default-editor}
    to: {namespace: alice, pod: {app: notebook}, direct: true}
    expect: deny
`

// Load reads rendered manifests from any source. Nothing asks a cluster.
func ExampleLoad() {
	world, err := access.Load(slices.Values(documents(manifests)))
	if err != nil {
		fmt.Println(err)
		return
	}
	check, err := access.ParseCheck(documents(question)[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, result := range world.Run(check) {
		fmt.Println(result.Name+":", result.Got)
	}
	// Output:
	// the editor: allow
	// a pod of bob: deny
}

// ParseClient reads the clients of --from.
func ExampleParseClient() {
	for _, text := range []string{"user:alice@example.com", "pod:alice/default-editor", "anonymous"} {
		from, err := access.ParseClient(text)
		fmt.Println(from.User, from.ServiceAccount, from.Anonymous, err)
	}
	// Output:
	// alice@example.com  false <nil>
	//  alice/default-editor false <nil>
	//   true <nil>
}

// ParseCheck rejects what would silently mean something else.
func ExampleParseCheck() {
	_, err := access.ParseCheck(documents(strings.Replace(question, "expect: allow", "expected: allow", 1))[0])
	fmt.Println(err)
	// Output: [AP0802] spec.cases[0].expected: unknown field; did you mean expect?
}

func documents(text string) []*yaml.Node {
	var list []*yaml.Node
	for _, document := range strings.Split(text, "---\n") {
		list = append(list, yaml.MustParse(document).YNode())
	}
	return list
}
