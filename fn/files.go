package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/enroll"
)

// readConfig reads the one AmbientProfile of a file; - is stdin.
func readConfig(name string, stdin io.Reader) (*yaml.Node, error) {
	items, err := readFile(name, stdin)
	if err != nil {
		return nil, err
	}
	var configs []*yaml.Node
	for _, item := range items {
		if item.Node != nil {
			configs = append(configs, item.Node)
		}
	}
	if len(configs) != 1 {
		return nil, fmt.Errorf("%s: holds %d documents; give one AmbientProfile", name, len(configs))
	}
	return configs[0], nil
}

func readInputs(names []string, stdin io.Reader) ([]*enroll.Item, error) {
	var items []*enroll.Item
	for _, name := range names {
		more, err := readFile(name, stdin)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// readFile reads every document of a file, a List's items one by one.
func readFile(name string, stdin io.Reader) ([]*enroll.Item, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	var items []*enroll.Item
	for i, text := range splitDocuments(data) {
		more, err := readDocument(text)
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", name, i+1, err)
		}
		items = append(items, more...)
	}
	return items, nil
}

func readDocument(text []byte) ([]*enroll.Item, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	item := enroll.NewItem(root(&document))
	if item.IsList() {
		return sequenceItems(nil, item.Spec("items")), nil
	}
	item.Text = withNewline(text)
	return []*enroll.Item{item}, nil
}

// documents are the items as a file, without what only a pipeline needs to know of them.
func documents(items []*enroll.Item) ([]byte, error) {
	for _, item := range items {
		item.DropPipelineAnnotations()
	}
	var out bytes.Buffer
	err := writeItems(&out, items, documentForm)
	return out.Bytes(), err
}
