package access

import (
	"encoding/json"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	kubectl "sigs.k8s.io/yaml"
)

// A field has the value that the API server reads, whatever its YAML form.
func TestScalarsAreReadAsByTheCluster(t *testing.T) {
	for _, text := range []string{
		"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "!!bool yes", "!!bool \"true\"",
		"false", "n", "no", "off", "OFF", "\"yes\"", "'true'", "!!str yes", "!!str true", "yEs", "tRUE", "t", "1", "~", "[]",
		"80", "+80", "0x3a98", "0o17", "017", "1_000", "0b101", "80.0", "8e1", "!!float 80", "!!float 0x50", "!!int \"80\"",
		"80.5", "\"80\"", "!!str 80", "http", ".inf", ".nan", "1e300", "99999999999999999999",
		"2026-01-01", "2026-01-01T00:00:00Z", "!!str 2026-01-01",
	} {
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		n := document.Content[0]
		var want any
		if data, err := kubectl.YAMLToJSON([]byte(text)); err == nil { // JSON has no infinity
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
		}
		if is, _ := want.(bool); boolean(n) != is {
			t.Errorf("%s: read as %v, want %v", text, boolean(n), want)
		}
		integer := 0
		if is, _ := want.(float64); is == float64(int32(is)) {
			integer = int(is)
		}
		if got := number(n); got != integer {
			t.Errorf("%s: read as %d, want %v", text, got, want)
		}
		if is, isText := want.(string); isText && textOf(n) != is {
			t.Errorf("%s: read as the text %q, want %q", text, textOf(n), is)
		}
	}
}
