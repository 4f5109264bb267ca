package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// What the benchmarks and the tests that count allocations feed to the function.

// profilesOf is an AmbientProfile with n profiles, each as short as it can be.
func profilesOf(n int) string {
	var out strings.Builder
	out.WriteString("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata:\n  name: kubeflow\nspec:\n  profiles:\n")
	for i := range n {
		fmt.Fprintf(&out, "  - name: user-%05d\n    owner: {name: user-%05d@example.com}\n", i, i)
	}
	return out.String()
}

// resourceListOf is what kustomize sends: n profiles to make, and the documents of a stream.
func resourceListOf(n int, documents string) string {
	var out strings.Builder
	out.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n")
	if documents == "" {
		out.WriteString("items: []\n")
	} else {
		out.WriteString("items:\n")
	}
	for _, document := range splitDocuments([]byte(documents)) {
		if text := strings.TrimSpace(string(document)); text != "" {
			out.WriteString("- " + indented(text) + "\n")
		}
	}
	out.WriteString("functionConfig:\n  " + indented(strings.TrimSpace(profilesOf(n))) + "\n")
	return out.String()
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

func transformOnce(list string) error {
	return transform(strings.NewReader(list), io.Discard, io.Discard)
}

// transformed is the ResourceList that the function answers.
func transformed(tb testing.TB, list string) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := transform(strings.NewReader(list), &out, io.Discard); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// madeUpTree has the shape of a rendered Kubeflow: some 650 objects, 9 MB, nine tenths of it the
// schemas of 60 custom resources.
func madeUpTree() string {
	var out strings.Builder
	for i := range 60 {
		fmt.Fprintf(&out, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things%d.example.com\nspec:\n"+
			"  group: example.com\n  names:\n    kind: Thing%d\n    plural: things%d\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    storage: true\n"+
			"    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n", i, i, i)
		for j := range 12 {
			fmt.Fprintf(&out, "          field%d:\n            type: object\n            properties:\n", j)
			schema(&out, "              ", 3)
		}
		out.WriteString("---\n")
	}
	for i := range 590 {
		fmt.Fprintf(&out, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: component-%d\n  namespace: kubeflow\n  labels:\n    app: component-%d\n    sidecar.istio.io/inject: \"true\"\nspec:\n"+
			"  replicas: 1\n  selector:\n    matchLabels:\n      app: component-%d\n  template:\n    metadata:\n      labels:\n        app: component-%d\n    spec:\n"+
			"      containers:\n      - name: main\n        image: registry.example.com/kubeflow/component-%d:v1.2.3\n        args:\n        - --port=8080\n        - '--leader-elect'\n"+
			"        env:\n        - name: LOG\n          value: \"1\"\n        ports:\n        - containerPort: 8080\n          name: http\n        resources:\n          limits:\n            cpu: 100m\n            memory: 128Mi\n---\n", i, i, i, i, i)
	}
	return out.String()
}

// schema writes properties that have properties of their own, depth levels down.
func schema(out *strings.Builder, indent string, depth int) {
	for _, name := range []string{"matchLabels", "operator", "values"} {
		fmt.Fprintf(out, "%s%s:\n%s  description: |-\n%s    %s is a list of requirements, which are ANDed. If it is empty, it\n%s    matches everything: see https://example.com/docs#%s\n",
			indent, name, indent, indent, name, indent, name)
		if depth > 1 {
			fmt.Fprintf(out, "%s  type: object\n%s  properties:\n", indent, indent)
			schema(out, indent+"    ", depth-1)
		} else {
			fmt.Fprintf(out, "%s  type: string\n", indent)
		}
	}
}
