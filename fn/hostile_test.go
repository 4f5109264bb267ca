package fn

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

const (
	configOfAlice = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
		"spec:\n  profiles:\n  - name: alice\n    owner: {name: alice@example.com}\n"
	// The function edits the first of these and leaves the second alone.
	edited  = "- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: alice\n    annotations: {owner: alice@example.com}\n"
	left    = "- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: mine\n"
	another = "- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: another\n"
	// Behind either: a text of it.
	label  = "    labels:\n      a: "
	policy = "- apiVersion: security.istio.io/v1\n  kind: AuthorizationPolicy\n  metadata: {name: p, namespace: %s}\n"

	listHead = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
)

// resourceListOf is what a pipeline sends, the items written as given.
func resourceListOf(items string) string {
	return listHead + items + "functionConfig:\n  " + strings.TrimRight(strings.ReplaceAll(configOfAlice, "\n", "\n  "), " ")
}

// However the items are written, they come back once each, in order, and mean what they meant;
// what nobody edits comes back byte for byte.
func TestHostileItemsComeBackWhole(t *testing.T) {
	for name, items := range map[string]string{
		"a text whose lines look like comments":         left + label + "\"foo\n# x\n# y\"\n" + edited,
		"such a text in what is edited":                 edited + label + "\"foo\n# x\n# y\"\n" + left,
		"a text whose lines look like items":            left + label + "\"foo\n- bar\"\n" + edited,
		"a plain text over lines":                       left + label + "foo\n       - bar\n       ...\n" + edited,
		"a block of lines that look like items":         left + label + "|\n       - bar\n       # x\n       ---\n       ...\n" + edited,
		"a block that keeps its blank lines":            left + label + "|+\n       bar\n\n\n" + edited,
		"comments between items":                        "# of mine\n" + left + "# of alice\n# too\n" + edited + "\n# far\n\n# near\n" + another,
		"an indented comment before an item":            left + "  # of mine\n # of alice\n" + edited + "# of the list\n",
		"a comment behind the dash":                     "- # of mine\n " + left[1:] + "-\n\n  # of alice\n " + edited[1:],
		"a dash on a line of its own":                   "-\n " + left[1:] + "-\n " + edited[1:],
		"flow style":                                    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: mine}}\n" + edited,
		"a list in flow style, of no objects":           " [0, {}, [], a]\n",
		"items that are no objects":                     "- null\n-\n- text\n- [1, 2]\n- {}\n" + edited,
		"line ends of Windows":                          strings.ReplaceAll(left+edited, "\n", "\r\n"),
		"line ends of an old Mac":                       left + label + "b\r" + edited,
		"U+2028, which ends a line":                     left + label + "\"foo\u2028bar\"\n" + edited,
		"U+0085, which ends a line":                     "# foo\u0085# bar\n" + left + edited,
		"an anchor that labels and annotations share":   strings.Replace(edited, "annotations: {", "annotations: &x {", 1) + "    labels: *x\n" + left,
		"an anchor in an untouched item":                left + "    labels: &x {a: b}\n  data: *x\n" + edited,
		"a merge key in an untouched item":              left + "    labels: &x {a: b, c: d}\n  data: {<<: *x, c: e}\n" + edited,
		"a merge key in what is edited":                 edited + "    labels: {<<: {a: b, c: d}, c: e}\n",
		"a null in flow style":                          strings.Replace(edited, "annotations: {", "annotations: {nothing, less: , ", 1),
		"labels that are null":                          edited + "    labels:\n" + left,
		"a policy whose spec is null":                   fmt.Sprintf(policy, "alice") + "  spec: null\n",
		"a policy whose rules are a map":                fmt.Sprintf(policy, "bob") + "  spec: {rules: {a: b}}\n",
		"the marks of a document inside a text":         left + label + "\"--- \\n...\\n- x\"\n" + edited,
		"a text that looks like the end of the items":   left + label + "\"\nfunctionConfig: x\"\n" + edited,
		"a Namespace that says it is in a namespace":    strings.Replace(edited, "name: alice", "name: alice\n    namespace: x", 1),
		"annotations that are no map, likewise":         left + "    annotations: x\n" + edited,
		"the annotations of a pipeline, made up":        left + "    annotations: {config.kubernetes.io/path: ../../x, config.kubernetes.io/index: '-9223372036854775808'}\n" + edited,
		"an object that says it is another's":           left + "    annotations: {ambient.kubeflow.org/owned-by: other}\n" + edited,
		"a text of two lines at the end of the list":    edited + left + label + "'foo\n\n  bar'\n",
		"a comment at the end of the list":              edited + left + "# end\n\n",
		"a key of more than a thousand characters":      left + "    labels:\n      ? " + strings.Repeat("k", 1100) + "\n      : v\n" + edited,
		"hundreds of levels":                            left + label + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "\n" + edited,
		"a byte order mark in a text":                   left + label + "\"\ufeff\"\n" + edited,
		"texts that other readers take for other types": left + label + "[012, 0o14, 1_000, yes, 1e3, 190:20:30, 2001-01-01, .inf, ~]\n" + edited,
	} {
		t.Run(name, func(t *testing.T) {
			list := resourceListOf(items)
			code, out, stderr := execute(t, list)
			if code != exitOK {
				t.Fatal(stderr)
			}
			sameItems(t, list, out)
			if code, again, stderr := execute(t, withoutResults(out)); code != exitOK || withoutResults(again) != withoutResults(out) {
				t.Errorf("a second run: exit code %d, %s%s", code, stderr, firstDifference(out, again))
			}
			items = strings.ReplaceAll(items, "name: alice", "name: untouched")
			_, out, _ = execute(t, resourceListOf(items))
			if asRead := strings.HasPrefix(out, listHead+items); asRead == rewritten(items) {
				t.Errorf("read as it was written: %v, in\n%.1000s", asRead, out)
			}
		})
	}
}

// rewritten reports whether a list is one whose items are written anew: it does not begin in the first
// column, or its lines are not where we would count them.
func rewritten(items string) bool {
	return strings.ContainsAny(strings.ReplaceAll(items, "\r\n", "\n"), "\r\u2028\u0085") || strings.HasPrefix(items, " ")
}

// sameItems: every item of the list in is in the list out, in the same order and with the same
// meaning except for the labels of alice's Namespace; behind them are only objects of ours.
func sameItems(t *testing.T, in, out string) {
	t.Helper()
	was, is := itemsOf(t, in), itemsOf(t, out)
	if len(was) > len(is) {
		t.Fatalf("%d items became %d", len(was), len(is))
	}
	for i, item := range is {
		if i >= len(was) {
			if manifest.NewItem(item).Annotation("ambient.kubeflow.org/owned-by") != "kubeflow" {
				t.Errorf("%s is new and not ours", manifest.NewItem(item))
			}
			continue
		}
		if a, b := meaning(t, was[i]), meaning(t, item); a != b {
			t.Errorf("item %d meant\n%s\nand means\n%s", i, a, b)
		}
	}
}

// itemsOf are the items of a ResourceList as any YAML reader sees them.
func itemsOf(t *testing.T, list string) []*yaml.Node {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(list), &document); err != nil {
		t.Fatalf("%v in\n%s", err, list)
	}
	return yaml.NewRNode(document.Content[0]).Field("items").Value.YNode().Content
}

// meaning is what n decodes to, its aliases and merge keys included, without the labels that
// alice's Namespace gets.
func meaning(t *testing.T, n *yaml.Node) string {
	t.Helper()
	var v any
	if err := n.Decode(&v); err != nil {
		t.Fatal(err)
	}
	object, _ := v.(map[string]any)
	if keys, ok := v.(map[any]any); ok {
		object = map[string]any{}
		for key, value := range keys {
			object[fmt.Sprint(key)] = value
		}
	}
	if metadata, _ := object["metadata"].(map[string]any); object["kind"] == "Namespace" && metadata["name"] == "alice" {
		labels, _ := metadata["labels"].(map[string]any)
		for _, ours := range []string{"istio.io/dataplane-mode", "istio.io/use-waypoint", "istio.io/ingress-use-waypoint", "istio-injection"} {
			delete(labels, ours)
		}
		if len(labels) == 0 {
			delete(metadata, "labels")
		}
	}
	return fmt.Sprintf("%#v", v)
}

// The configuration comes back as well, byte for byte where its lines are known.
func TestConfigurationComesBack(t *testing.T) {
	plainly := strings.TrimPrefix(resourceListOf(""), listHead)
	check := "functionConfig:\n  apiVersion: ambient.kubeflow.org/v1alpha1\n  kind: AccessCheck\n  metadata: {name: &x y}\n  spec: {cases: [{name: a, from: {serviceAccount: alice/x}, to: {namespace: alice, pod: {a: b}}, expect: allow}]}\n"
	for name, test := range map[string]struct {
		list, want string
	}{
		"as people write it":         {listHead + left + strings.Replace(plainly, "spec:", "# ours\n  spec: # too", 1), "  # ours\n  spec: # too\n"},
		"before the items":           {strings.Replace(listHead, "items:\n", plainly+"# items\nitems:\n", 1) + left, plainly + "# items\n"},
		"without a line end":         {strings.TrimSuffix(listHead+left+plainly, "\n"), plainly},
		"in a list that is indented": {"  " + strings.ReplaceAll(strings.TrimSuffix(listHead+left+plainly, "\n"), "\n", "\n  ") + "\n", "functionConfig:\n  apiVersion"},
		"with line ends of Windows":  {strings.ReplaceAll(listHead+left+plainly, "\n", "\r\n"), strings.ReplaceAll(plainly, "\n", "\r\n")},
		"with an end marker":         {listHead + left + plainly + "...\n", plainly},
		"with an anchor":             {listHead + edited + check, "metadata: {name: &x y}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := execute(t, test.list)
			if code != exitOK {
				t.Fatal(stderr)
			}
			part(t, "stdout", out, test.want)
			var was, is yaml.Node
			if err := errors.Join(yaml.Unmarshal([]byte(test.list), &was), yaml.Unmarshal([]byte(out), &is)); err != nil {
				t.Fatalf("%v in\n%s", err, out)
			}
			config := func(n yaml.Node) string {
				return meaning(t, yaml.NewRNode(n.Content[0]).Field("functionConfig").Value.YNode())
			}
			if a, b := config(was), config(is); a != b {
				t.Errorf("%s became %s", a, b)
			}
		})
	}
}

// What another reader could understand otherwise is refused, and nothing comes out.
func TestRefusedResourceLists(t *testing.T) {
	binary := strings.Replace(fmt.Sprintf(policy, "alice"), "kind:", "!!binary a2luZA==:", 1)
	for name, test := range map[string]struct{ list, err string }{
		"an alias of what another item names":   {resourceListOf(left + label + "&x b\n" + another + label + "*x\n"), "ConfigMap another: metadata.labels.a: the alias *x does not refer to anything in the same object"},
		"labels that items share":               {resourceListOf(edited + "    labels: &x {a: b}\n" + left + "    labels: *x\n"), "ConfigMap mine: metadata.labels: the alias *x"},
		"an alias of what the list names":       {"functionConfig: &x {}\n" + listHead + "- *x\n", "items[0]: the alias *x does not refer to anything"},
		"a key that stands twice":               {resourceListOf(edited + "    name: bob\n"), "Namespace alice: metadata.name: is set twice"},
		"what is encoded as binary":             {resourceListOf(binary), "items[0].a2luZA==: \"a2luZA==\" is encoded as !!binary"},
		"a key that is null":                    {resourceListOf(edited + "    labels: {~: a}\n"), "Namespace alice: metadata.labels: a key is not a string"},
		"a directive":                           {"%YAML 1.1\n---\n" + resourceListOf(left), "stdin:1:1: [AP0104] a directive"},
		"another document behind an end marker": {strings.Replace(resourceListOf(""), "items:\n", "items: []\n", 1) + "...\na: b\n", "stdin:13:1: [AP0108] a second document starts here; send one ResourceList"},
		"UTF-16":                                {"\xff\xfea\x00:\x00 \x00b\x00", "stdin:1:1: [AP0102] a byte here is not UTF-8"},
		"binary":                                {"\x7fELF\x02\x01\x01\x00", "stdin:1:1: [AP0105] the YAML is not valid (control characters are not allowed)"},
		"a merge key that refers to a string":   {resourceListOf(left + "    labels: {<<: a}\n"), "ConfigMap mine: metadata.labels.<<: the merge key << does not refer to a map"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := execute(t, test.list)
			if code != exitError || stdout != "" {
				t.Errorf("exit code %d, stdout %q", code, stdout)
			}
			part(t, "stderr", stderr, test.err)
		})
	}
}

// The end of a document ends the items as well: what we add does not come behind it.
func TestNothingIsWrittenBehindAnEndMarker(t *testing.T) {
	tail := strings.TrimPrefix(resourceListOf(""), listHead)
	list := strings.Replace(listHead, "items:\n", "", 1) + tail + "items:\n" + left + "... # the end\n# of all\n"
	code, out, stderr := execute(t, list)
	if code != exitOK {
		t.Fatal(stderr)
	}
	sameItems(t, list, out)
}

// kubectl takes apart whatever is called a list, however deep.
func TestListsAreTakenApart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	write(t, file, configOfAlice)
	lists := "apiVersion: v1\nkind: NamespaceList\nitems:\n- apiVersion: v1\n  kind: List\n  metadata: {name: named}\n  items:\n  - apiVersion: v1\n    kind: Namespace\n    metadata: {name: alice}\n"
	code, out, stderr := execute(t, lists, file, "-")
	if code != exitOK || strings.Contains(out, "List") {
		t.Errorf("exit code %d: %s%s", code, stderr, out)
	}
	part(t, "stdout", out, "metadata: {name: alice, labels: {istio-injection: disabled,")

	// As the API server returns them: the items have the kind of the list.
	lists = "apiVersion: v1\nkind: NamespaceList\nitems:\n- kind: ''\n  apiVersion:\n  metadata: {name: alice}\n"
	code, out, stderr = execute(t, lists, file, "-")
	if code != exitOK {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	part(t, "stdout", out, "apiVersion: v1\nkind: Namespace\nmetadata: {name: alice, labels: {istio-injection: disabled,")
}

// Ten thousand contributors each get their own way in, and nobody gets in with them.
func TestTenThousandContributors(t *testing.T) {
	var config strings.Builder
	config.WriteString(configOfAlice + "    contributors:\n")
	for i := range 10_000 {
		fmt.Fprintf(&config, "    - {name: user%d@example.com, role: view}\n", i)
	}
	code, out, stderr := execute(t, config.String(), "-")
	if code != exitOK || strings.Contains(stderr, "warning") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, kind := range []string{"kind: RoleBinding\n", "kind: AuthorizationPolicy\nmetadata:\n  name: user-user"} {
		if n := strings.Count(out, kind); n != 10_000 {
			t.Errorf("%d of %q", n, kind)
		}
	}
	world := worldOf(t, out)
	for user, want := range map[string]access.Outcome{"user0@example.com": access.Allow, "user9999@example.com": access.Allow, "user10000@example.com": access.Deny, "user99990@example.com": access.Deny} {
		if v := world.Decide(access.Request{From: access.From{User: user}, To: access.To{Namespace: "alice", Service: "tet"}}); v.Outcome != want {
			t.Errorf("%s: %s, want %s: %s", user, v.Outcome, want, v.By())
		}
	}
}

// Names come from anybody: none may move a terminal's cursor, or pass for a line of ours.
func TestNothingInvisibleIsTold(t *testing.T) {
	const evil = `"x\e[2J\nambient-profile: error: fake\u202E"`
	lie := "- apiVersion: rbac.authorization.k8s.io/v1\n  kind: RoleBinding\n  metadata: {name: " + evil + ", namespace: alice, annotations: {user: " + evil + ", role: edit}}\n"
	for name, list := range map[string]string{
		"in a warning":         resourceListOf(lie),
		"in a key":             resourceListOf("") + "    " + evil + ": a\n",
		"in two errors":        resourceListOf("") + "    " + evil + ": a\n    b: c\n",
		"in a name twice":      resourceListOf(strings.Repeat("- {apiVersion: v1, kind: Namespace, metadata: {name: alice, labels: {"+evil+": a, "+evil+": b}}}\n", 2)),
		"in a kind":            resourceListOf("- {apiVersion: v1, kind: " + strings.TrimSuffix(evil, `"`) + `List", items: []}` + "\n"),
		"in a check":           strings.Replace(resourceListOf(""), "kind: AmbientProfile", "kind: AccessCheck\n  "+evil+": a", 1),
		"in the version":       strings.Replace(resourceListOf(""), "config.kubernetes.io/v1", evil, 1),
		"in the YAML itself":   "\x1b[2J",
		"in an object to load": resourceListOf("- {apiVersion: v1, kind: Service, metadata: {name: " + evil + ", labels: [a]}}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, stderr := execute(t, list)
			if stderr == "" {
				t.Fatal("nothing is reported")
			}
			for _, line := range strings.Split(strings.TrimSuffix(stderr, "\n"), "\n") {
				if !strings.HasPrefix(line, "ambient-profile: ") || strings.HasPrefix(line, "ambient-profile: error: fake") || strings.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }) {
					t.Errorf("%q", line)
				}
			}
		})
	}
}
