package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// The files say what the types and their comments say now.
func TestSchemasAreFresh(t *testing.T) {
	for _, k := range kinds() {
		want, err := k.text("..")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(k.file()); err != nil || string(got) != string(want) {
			t.Errorf("schema/%s is stale (%v); run make schema and commit it", k.file(), err)
		}
	}
}

// What the function accepts, the schema accepts.
func TestSchemaAcceptsWhatTheFunctionAccepts(t *testing.T) {
	checked := 0
	for _, pattern := range []string{"../testdata/golden/*/profile.yaml", "../examples/*/ambientprofile.yaml"} {
		for _, file := range must(filepath.Glob(pattern)) {
			nodes, err := (&kio.LocalPackageReader{PackagePath: file, OmitReaderAnnotations: true}).Read()
			if err != nil || len(nodes) != 1 {
				continue // meant to be refused
			}
			if _, err := profile.Parse(nodes[0].YNode()); err != nil {
				continue
			}
			checked++
			if wrong := check(t, kinds()[0], must(nodes[0].MarshalJSON())); len(wrong) > 0 {
				t.Errorf("%s: %s", file, strings.Join(wrong, "\n"))
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d files were checked", checked)
	}
}

// What the schema refuses, the function refuses, at the same place; every rule is tried.
func TestSchemaRefusesWhatTheFunctionRefuses(t *testing.T) {
	wrong := map[string]string{
		"metadata.name": `{name: "A_b"}`, "spec.profiles": `[]`, "spec.acess": `{}`, "spec.failOnWarning": `"yes"`,
		"spec.profiles[0].name":                            `[{name: A, owner: {name: x}}]`,
		"spec.profiles[0].-":                               `[{name: a, owner: {name: x}, "-": true}]`,
		"spec.profiles[0].owner.name":                      `[{name: a, owner: {name: "x*"}}]`,
		"spec.profiles[0].owner.kind":                      `[{name: a, owner: {kind: user, name: x}}]`,
		"spec.profiles[0].serviceAccounts[0]":              `[{name: a, owner: {name: x}, serviceAccounts: [a/b/c]}]`,
		"spec.profiles[0].serviceAccounts[1]":              `[{name: a, owner: {name: x}, serviceAccounts: [b, b]}]`,
		"spec.profiles[0].contributors[0].name":            `[{name: a, owner: {name: x}, contributors: [{name: " b", role: edit}]}]`,
		"spec.profiles[0].contributors[0].role":            `[{name: a, owner: {name: x}, contributors: [{name: b, role: owner}]}]`,
		"spec.profiles[0].notebooks[0].name":               `[{name: a, owner: {name: x}, notebooks: [{name: a.b}]}]`,
		"spec.profiles[0].notebooks[0].rewrite":            `[{name: a, owner: {name: x}, notebooks: [{name: a, rewrite: x}]}]`,
		"spec.identity.trustDomain":                        `A`,
		"spec.identity.userIDHeader":                       `a:b`,
		"spec.identity.groupsHeader":                       `a b`,
		"spec.identity.userIDPrefix":                       `"a*"`,
		"spec.identity.sessionIssuers":                     `[]`,
		"spec.identity.sessionIssuers[0]":                  `["https://a*"]`,
		"spec.identity.sessionIssuers[1]":                  `[https://a, https://a]`,
		"spec.identity.loginPaths[0]":                      `["/*"]`,
		"spec.identity.loginPaths[1]":                      `[/a/*, /a/*]`,
		"spec.identity.serviceAccounts.pipelinesUI":        `a`,
		"spec.identity.serviceAccounts.pipelinesAPI":       `a/`,
		"spec.identity.serviceAccounts.notebookController": `a/b/c`,
		"spec.ingress.gateway":                             `a`,
		"spec.ingress.serviceAccount":                      `a/b`,
		"spec.waypoint.name":                               `1a`,
		"spec.waypoint.verifyTokensFor":                    `[]`,
		"spec.waypoint.verifyTokensFor[0]":                 `[A]`,
		"spec.waypoint.verifyTokensFor[1]":                 `[a, a]`,
		"spec.waypoint.replicas":                           `0`,
		"spec.waypoint.resources.requests.cpu":             `"010"`,
		"spec.access.openPaths[0]":                         `["/a*"]`,
		"spec.access.openPaths[1]":                         `[/a, /a]`,
		"spec.access.monitoring[0].serviceAccount":         `[{serviceAccount: a, ports: [1]}]`,
		"spec.access.monitoring[0].ports":                  `[{serviceAccount: a/b, ports: []}]`,
		"spec.access.monitoring[0].ports[0]":               `[{serviceAccount: a/b, ports: [65536]}]`,
		"spec.cluster.rootNamespace":                       `a.b`,
		"spec.cluster.controllers":                         `keep`,
		"spec.cluster.tokens.issuers":                      `[]`,
		"spec.cluster.tokens.issuers[0]":                   `["*"]`,
		"spec.cluster.tokens.audiences":                    `[]`,
		"spec.cluster.tokens.audiences[0]":                 `["a*"]`,
		"spec.cluster.tokens.jwks.source":                  `proxy`,
		"spec.cluster.tokens.jwks.image":                   `-`,
		"spec.cluster.tokens.jwks.uri":                     `ftp://a`,
		"spec.cluster.kserve.namespace":                    `A`,
		"spec.cluster.kserve.ports[0]":                     `[65536]`,
		"spec.cluster.kserve.ports[1]":                     `[1, 1]`,
		"spec.cluster.kserve.deploymentMode":               `Raw`,
		"spec.waypoint.seccomp":                            `Unconfined`,
	}
	for _, path := range slices.Sorted(maps.Keys(wrong)) {
		document := withField(t, path, wrong[path])
		if _, err := profile.Parse(document.YNode()); err == nil || !strings.Contains(err.Error(), path+":") {
			t.Errorf("%s: %s: the function says %v", path, wrong[path], err)
		}
		if refused := check(t, kinds()[0], must(document.MarshalJSON())); len(refused) == 0 {
			t.Errorf("%s: %s: the schema accepts it", path, wrong[path])
		}
	}
}

// withField returns a document that is right except for one field. The path is cut at an index, and
// the value replaces the whole list.
func withField(t *testing.T, path, value string) *yaml.RNode {
	t.Helper()
	document := yaml.MustParse("apiVersion: " + profile.APIVersion + "\nkind: AmbientProfile\nmetadata: {name: x}\nspec: {profiles: [{name: a, owner: {name: x}}]}\n")
	list, _, _ := strings.Cut(path, "[")
	fields := strings.Split(list, ".")
	if path == "metadata.name" {
		fields = fields[:1]
	}
	last := len(fields) - 1
	if err := document.PipeE(yaml.LookupCreate(yaml.MappingNode, fields[:last]...), yaml.SetField(fields[last], yaml.MustParse(value))); err != nil {
		t.Fatal(err)
	}
	return document
}

func check(t *testing.T, k kind, document []byte) []string {
	t.Helper()
	var schema, value any
	for text, v := range map[string]*any{string(must(os.ReadFile(k.file()))): &schema, string(document): &value} {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatal(err)
		}
	}
	return validate("", schema, value)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
