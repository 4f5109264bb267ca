package main

import (
	"bytes"
	"io"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// asYAML writes what a function writes as JSON, in YAML: the same fields in the same order.
func asYAML(json func(io.Writer) error) func(io.Writer) error {
	return func(out io.Writer) error {
		var text bytes.Buffer
		if err := json(&text); err != nil {
			return err
		}
		var document yaml.Node
		if err := yaml.Unmarshal(text.Bytes(), &document); err != nil {
			return err
		}
		inBlocks(&document)
		encoder := yaml.NewEncoder(out)
		if err := encoder.Encode(&document); err != nil {
			return err
		}
		return encoder.Close()
	}
}

// inBlocks takes the brackets and quotes of JSON from a node; the encoder quotes again what needs it.
func inBlocks(n *yaml.Node) {
	n.Style = 0
	for _, below := range n.Content {
		inBlocks(below)
	}
}
