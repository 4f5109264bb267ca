package main

import (
	"encoding/json"
	"reflect"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// YAML has what JSON has, in the same order.
func TestYAMLIsTheJSON(t *testing.T) {
	const manifests = "../../examples/quickstart/output.yaml"
	for verb, args := range map[string][]string{
		"explain": {"explain", manifests},
		"diff":    {"diff", manifests, "../../examples/many-tenants/output.yaml"},
		"ask":     {"ask", "--from", "pod:bob/x", "--to", "alice/tet", manifests},
		"check":   {"check", "../../examples/access-check/accesscheck.yaml", manifests},
		"lint":    {"lint", manifests},
	} {
		_, asJSON, _ := execute(t, "", append(args, "-o", "json")...)
		_, asYAML, stderr := execute(t, "", append(args, "-o", "yaml")...)
		var want, got any
		if err := json.Unmarshal([]byte(asJSON), &want); err != nil {
			t.Fatal(verb, err, asJSON)
		}
		if err := yaml.Unmarshal([]byte(asYAML), &got); err != nil || asYAML == asJSON {
			t.Fatal(verb, err, asYAML, stderr)
		}
		if !reflect.DeepEqual(normal(want), normal(got)) {
			t.Errorf("%s: %v in JSON, %v in YAML", verb, want, got)
		}
	}
}

// normal has all numbers as JSON has them.
func normal(v any) any {
	var out any
	if err := json.Unmarshal(must(json.Marshal(v)), &out); err != nil {
		panic(err)
	}
	return out
}
