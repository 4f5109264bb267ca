package kube

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
)

// ReadFile reads the manifests of one file.
func ReadFile(path string) ([]*Object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	objects, err := Read(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return objects, nil
}

// Read splits a stream of YAML documents; empty ones are skipped, Lists opened.
func Read(content []byte) ([]*Object, error) {
	var objects []*Object
	docs := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		var doc runtime.RawExtension
		err := docs.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Raw) == 0 || string(doc.Raw) == "null" {
			continue
		}
		o := &Object{}
		// sigs.k8s.io/json keeps integers integers; Object's own UnmarshalJSON would refuse what has no kind.
		if err := json.UnmarshalCaseSensitivePreserveInts(doc.Raw, &o.Object); err != nil {
			return nil, err
		}
		if !o.IsList() {
			objects = append(objects, o)
			continue
		}
		list, err := o.ToList()
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			objects = append(objects, &list.Items[i])
		}
	}
}

// InstallOrder is how kubectl and Argo CD sort: what others live in or are described by goes first.
func InstallOrder(objects []*Object) []*Object {
	sorted := slices.Clone(objects)
	slices.SortStableFunc(sorted, func(a, b *Object) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted
}

var first = []string{"Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Secret", "Service"}

func rank(o *Object) int {
	if i := slices.Index(first, o.GetKind()); i >= 0 {
		return i
	}
	return len(first)
}
