// Package load makes up inputs for benchmarks: the same for the same numbers, from nothing.
package load

import (
	"fmt"
	"strings"
)

// Profiles is an AmbientProfile with n profiles, each as short as it can be.
func Profiles(n int) string {
	var out strings.Builder
	out.WriteString("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata:\n  name: kubeflow\nspec:\n  profiles:\n")
	for i := range n {
		fmt.Fprintf(&out, "  - name: %s\n    owner: {name: %s@example.com}\n", Name(i), Name(i))
	}
	return out.String()
}

// Name of the i-th profile.
func Name(i int) string { return fmt.Sprintf("user-%05d", i) }

// ResourceList is what kustomize sends for n profiles together with some documents.
func ResourceList(n int, documents []string) string {
	var out strings.Builder
	out.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:")
	if len(documents) == 0 {
		out.WriteString(" []")
	}
	out.WriteByte('\n')
	for _, document := range documents {
		out.WriteString("- " + indented(document))
	}
	out.WriteString("functionConfig:\n  " + indented(Profiles(n)))
	return out.String()
}

func indented(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// Documents are the documents of a rendered stream, without those that say nothing.
func Documents(stream string) []string {
	var documents []string
	for _, document := range strings.Split("\n"+stream, "\n---\n") {
		if document = strings.Trim(document, "\n"); document != "" {
			documents = append(documents, document)
		}
	}
	return documents
}

// Kubeflow has the shape of a rendered Kubeflow: 650 objects, 9 MB, most of it in the schemas of
// 60 custom resources.
func Kubeflow() []string {
	var documents []string
	for i := range 60 {
		documents = append(documents, customResource(i))
	}
	for i := range 590 {
		documents = append(documents, strings.ReplaceAll(deployment, "NAME", fmt.Sprintf("component-%d", i)))
	}
	return documents
}

func customResource(i int) string {
	var out strings.Builder
	out.WriteString(strings.ReplaceAll(definition, "NAME", fmt.Sprintf("thing%d", i)))
	for field := range 12 {
		fmt.Fprintf(&out, "          field%d:\n            type: object\n            properties:\n", field)
		schema(&out, "              ", 3)
	}
	return out.String()
}

// schema writes properties that have properties of their own, depth levels down.
func schema(out *strings.Builder, indent string, depth int) {
	for _, name := range []string{"matchLabels", "operator", "values"} {
		fmt.Fprintf(out, "%s%s:\n", indent, name)
		fmt.Fprintf(out, "%s  description: |-\n%[1]s    %s is a list of requirements, which are ANDed. If it is empty, it\n", indent, name)
		fmt.Fprintf(out, "%s    matches everything: see https://example.com/docs#%s\n", indent, name)
		if depth == 1 {
			fmt.Fprintf(out, "%s  type: string\n", indent)
			continue
		}
		fmt.Fprintf(out, "%s  type: object\n%[1]s  properties:\n", indent)
		schema(out, indent+"    ", depth-1)
	}
}

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: NAMEs.example.com
spec:
  group: example.com
  names:
    kind: NAME
    plural: NAMEs
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
`

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  namespace: kubeflow
  labels:
    app: NAME
    sidecar.istio.io/inject: "true"
spec:
  replicas: 1
  selector:
    matchLabels:
      app: NAME
  template:
    metadata:
      labels:
        app: NAME
    spec:
      containers:
      - name: main
        image: registry.example.com/kubeflow/NAME:v1.2.3
        args:
        - --port=8080
        - '--leader-elect'
        env:
        - name: LOG
          value: "1"
        ports:
        - containerPort: 8080
          name: http
        resources:
          limits:
            cpu: 100m
            memory: 128Mi
`
