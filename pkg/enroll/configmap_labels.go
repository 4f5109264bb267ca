package enroll

import (
	"fmt"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const labelsKey = "namespace-labels.yaml"

// namespaceLabels has the profile-controller make its Namespaces without sidecars and in the mesh
// (profile-controller: "" removes a label). Not with a waypoint: a profile made in the UI has none
// yet, and the controller's own policy keeps it closed on L4 until it is listed. Where that
// policy is gone too, the namespace stays out of the mesh, since it would be open.
func (e *enrolment) namespaceLabels(item *Item) error {
	labels := [][2]string{{"istio-injection", ""}}
	if !e.plan.Restrict {
		labels = append(labels, [2]string{"istio.io/dataplane-mode", "ambient"})
	}
	text := item.data(labelsKey)
	for _, l := range labels {
		edited, err := setLabel(text, l[0], l[1])
		if err != nil {
			return fmt.Errorf("data[%s] %w", labelsKey, err)
		}
		text = edited
	}
	item.setData(labelsKey, text)
	return nil
}

// setLabel sets a line, and checks that the text then says that and otherwise what it said before.
func setLabel(text, key, value string) (string, error) {
	var was, is map[string]any
	if err := yaml.Unmarshal([]byte(text), &was); err != nil {
		return "", fmt.Errorf("is no map in YAML: %s; correct it", strings.Join(strings.Fields(err.Error()), " "))
	}
	edited := setLine(text, key, value)
	err := yaml.Unmarshal([]byte(edited), &is)
	if was == nil {
		was = map[string]any{}
	}
	was[key] = value
	if err != nil || !reflect.DeepEqual(was, is) {
		return "", fmt.Errorf("has no line of its own for each label, so %s cannot be set; write each as `key: value`", key)
	}
	return edited, nil
}

// setLine sets a key of a flat map in YAML text and leaves every other byte as it is.
func setLine(text, key, value string) string {
	wanted := fmt.Sprintf("%s: %q", key, value)
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		name, rest, found := strings.Cut(line, ":")
		if !found || strings.Trim(strings.TrimSpace(name), `"'`) != key || strings.HasPrefix(name, " ") {
			continue
		}
		if strings.Trim(strings.TrimSpace(rest), `"'`) == value && strings.TrimSpace(rest) != "" {
			return text
		}
		lines[i] = wanted + line[len(strings.TrimRight(line, "\r\n")):]
		return strings.Join(lines, "")
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		return text + "\n" + wanted
	}
	return text + wanted + "\n"
}
