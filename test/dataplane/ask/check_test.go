package main

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// A key that ask would not put to the proxies is an error, which names it.
func TestCasesOf(t *testing.T) {
	const good = `{apiVersion: ambient.kubeflow.org/v1alpha1, kind: AccessCheck, metadata: {name: x}, spec: {cases: [{name: a, from: {user: u}, to: {namespace: alice, service: tet}, request: {path: /x}, expect: deny}]}}`
	read := func(text string) (int, error) {
		objects, err := kube.Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		cases, err := casesOf(objects[0])
		return len(cases), err
	}
	if n, err := read(good); n != 1 || err != nil {
		t.Errorf("%d cases, %v", n, err)
	}
	for _, change := range [][2]string{
		{"service: tet", "services: tet"}, {"path: /x", "paths: /x"}, {"user: u", "account: u"}, {"expect: deny", "expects: deny"}, {"spec: {", "spec: {never: [], "}, {"metadata:", "status: {}, metadata:"},
	} {
		key, _, _ := strings.Cut(change[1], ":")
		if key == "spec" {
			key = "never"
		}
		if _, err := read(strings.Replace(good, change[0], change[1], 1)); err == nil || !strings.Contains(err.Error(), `unknown field "`+key+`"`) {
			t.Errorf("%s: %v", change[1], err)
		}
	}
}
