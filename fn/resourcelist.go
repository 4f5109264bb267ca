package fn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/enroll"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// resourceList is what kustomize and kpt send and take back (KRM functions specification).
type resourceList struct {
	apiVersion string
	config     *yaml.Node
	// configText are the lines of functionConfig as they were read; nil where they cannot be told.
	configText []byte
	items      []*enroll.Item
}

func readResourceList(r io.Reader) (*resourceList, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, NotDone{fmt.Errorf("stdin: %w", err)}
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	document, err := onlyDocument(data)
	if err != nil {
		return nil, fmt.Errorf("stdin: %w; send one ResourceList, or give a file: ambient-profile CONFIG.yaml", err)
	}
	switch got := enroll.NewItem(document); {
	case got.Group == ownGroup && got.Kind == "AmbientProfile":
		return nil, errors.New("stdin: expected a ResourceList, got an AmbientProfile; to run on its own, write ambient-profile - < CONFIG.yaml")
	case got.Kind != kio.ResourceListKind:
		return nil, errors.New("stdin: is no ResourceList; run this by kustomize or kpt, or give a file: ambient-profile CONFIG.yaml")
	}
	end := func(i int) int { // of what stands below a key
		if i+2 < len(document.Content) {
			return offset(data, document.Content[i+2].Line)
		}
		return documentEnd(data)
	}
	list := &resourceList{}
	seen := map[string]bool{}
	for i := 0; i+1 < len(document.Content); i += 2 {
		key, value := document.Content[i].Value, document.Content[i+1]
		if seen[key] {
			return nil, fmt.Errorf("stdin: the ResourceList has %s twice; send it once", key)
		}
		seen[key] = true
		switch key {
		case "apiVersion":
			list.apiVersion = value.Value
		case "functionConfig":
			list.config = value
			if document.Style&yaml.FlowStyle == 0 && document.Column == 1 && countsLines(data) && standsAlone(value) {
				list.configText = asRead(data[offset(data, document.Content[i].Line):end(i)], value)
			}
		case "items":
			if value.Kind != yaml.SequenceNode && value.Tag != yaml.NodeTagNull {
				return nil, errors.New("stdin: items of the ResourceList is not a list; send a list of objects")
			}
			if list.items, err = sequenceItems(&enroll.Reader{}, data[:end(i)], value); err != nil {
				return nil, fmt.Errorf("stdin: %w", err)
			}
		}
	}
	return list, list.check()
}

func (l *resourceList) check() error {
	for i, item := range l.items {
		if item.IsList() {
			return fmt.Errorf("stdin: items[%d]: is a list (%s); send its items one by one", i, item.Kind)
		}
	}
	known := []string{"config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"}
	switch {
	case !slices.Contains(known, l.apiVersion):
		return fmt.Errorf("stdin: the ResourceList has apiVersion %q; send %s", l.apiVersion, kio.ResourceListAPIVersion)
	case l.config == nil:
		return errors.New("functionConfig: is missing; name an AmbientProfile as the function's configuration (kpt: configPath)")
	}
	return nil
}

// standsAlone tells whether n means the same wherever it stands: nothing in it is named elsewhere,
// and it names nothing.
func standsAlone(n *yaml.Node) bool {
	return n.Anchor == "" && n.Kind != yaml.AliasNode && !slices.ContainsFunc(n.Content, func(below *yaml.Node) bool { return !standsAlone(below) })
}

// texts are the list as it goes back, piece by piece, with the findings as its results.
func (l *resourceList) texts(findings []profile.Finding) ([][]byte, error) {
	head := fmt.Sprintf("apiVersion: %s\nkind: %s\nitems:\n", l.apiVersion, kio.ResourceListKind)
	if len(l.items) == 0 {
		head = strings.Replace(head, "items:", "items: []", 1)
	}
	if err := newWriter(sequenceForm).render(l.items); err != nil {
		return nil, err
	}
	texts := append(make([][]byte, 0, len(l.items)+2), []byte(head))
	for _, item := range l.items {
		texts = append(texts, item.Text)
	}
	w := newWriter(documentForm)
	var err error
	if l.configText == nil {
		l.configText, err = w.field("functionConfig", l.config)
	}
	texts = append(texts, l.configText)
	if err != nil || len(findings) == 0 {
		return texts, err
	}
	tail, err := w.field("results", results(findings))
	return append(texts, tail), err
}

// results tells the findings to whoever shows them; kustomize does not.
func results(findings []profile.Finding) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, f := range findings {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
			text("message"), text(profile.Visible(f.String())), text("severity"), text(severity(f)),
		}})
	}
	return list
}

func text(s string) *yaml.Node { return yaml.NewStringRNode(s).YNode() }
