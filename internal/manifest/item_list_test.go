package manifest

import (
	"bytes"
	"strings"
	"testing"
)

// The objects of lists in a ResourceList are read one by one, as kubectl reads them, and leave in the
// lists that they came in.
func TestListsInAResourceList(t *testing.T) {
	const head, config = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n", "functionConfig: {apiVersion: ambient.kubeflow.org/v1alpha1, kind: AmbientProfile, metadata: {name: kubeflow}}\n"
	const lists = `# bindings
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBindingList
  metadata: {annotations: {config.kubernetes.io/path: x.yaml, config.kubernetes.io/index: '3'}}
  items:
  - metadata: {name: a, namespace: alice} # first
  - {kind: RoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: b, namespace: alice}}
- apiVersion: v1
  kind: List
  items:
  - apiVersion: v1
    kind: ServiceList
    items:
    - metadata: {name: c}
  - apiVersion: v1
    kind: List
    items: []
- apiVersion: v1
  kind: SecretList
  items: []
`
	read := func() Input {
		in, err := Read(strings.NewReader(head + lists + config))
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	written := func(items []*Item, in Input) string {
		var out bytes.Buffer
		if err := Write(&out, items, in.Form, nil); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	in := read()
	var got []string
	for _, item := range in.Objects {
		got = append(got, item.Group+" "+item.String())
	}
	if want := "rbac.authorization.k8s.io RoleBinding alice/a, rbac.authorization.k8s.io RoleBinding alice/b,  Service c,  SecretList "; strings.Join(got, ", ") != want {
		t.Errorf("the objects are %q, want %q", strings.Join(got, ", "), want)
	}
	if a := in.Objects[1]; a.Path() != "x.yaml" || a.Index() != 3 {
		t.Errorf("an object of a list is in %s, at %d", a.Path(), a.Index())
	}
	if got := written(in.Objects, in); got != head+lists+config {
		t.Errorf("nobody changed them, and they are written as\n%s", got)
	}
	in.Objects[2].Mark("labels", "x", "y")
	want := "    kind: ServiceList\n    items:\n    - apiVersion: v1\n      kind: Service\n      metadata: {name: c, labels: {x: \"y\"}}\n"
	if got := written(in.Objects, in); !strings.Contains(got, want) || !strings.Contains(got, "{name: a, namespace: alice} # first\n") {
		t.Errorf("the Service has a label, and they are written as\n%s", got)
	}
	in = read()
	got1 := written(in.Objects[1:2], in)
	if strings.Contains(got1, "name: a,") || strings.Contains(got1, "Service") || !strings.Contains(got1, "kind: RoleBindingList") || !strings.Contains(got1, "name: b,") {
		t.Errorf("all but one are removed, and they are written as\n%s", got1)
	}
}
