package enroll

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A rule covers another one by its words only: it may have fewer conditions, and more values.
func TestCovers(t *testing.T) {
	const rule = "{from: [{source: {namespaces: [guests], notPrincipals: [a, b]}}], to: [{operation: {methods: [DELETE], ports: ['80']}}], when: [{key: source.ip, values: [10.0.0.0/8]}]}"
	for wide, want := range map[string]bool{
		"{}":   true,
		rule:   true,
		"null": true,
		"{from: [{source: {namespaces: [guests]}}]}":                                             true,
		"{from: [{source: {namespaces: [guests, visitors]}}]}":                                   true,
		"{from: [{source: {namespaces: [visitors]}}, {source: {namespaces: [guests]}}]}":         true,
		"{from: [{source: {namespaces: [guests], notPrincipals: [a]}}]}":                         true,
		"{from: [{source: {notPrincipals: [b]}}], to: [{operation: {ports: ['80', '81']}}]}":     true,
		"{when: [{key: source.ip, values: [10.0.0.0/8, 192.0.2.1]}]}":                            true,
		"{from: [{source: {namespaces: [visitors]}}]}":                                           false,
		"{from: [{source: {namespaces: [guests], notPrincipals: [a, b, c]}}]}":                   false,
		"{from: [{source: {namespaces: [guests], principals: [a]}}]}":                            false,
		"{from: [{source: {namespaces: [guests], notNamespaces: [x]}}]}":                         false,
		"{to: [{operation: {ports: ['81']}}]}":                                                   false,
		"{to: [{operation: {notPorts: ['81']}}]}":                                                false,
		"{when: [{key: source.ip, notValues: [10.0.0.1]}]}":                                      false,
		"{when: [{key: source.principal, values: [10.0.0.0/8]}]}":                                false,
		"{when: [{key: source.ip, values: [10.0.0.0/8]}, {key: source.namespace, values: [x]}]}": false,
	} {
		if got := covers(yaml.MustParse(wide).YNode(), yaml.MustParse(rule).YNode()); got != want {
			t.Errorf("%s: %v", wide, got)
		}
	}
	for _, narrow := range []string{"{from: [{source: {namespaces: [guests]}}]}", "{to: [{operation: {ports: ['80']}}]}"} {
		if covers(yaml.MustParse(narrow).YNode(), yaml.MustParse("{}").YNode()) {
			t.Errorf("%s covers every request", narrow)
		}
	}
	both := "{from: [{source: {namespaces: [guests]}}, {source: {namespaces: [visitors]}}]}"
	if covers(yaml.MustParse("{from: [{source: {namespaces: [guests]}}]}").YNode(), yaml.MustParse(both).YNode()) {
		t.Error("one of two sources is not covered")
	}
}
