package mutation

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var only = flag.String("only", ".", "of the mutants of the generator, have diff show those whose name or file matches")

// silent are the faults of which diff has no line in these cases, and why.
var silent = map[string]string{
	"the groups header can be spoofed":                    "the header is for what runs behind the proxies, and no policy asks for it",
	"a waypoint's connections stay closed to the ingress": "istiod's variable makes everything NOT JUDGED, before and after",
	"a DENY at a waypoint holds for its connections":      "istiod's variable makes everything NOT JUDGED, before and after",
	"a group of any issuer gets in":                       "the other issuers of the case are the cluster's, whose tokens have no groups",
}

// Whoever reviews a pull request sees each fault of the generator: diff has a line for it in some case that it changes. Admission policies judge objects
// that come later, and not requests.
func TestMutantsShowInDiff(t *testing.T) {
	if !*run {
		t.Skip("takes minutes: make mutation")
	}
	want := regexp.MustCompile(*only)
	program := buildProgram(t, "")
	cases := inputs(t)
	rendered := map[string]string{}
	for _, c := range cases {
		rendered[c] = render(t, program, c)
	}
	changing, shown := 0, 0
	for _, m := range mutants {
		if !strings.HasPrefix(m.file, gen) || strings.Contains(m.file, "admission") || !want.MatchString(m.name+" "+m.file) {
			continue
		}
		differs, lines := m.inDiff(t, program, cases, rendered)
		why := silent[m.name]
		switch {
		case differs == 0:
			lines = fmt.Sprintf("\nchanges nothing in %d cases", len(cases))
		case lines == "" && why == "":
			t.Errorf("%s changes %d cases, and diff shows nothing", m.name, differs)
		case lines != "" && why != "":
			t.Errorf("%s is to be silent, and diff shows %s", m.name, lines)
		}
		if differs > 0 && why == "" {
			changing++
		}
		if differs > 0 && lines != "" {
			shown++
		}
		fmt.Printf("%-70s  %s\n", m.name, cmp.Or(why, strings.SplitN(lines+"\n\n", "\n", 3)[1]))
	}
	t.Logf("%d faults change what is made, and diff shows %d of them", changing, shown)
	if changing == 0 {
		t.Error("that shows nothing")
	}
}

// inDiff is in how many cases a fault changes what is made, until diff has lines, and the lines.
func (m mutant) inDiff(t *testing.T, program string, cases []string, rendered map[string]string) (differs int, lines string) {
	t.Helper()
	fault := buildProgram(t, m.overlay(t))
	for _, c := range cases {
		text := render(t, fault, c)
		if rendered[c] == "" || text == "" || rendered[c] == text {
			continue
		}
		differs++
		if lines = difference(t, program, rendered[c], text); lines != "" {
			break
		}
	}
	return differs, lines
}

// inputs are the golden cases that are small.
func inputs(t *testing.T) (out []string) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(root, "testdata/golden/*"))
	if err != nil || len(dirs) < 100 {
		t.Fatal(len(dirs), err)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "want.err")); err == nil {
			continue
		}
		if items, err := os.Stat(filepath.Join(dir, "items.yaml")); err == nil && items.Size() > 10_000 { // with one that has Kubeflow's Services
			continue
		}
		out = append(out, dir)
	}
	return out
}

func buildProgram(t *testing.T, overlay string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ambient-profile")
	args := []string{"build", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	build := exec.Command("go", append(args, "./cmd/ambient-profile")...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// render is what the program makes of a case, "" where it refuses it.
func render(t *testing.T, program, dir string) string {
	t.Helper()
	args := []string{filepath.Join(dir, "profile.yaml")}
	if items := filepath.Join(dir, "items.yaml"); exists(items) {
		args = append(args, items)
	}
	out, err := exec.Command(program, args...).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// difference is what diff prints.
func difference(t *testing.T, program, old, next string) string {
	t.Helper()
	var files []string
	for i, text := range []string{old, next} {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.yaml", i))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	out, err := exec.Command(program, append([]string{"diff"}, files...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
