package enroll

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const labelsKey = "namespace-labels.yaml"

// namespaceLabels has the profile-controller make its Namespaces without sidecars and in the mesh
// (profile-controller: "" removes a label). Not with a waypoint: a profile made in the UI has none
// yet, and the controller's own policy keeps it closed on L4 until it is listed. Where that
// policy is gone too, the namespace stays out of the mesh, since it would be open.
func (e *enrolment) namespaceLabels(item *Item) error {
	text := item.data(labelsKey)
	var parsed yaml.Node
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		return fmt.Errorf("data[%s] is no YAML: %w; correct it", labelsKey, err)
	}
	text = setLine(text, "istio-injection", "")
	if !e.plan.Restrict {
		text = setLine(text, "istio.io/dataplane-mode", "ambient")
	}
	item.setData(labelsKey, text)
	return nil
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
