package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Input is what one run reads: a configuration and the objects around it.
type Input struct {
	Config  *Item
	Objects []*Item
	Form    Form
}

// Read reads a ResourceList, which is what kustomize and kpt send and take back (KRM functions
// specification).
func Read(r io.Reader) (Input, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return Input{}, diagnostic.NotDone{Err: fmt.Errorf("stdin: %w", err)}
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	document, err := onlyDocument(data)
	if err != nil {
		return Input{}, fmt.Errorf("stdin: %w; send one ResourceList, or give a file: ambient-profile CONFIG.yaml", err)
	}
	switch got := NewItem(document); {
	case got.Kind == "AmbientProfile":
		return Input{}, errors.New("stdin: expected a ResourceList, got an AmbientProfile; to run on its own, write ambient-profile - < CONFIG.yaml")
	case got.Kind != kio.ResourceListKind:
		return Input{}, errors.New("stdin: is no ResourceList; run this by kustomize or kpt, or give a file: ambient-profile CONFIG.yaml")
	}
	end := func(i int) int { // of what stands below a key
		if i+2 < len(document.Content) {
			return offset(data, document.Content[i+2].Line)
		}
		return documentEnd(data)
	}
	var in Input
	seen := map[string]bool{}
	for i := 0; i+1 < len(document.Content); i += 2 {
		key, value := document.Content[i].Value, document.Content[i+1]
		if seen[key] {
			return Input{}, fmt.Errorf("stdin: the ResourceList has %s twice; send it once", key)
		}
		seen[key] = true
		switch key {
		case "apiVersion":
			in.Form.apiVersion = value.Value
		case "functionConfig":
			in.Form.config, in.Config = value, NewItem(value)
			if document.Style&yaml.FlowStyle == 0 && document.Column == 1 && countsLines(data) && standsAlone(value) {
				in.Form.configText = asRead(data[offset(data, document.Content[i].Line):end(i)], value)
			}
		case "items":
			if value.Kind != yaml.SequenceNode && value.Tag != yaml.NodeTagNull {
				return Input{}, errors.New("stdin: items of the ResourceList is not a list; send a list of objects")
			}
			if in.Objects, err = sequenceItems(&Reader{}, data[:end(i)], value); err != nil {
				return Input{}, fmt.Errorf("stdin: %w", err)
			}
		}
	}
	return in, in.check()
}

func (in Input) check() error {
	for i, item := range in.Objects {
		if item.IsList() {
			return fmt.Errorf("stdin: items[%d]: is a list (%s); send its items one by one", i, item.Kind)
		}
	}
	known := []string{"config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"}
	switch {
	case !slices.Contains(known, in.Form.apiVersion):
		return fmt.Errorf("stdin: the ResourceList has apiVersion %q; send %s", in.Form.apiVersion, kio.ResourceListAPIVersion)
	case in.Config == nil:
		return errors.New("functionConfig: is missing; name an AmbientProfile as the function's configuration (kpt: configPath)")
	}
	return nil
}

// standsAlone tells whether n means the same wherever it stands: nothing in it is named elsewhere,
// and it names nothing.
func standsAlone(n *yaml.Node) bool {
	return n.Anchor == "" && n.Kind != yaml.AliasNode && !slices.ContainsFunc(n.Content, func(below *yaml.Node) bool { return !standsAlone(below) })
}

// ReadFiles reads a configuration and objects from files; - is stdin.
func ReadFiles(config string, objects []string, stdin io.Reader) (Input, error) {
	var in Input
	var err error
	if in.Config, err = readConfig(config, stdin); err != nil {
		return Input{}, err
	}
	in.Objects, err = ReadObjects(objects, stdin)
	return in, err
}
