package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

const head = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: x}\nspec:\n  cases:\n  - "

// Every field that the schema knows of a case, the referee reads.
func TestAccessCheckFieldsAreRead(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(must(os.ReadFile(kinds()[1].file())), &schema); err != nil {
		t.Fatal(err)
	}
	item := below(schema, "spec", "cases")["items"].(map[string]any)
	known := 0
	for _, part := range []string{"", "from", "to", "request"} {
		fields := item
		if part != "" {
			fields = below(item, part)
		}
		for field := range fields["properties"].(map[string]any) {
			known++
			line := field + ": x\n"
			if part != "" {
				line = part + ": {" + field + ": x}\n"
			}
			if _, err := access.ParseCheck(yaml.MustParse(head + line).YNode()); err != nil && strings.Contains(err.Error(), "unknown field") {
				t.Error(err)
			}
		}
	}
	if known != 5+9+4+7 {
		t.Errorf("the schema knows %d fields; a type of pkg/access has another one: see that ParseCheck reads it", known)
	}
}

func TestAccessCheckSchemaAgreesWithTheReferee(t *testing.T) {
	const from, to = "from: {user: a}", "to: {namespace: a, service: b}"
	for text, right := range map[string]bool{
		"{name: x, " + from + ", " + to + ", expect: deny}":                                                                              true,
		"{name: x, from: {token: a/b}, " + to + ", request: {port: 80, headers: {a: b}}, expect: allow}":                                 true,
		"{name: x, from: {serviceAccount: a/b}, to: {namespace: a, pod: {app: x}, direct: true}, expect: deny}":                          true,
		"{name: x, from: {jwt: {issuer: i, subject: s, audiences: [a, b], claims: {groups: [x], a: {b: c}}}}, " + to + ", expect: deny}": true,
		"{name: x, from: {serviceAccount: a/b, jwt: {issuer: i}}, " + to + ", expect: deny}":                                             true,
		"{name: x, from: {serviceAccount: a/b, token: a/b}, " + to + ", expect: deny}":                                                   true,
		"{name: x, from: {token: a/b, audiences: [a, b], claims: {x: y}}, " + to + ", expect: deny}":                                     true,
		"{name: x, from: {user: a, claims: {groups: [x], realm_access: {roles: [y]}}}, " + to + ", expect: deny}":                        true,
		"{name: x, from: {token: a/b, audiences: []}, " + to + ", expect: deny}":                                                         false,
		"{name: x, from: {user: a, claims: {x: 1}}, " + to + ", expect: deny}":                                                           false,
		"{name: x, from: {jwt: {subject: s}}, " + to + ", expect: deny}":                                                                 false,
		"{name: x, from: {jwt: {issuer: i, audiences: []}}, " + to + ", expect: deny}":                                                   false,
		"{name: x, from: {jwt: {issuer: i, claims: {a: 1}}}, " + to + ", expect: deny}":                                                  false,
		"{name: x, from: {jwt: {issuer: i, kid: x}}, " + to + ", expect: deny}":                                                          false,
		"{" + from + ", " + to + ", expect: deny}":                                                                                       false,
		"{name: x, " + from + ", " + to + "}":                                                                                            false,
		"{name: x, " + from + ", " + to + ", expect: not-judged}":                                                                        false,
		"{name: x, " + to + ", expect: deny}":                                                                                            false,
		"{name: x, from: {token: b}, " + to + ", expect: deny}":                                                                          false,
		"{name: x, from: {serviceAccount: b}, " + to + ", expect: deny}":                                                                 false,
		"{name: x, " + from + ", to: {service: b}, expect: deny}":                                                                        false,
		"{name: x, " + from + ", " + to + ", request: {path: a}, expect: deny}":                                                          false,
		"{name: x, " + from + ", " + to + ", request: {port: 65536}, expect: deny}":                                                      false,
		"{name: x, " + from + ", " + to + ", request: {port: 0}, expect: deny}":                                                          false,
		"{name: x, " + from + ", " + to + ", request: {verb: GET}, expect: deny}":                                                        false,
	} {
		document := yaml.MustParse(head + text + "\n")
		_, err := access.ParseCheck(document.YNode())
		if (err == nil) != right {
			t.Errorf("%s: the referee says %v", text, err)
		}
		if wrong := check(t, kinds()[1], must(document.MarshalJSON())); (len(wrong) == 0) != right {
			t.Errorf("%s: the schema says %v", text, wrong)
		}
	}
	for _, file := range must(filepath.Glob("../examples/*/accesscheck.yaml")) {
		if wrong := check(t, kinds()[1], must(yaml.MustParse(string(must(os.ReadFile(file)))).MarshalJSON())); len(wrong) > 0 {
			t.Errorf("%s: %s", file, strings.Join(wrong, "\n"))
		}
	}
}

// below is the schema of a field of a field of a schema.
func below(schema map[string]any, fields ...string) map[string]any {
	for _, field := range fields {
		properties := schema["properties"].(map[string]any)
		if properties[field] == nil {
			panic(field + " is none of " + strings.Join(slices.Sorted(maps.Keys(properties)), ", "))
		}
		schema = properties[field].(map[string]any)
	}
	return schema
}
