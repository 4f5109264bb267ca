package mutation

import (
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

var only = flag.String("only", "authorizationpolicy_l7.go", "of the mutants of the generator, have diff show those whose name or file matches")

// Whoever reviews a pull request sees each fault in what tenants' policies allow: diff has a line for it.
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
	changed, shown := 0, 0
	for _, m := range mutants {
		if !strings.HasPrefix(m.file, gen) || !want.MatchString(m.name+" "+m.file) {
			continue
		}
		fault := buildProgram(t, m.overlay(t))
		differs, lines := 0, ""
		for _, c := range cases {
			text := render(t, fault, c)
			if rendered[c] == "" || text == "" || policiesOf(rendered[c]) == policiesOf(text) {
				continue
			}
			differs++
			if lines = difference(t, program, rendered[c], text); lines != "" {
				break
			}
		}
		switch {
		case differs == 0:
			fmt.Printf("%-70s  changes no policy of %d cases\n", m.name, len(cases))
			continue
		case lines == "":
			t.Errorf("%s changes policies in %d cases, and diff shows nothing", m.name, differs)
		}
		if changed++; lines != "" {
			shown++
		}
		fmt.Printf("%-70s  %s\n", m.name, strings.SplitN(lines+"\n", "\n", 3)[1])
	}
	t.Logf("%d faults change policies, and diff shows %d of them", changed, shown)
	if changed == 0 {
		t.Error("that shows nothing")
	}
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
		if items, err := os.Stat(filepath.Join(dir, "items.yaml")); err == nil && items.Size() > 8000 {
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

// policiesOf are the documents that only say who gets in.
func policiesOf(manifests string) string {
	var out []string
	for _, document := range strings.Split(manifests, "\n---\n") {
		if strings.Contains(document, "kind: AuthorizationPolicy\n") || strings.Contains(document, "kind: RequestAuthentication\n") {
			out = append(out, document)
		}
	}
	return strings.Join(out, "\n---\n")
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
