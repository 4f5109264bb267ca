package diagnostic

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func configMap(name string) Object {
	return Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "kubeflow", Name: name}
}

func config(name string) Object {
	return Object{APIVersion: "ambient.kubeflow.org/v1alpha1", Kind: "AmbientProfile", Name: name}
}

func TestALine(t *testing.T) {
	at := Position{File: "in.yaml", Line: 8, Column: 12}
	for want, d := range map[string]Diagnostic{
		"in.yaml:8:12: [AP0701] ConfigMap kubeflow/a: data.x: f; e; r":   {Code: RulesLost, Position: at, Object: configMap("a"), Field: "data.x", Found: "f", Effect: "e", Remedy: "r"},
		"in.yaml:8:12: ConfigMap kubeflow/a: f; r":                       {Position: at, Object: configMap("a"), Found: "f", Remedy: "r"},
		"in.yaml:8: data.x: f":                                           {Position: Position{File: "in.yaml", Line: 8}, Field: "data.x", Found: "f"},
		"in.yaml: f":                                                     {Position: Position{File: "in.yaml"}, Found: "f"},
		"f; e":                                                           {Found: "f", Effect: "e"},
		"in.yaml:8:12: [AP0701] spec.x: f":                               {Code: RulesLost, Position: at, Object: config("kubeflow"), Field: "spec.x", Found: "f"},
		"AmbientProfile kubeflow: [AP0701] spec.x: f":                    {Code: RulesLost, Object: config("kubeflow"), Field: "spec.x", Found: "f"},
		"in.yaml: AmbientProfile kubeflow: [AP0701] spec.x: f":           {Code: RulesLost, Position: Position{File: "in.yaml"}, Object: config("kubeflow"), Field: "spec.x", Found: "f"},
		"[AP0701] AmbientProfile kubeflow: f":                            {Code: RulesLost, Object: config("kubeflow"), Found: "f"},
		`ConfigMap kubeflow/a\nambient-profile: error: b: \x1b[2J\u202e`: {Object: configMap("a\nambient-profile: error: b"), Found: "\x1b[2J\u202e"},
	} {
		if got := d.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// printed is what f writes, without what every line begins with.
func printed(t *testing.T, f func(*strings.Builder)) []string {
	t.Helper()
	var out strings.Builder
	f(&out)
	var lines []string
	for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		text, ok := strings.CutPrefix(line, "ambient-profile: ")
		if !ok {
			t.Errorf("a line is %q", line)
		}
		lines = append(lines, text)
	}
	return lines
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The same message about several objects is one line, where the first of them comes.
func TestTheSameMessageIsOneLine(t *testing.T) {
	edited := func(o Object, line int) Diagnostic {
		return Diagnostic{Code: RulesLost, Position: Position{File: "in.yaml", Line: line, Column: 1}, Object: o, Found: "was edited", Remedy: "restart"}
	}
	secret, cluster := configMap("s"), Object{Kind: "ClusterRole", Name: "c"}
	secret.Kind = "Secret"
	other, field, note := edited(configMap("d"), 4), edited(configMap("e"), 5), edited(configMap("f"), 6)
	other.Remedy, field.Field, note.Code = "wait", "data", ModelHostsUnknown
	older := edited(configMap("b"), 9)
	older.Object.APIVersion = "v1beta1"
	got := printed(t, func(out *strings.Builder) {
		Print(out, []Diagnostic{edited(configMap("a"), 1), other, edited(configMap("b"), 2), field, edited(secret, 3), note, edited(cluster, 7), edited(configMap("a"), 8), older})
	})
	same(t, got, []string{
		"warning: in.yaml:1:1: [AP0701] ConfigMap kubeflow/a (also kubeflow/b, Secret kubeflow/s, ClusterRole c): was edited; restart",
		"warning: in.yaml:4:1: [AP0701] ConfigMap kubeflow/d: was edited; wait",
		"warning: in.yaml:5:1: [AP0701] ConfigMap kubeflow/e: data: was edited; restart",
		"info: in.yaml:6:1: [AP0345] ConfigMap kubeflow/f: was edited; restart",
	})
}

// What differs only in the namespace of its object is the same message, in the words of the first.
func TestTheSameMessageOfManyNamespacesIsOneLine(t *testing.T) {
	in := func(namespace, name, found string) Diagnostic {
		return Diagnostic{Code: RulesLost, Object: Object{Kind: "Service", Namespace: namespace, Name: name}, Found: found, Effect: "pods of " + namespace + " are open", Remedy: "see " + namespace + "/x"}
	}
	whole := func(name string) Diagnostic {
		return Diagnostic{Code: RulesLost, Object: Object{Kind: "Namespace", Name: name}, Found: "has no " + name + "/waypoint"}
	}
	got := printed(t, func(out *strings.Builder) {
		Print(out, []Diagnostic{
			in("a", "s", "is a Service of ann, a pal"), in("b", "t", "is b Service of ann, b pal"), in("c", "s", "is c Service of ann, a pal"),
			in("an", "s", "is open to ann@x.io, ann-1 and an"), in("ann", "s", "is open to ann@x.io, ann-1 and ann"), in("ann", "t", "is open to an@x.io, an-1 and ann"),
			whole("a"), whole("b"), {Code: RulesLost, Object: Object{Kind: "ClusterRole", Name: "r"}, Found: "has no a/waypoint"},
		})
	})
	same(t, got, []string{
		"warning: [AP0701] Service a/s (also b/t): is a Service of ann, a pal; pods of a are open; see a/x",
		"warning: [AP0701] Service c/s: is c Service of ann, a pal; pods of c are open; see c/x",
		"warning: [AP0701] Service an/s (also ann/s): is open to ann@x.io, ann-1 and an; pods of an are open; see an/x",
		"warning: [AP0701] Service ann/t: is open to an@x.io, an-1 and ann; pods of ann are open; see ann/x",
		"warning: [AP0701] Namespace a (also b): has no a/waypoint",
		"warning: [AP0701] ClusterRole r: has no a/waypoint",
	})
}

// An error, and what is about a file or a field of one of our own, is one line each; but no line
// comes twice.
func TestMessagesWithoutAnotherObjectAreNotOne(t *testing.T) {
	tab := func(file string) Diagnostic {
		return Diagnostic{Code: RulesLost, Position: Position{File: file}, Found: "contains a tab"}
	}
	owner := func(name string) Diagnostic {
		return Diagnostic{Code: RulesLost, Object: config(name), Field: "spec.x", Found: "is odd"}
	}
	second := func(line int) Diagnostic {
		return Diagnostic{Position: Position{File: "c", Line: line}, Object: config("c"), Found: "is second"}
	}
	got := printed(t, func(out *strings.Builder) {
		Print(out, []Diagnostic{tab("a"), tab("b"), tab("a"), owner("a"), owner("b"), owner("a"), second(1), second(2), second(1)})
	})
	same(t, got, []string{
		"warning: a: [AP0701] contains a tab", "warning: b: [AP0701] contains a tab",
		"warning: AmbientProfile a: [AP0701] spec.x: is odd", "warning: AmbientProfile b: [AP0701] spec.x: is odd",
		"error: c:1: AmbientProfile c: is second", "error: c:2: AmbientProfile c: is second",
	})
}

// All that is joined is printed, in order and as errors, however deep.
func TestJoinedErrorsAreLines(t *testing.T) {
	a, b := Diagnostic{Code: RulesLost, Object: configMap("a"), Found: "is odd"}, Diagnostic{Object: configMap("b"), Found: "is even"}
	err := errors.Join(fmt.Errorf("in.yaml: %w", errors.Join(errors.New("one"), b)), NotDone{errors.Join(a, errors.New("two"))}, fmt.Errorf("three: %w; see above", errors.New("four")))
	got := printed(t, func(out *strings.Builder) { PrintErrors(out, err) })
	same(t, got, []string{"error: in.yaml: one", "error: ConfigMap kubeflow/b: in.yaml: is even", "error: [AP0701] ConfigMap kubeflow/a: is odd", "error: two", "error: three: four; see above"})
	if all := All(nil); len(all) != 0 {
		t.Errorf("no error is %v", all)
	}
	if all := All(err); all[2] != a {
		t.Errorf("%#v became %#v", a, all[2])
	}
}

// A code is one kind of message, in the part of the table that its number says.
func TestCodesAreUnique(t *testing.T) {
	parts := [][]Entry{1: inputCodes, configCodes, enrollCodes, convertCodes, ingressCodes, platformCodes, refereeCodes, checkCodes, commandCodes}
	seen := map[Code]bool{}
	count := 0
	for i, part := range parts {
		for _, entry := range part {
			if want := fmt.Sprintf("AP%02d", i); !strings.HasPrefix(string(entry.Code), want) || len(entry.Code) != 6 {
				t.Errorf("%s is among those of %sxx", entry.Code, want)
			}
			if seen[entry.Code] || entry.About == "" {
				t.Errorf("%s has two entries, or one that says nothing", entry.Code)
			}
			seen[entry.Code] = true
			count++
		}
	}
	if all := len(Codes()); all != count {
		t.Errorf("the table has %d entries, its parts %d", all, count)
	}
}
