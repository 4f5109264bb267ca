package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// edited is a file after metadata.labels.team of each object was set; anew: and is written without its text.
func edited(t *testing.T, text string, anew bool) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "in.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	items, err := ReadObjects([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if item.Node != nil {
			item.Mark("labels", "team", "1:30")
		}
		if anew {
			item.Text = nil
		}
	}
	var out bytes.Buffer
	if err := Write(&out, items, Form{}, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEditedObjectKeepsWhatIsAroundIt(t *testing.T) {
	const object = "kind: A\nmetadata:\n  name: a\n"
	const labeled = object + "  labels:\n    team: \"1:30\"\n"
	for _, test := range []struct{ text, want string }{
		{"# (c) 2026 example.com\n# All rights reserved\n\n" + object, "# (c) 2026 example.com\n# All rights reserved\n\n" + labeled},
		{"# license\n\n# about a\n" + object + "\n# the end\n", "# license\n\n# about a\n" + labeled + "\n# the end\n"},
		{"--- # first\n" + object + "--- # second\n# license\n\n" + object, "--- # first\n" + labeled + "--- # second\n# license\n\n" + labeled},
		{"---\n" + object + "---   \n" + object, labeled + "---   \n" + labeled},
		{"# license\n---\n" + object, "# license\n---\n" + labeled},
		{"# license\r\n\r\nkind: A\r\nmetadata: {name: a}\r\n---\r\nkind: B\r\nmetadata: {name: b}\r\n",
			"# license\r\n\r\nkind: A\r\nmetadata: {name: a, labels: {team: \"1:30\"}}\r\n---\r\nkind: B\r\nmetadata: {name: b, labels: {team: \"1:30\"}}\r\n"},
		{"# license\n\napiVersion: v1\nkind: List\nitems:\n- kind: A\n  apiVersion: v1\n  metadata:\n    name: a\n", "# license\n\nkind: A\napiVersion: v1\nmetadata:\n  name: a\n  labels:\n    team: \"1:30\"\n"},
		{object + "text: >\n  first\n    indented\n  last\n", labeled + "text: >\n  first\n    indented\n  last\n"},
		{object + "at: 12:30 # noon\nfrom: '12:30'\n", labeled + "at: \"12:30\" # noon\nfrom: '12:30'\n"},
		{object + "x: &x {a: b}\nsame: *x # the same\nz: {<<: *x}\n", labeled + "x: &x {a: b}\nsame: *x # the same\nz: {<<: *x}\n"},
	} {
		if got := edited(t, test.text, false); got != test.want {
			t.Errorf("%q\nis written as\n%q, want\n%q", test.text, got, test.want)
		}
	}
}

// What the library would change is written in another style, where an object has no text of its own.
func TestAnObjectThatIsWrittenAnew(t *testing.T) {
	const object = "kind: A\nmetadata:\n  name: a\n"
	const labeled = object + "  labels:\n    team: \"1:30\"\n"
	for _, test := range []struct{ text, want string }{
		{object + "text: >\n  first\n    indented\n  last\n", labeled + "text: |\n  first\n    indented\n  last\n"},
		{object + "at: 12:30:45\nfrom: '12:30'\n", labeled + "at: \"12:30:45\"\nfrom: '12:30'\n"},
		{object + "at: 12:30 # noon\n", labeled + "at: \"12:30\" # noon\n"},
		{object + "# why\nx: &x {a: b}\nsame: *x # the same\n# merged\nz: {<<: *x}\n", labeled + "# why\nx: {a: b}\nsame: {a: b} # the same\n# merged\nz: {a: b}\n"},
	} {
		if got := edited(t, test.text, true); got != test.want {
			t.Errorf("%q\nis written as\n%q, want\n%q", test.text, got, test.want)
		}
	}
}

// Every text that a YAML 1.1 reader could take for a number in base 60 is quoted.
func TestBase60(t *testing.T) {
	for text, want := range map[string]bool{
		"1:30": true, "190:20:30": true, "-1:30": true, "+1:2": true, "1_0:30.5": true, "0:0": true,
		"1:60": false, "1:": false, ":1": false, "a:1": false, "10.0.0.1:80": false, "1:30x": false, "12": false,
	} {
		if isBase60(text) != want {
			t.Errorf("isBase60(%q) is %t", text, !want)
		}
		if quoted := Text(text).Style == yaml.DoubleQuotedStyle; want && !quoted {
			t.Errorf("%q is written without quotes", text)
		}
	}
}

const ofKpt = "config.kubernetes.io/index: '0'\n      config.kubernetes.io/path: 'a.yaml'\n      internal.config.kubernetes.io/path: 'a.yaml'\n      internal.config.k8s.io/kpt-resource-id: '1'\n      config.k8s.io/id: '1'\n"

// kpt writes where an object is kept into its annotations, which a file can share with other maps by
// an anchor. An edit must not leave them there.
func TestAnnotationsOfKptStayInOnePlace(t *testing.T) {
	const config = "functionConfig: {apiVersion: ambient.kubeflow.org/v1alpha1, kind: AmbientProfile, metadata: {name: kubeflow}}\n"
	for _, test := range []struct{ name, object, want string }{
		{"merged into the labels", "  metadata:\n    name: a\n    annotations: &a\n      team: blue\n      " + ofKpt + "    labels:\n      !!merge <<: *a\n      own: x\n",
			"    labels:\n      own: x\n      team: blue\n      new: x\n"},
		{"the same annotations of the pods", "  metadata:\n    name: a\n    annotations: &a\n      team: blue\n      " + ofKpt + "  spec:\n    template:\n      metadata:\n        annotations: *a\n",
			"  spec:\n    template:\n      metadata:\n        annotations:\n          team: blue\n"},
		{"the metadata of the pods, which had no annotations", "  metadata: &m\n    name: a\n    annotations:\n      " + ofKpt + "  spec:\n    template:\n      metadata: *m\n",
			"  spec:\n    template:\n      metadata:\n        name: a\n"},
		{"labels that the annotations alias", "  metadata:\n    name: a\n    labels: &a\n      team: blue\n      " + ofKpt + "    annotations: *a\n",
			"    labels:\n      team: blue\n      new: x\n"},
	} {
		in, err := Read(strings.NewReader("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- kind: Deployment\n" + test.object + config))
		if err != nil {
			t.Fatal(err)
		}
		item := in.Objects[0]
		if item.Path() != "a.yaml" {
			t.Errorf("%s: it has the path %q", test.name, item.Path())
		}
		item.Mark("labels", "new", "x")
		var out bytes.Buffer
		if err := Write(&out, in.Objects, in.Form, nil); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, test.want) || strings.Count(got, "config.k8s.io/id") != 1 || strings.Count(got, "kpt-resource-id") != 1 {
			t.Errorf("%s: it is written as\n%s\nwithout\n%s", test.name, got, test.want)
		}
	}
}
