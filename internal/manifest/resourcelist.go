package manifest

import (
	"bytes"
	"cmp"
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
	data, err := readAll("-", r)
	if err != nil {
		return Input{}, err
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	document, _, err := document{file: "stdin", data: data}.parse()
	var d diagnostic.Diagnostic
	if errors.As(err, &d) && d.Code == diagnostic.HiddenDocument {
		d.Found, d.Effect, d.Remedy = "a second document starts here", "", "send one ResourceList, or give a file: ambient-profile CONFIG.yaml"
		err = d
	}
	if err != nil {
		return Input{}, err
	}
	list := NewItem(document)
	list.File = "stdin"
	if list.Kind != kio.ResourceListKind {
		return Input{}, notAList(list)
	}
	end := func(i int) int { // of the value of a key
		if i+2 < len(document.Content) {
			return offset(data, document.Content[i+2].Line)
		}
		return documentEnd(data)
	}
	var in Input
	for i := 0; i+1 < len(document.Content); i += 2 {
		key, value := document.Content[i].Value, document.Content[i+1]
		if IndexOf(document, key) < i {
			return Input{}, located(list, "", fault(document.Content[i], diagnostic.DuplicateKey, "is set twice", "programs disagree on which one counts", "send it once"))
		}
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
				return Input{}, list.Report(diagnostic.WrongResourceList, "items", "is not a list", "", "send a list of objects")
			}
			if in.Objects, err = sequenceItems(&Reader{}, data[:end(i)], value); err != nil {
				return Input{}, err
			}
		}
	}
	in.placeConfig()
	return in, in.check(list)
}

// InPackage reports whether the objects are those of a package, which may be empty: each has a file
// of its own, and so has the configuration, unless kpt read it from elsewhere. It tells kpt by the
// index that kpt leaves in every configuration, and kustomize in none.
func (in Input) InPackage() bool {
	return in.Form.apiVersion != "" && (in.Config.Annotation(IndexAnnotation) != "" || slices.ContainsFunc(in.Objects, (*Item).InPackage))
}

// IsSelection reports whether kpt sent only some objects of the package (selectors, exclusions): it
// gives each an id then, to find them again.
func (in Input) IsSelection() bool {
	isSelected := func(item *Item) bool { return item.Annotation(selectionID) != "" }
	return isSelected(in.Config) || slices.ContainsFunc(in.Objects, isSelected)
}

// placeConfig gives the configuration the place of the item that it is a copy of.
func (in Input) placeConfig() {
	for _, item := range in.Objects {
		if in.Config != nil && item.ID == in.Config.ID && item.InPackage() {
			in.Config.at = item.kept()
		}
	}
}

// notAList is an error about what stdin holds in place of a ResourceList.
func notAList(got *Item) error {
	d := diagnostic.Diagnostic{Code: diagnostic.NoResourceList, Position: diagnostic.Position{File: "stdin"}, Found: "expected a ResourceList, got nothing"}
	if got.Node != nil {
		d.Found = "expected a ResourceList, got " + cmp.Or(got.Ref().String(), "something without a kind")
	}
	d.Remedy = "let kustomize or kpt call the function, or give a file: ambient-profile CONFIG.yaml"
	if got.Kind == "AmbientProfile" {
		d.Remedy = "write ambient-profile - < CONFIG.yaml to run it on its own"
	}
	return d
}

func (in Input) check(list *Item) error {
	known := []string{"config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"}
	switch {
	case !slices.Contains(known, in.Form.apiVersion):
		return list.Report(diagnostic.WrongResourceList, "apiVersion", fmt.Sprintf("%q is not a version that this function reads", in.Form.apiVersion), "", "send "+kio.ResourceListAPIVersion)
	case in.Config == nil:
		return list.Report(diagnostic.NoFunctionConfig, "functionConfig", "is missing", "", "name an AmbientProfile as the function's configuration (kpt: configPath)")
	}
	return nil
}

// standsAlone reports whether n means the same wherever it stands: nothing in it is named elsewhere,
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
