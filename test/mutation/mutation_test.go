// Package mutation asks whether the tests would notice: it puts deliberate faults into the code,
// one at a time, and expects the tests to fail.
package mutation

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var run = flag.Bool("run-mutants", false, "build and test every mutant (make mutation); else only see that each can be made")

const root = "../.."

// Each fault can still be put in: its text is in its file exactly once.
func TestMutantsApply(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range mutants {
		if _, err := m.source(); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if seen[m.name] {
			t.Errorf("%s: is there twice", m.name)
		}
		seen[m.name] = true
	}
}

// Each fault is caught: by the golden files, by the properties that the referee judges, or by
// another test.
func TestMutantsAreCaught(t *testing.T) {
	if !*run {
		t.Skip("takes minutes: make mutation")
	}
	row := func(name, golden, properties, others string) {
		fmt.Printf("%-70s  %-6s  %-10s  %s\n", name, golden, properties, others)
	}
	row("FAULT", "GOLDEN", "PROPERTIES", "OTHERS")
	survived := 0
	for _, m := range mutants {
		binary := m.build(t)
		if binary == "" {
			continue
		}
		golden := caught(t, binary, "-test.run="+m.golden())
		properties := caught(t, binary, "-test.run=TestProperty", "-configurations=60")
		others := ""
		if golden+properties == "" {
			if others = caught(t, binary, "-test.skip=Commands|Container|Kpt|Examples"); others == "" {
				others = m.elsewhere(t)
			}
		}
		if golden+properties+others == "" {
			survived++
			others = "SURVIVED"
			t.Errorf("survived: %s", m.name)
		}
		row(m.name, golden, properties, others)
	}
	t.Logf("%d faults, %d survived", len(mutants), survived)
}

// golden are the tests by examples: of the function, or of serve.
func (m mutant) golden() string {
	if strings.HasPrefix(m.file, ser) {
		return "TestServe"
	}
	return "TestGolden"
}

// source is the file with the fault.
func (m mutant) source() (string, error) {
	data, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(data), m.old); n != 1 {
		return "", errors.New(m.file + ": the text to change does not stand there once; correct the mutant")
	}
	return strings.Replace(string(data), m.old, m.fault, 1), nil
}

// overlay is a file that tells go to take the source with the fault.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	source, err := m.source()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	original, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{changed: source, overlay: string(text)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}

// build is the program's tests with the fault in it; "" where it does not compile, which proves nothing.
func (m mutant) build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "fn.test")
	build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", m.overlay(t), "-o", binary, "./fn")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", m.name, err, out)
		return ""
	}
	return binary
}

// caught is "caught" where some of the program's tests fail, else "".
func caught(t *testing.T, binary string, args ...string) string {
	t.Helper()
	test := exec.Command(binary, append(args, "-test.failfast", "-test.timeout=15m")...)
	test.Dir = filepath.Join(root, "fn")
	return failed(t, test)
}

// elsewhere is the same for the tests of all packages.
func (m mutant) elsewhere(t *testing.T) string {
	t.Helper()
	test := exec.Command("go", "test", "-vet=off", "-overlay", m.overlay(t), "./pkg/...", "./cmd/...")
	test.Dir = root
	return failed(t, test)
}

func failed(t *testing.T, test *exec.Cmd) string {
	t.Helper()
	out, err := test.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &exit) && strings.Contains(string(out), "FAIL"):
		return "caught"
	}
	t.Fatalf("%v: %v\n%s", test.Args, err, out)
	return ""
}
