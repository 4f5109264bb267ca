package fn

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// programPackage is the program that runs the function.
const programPackage = "../cmd/ambient-profile"

// execute is one run, without a process: of the function on a ResourceList where there are no
// arguments, on files where there are, and of the referee behind "explain" and "check".
func execute(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Exit(call(args, strings.NewReader(stdin), &out, &errs), &errs)
	return code, out.String(), errs.String()
}

// call does what the program does (cmd/ambient-profile, which has tests of its own).
func call(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	switch {
	case len(args) == 0:
		return Transform(stdin, stdout, stderr)
	case args[0] == "explain":
		report, err := Explain(args[1:], "", stdin, io.Discard)
		if err != nil {
			return err
		}
		return report.WriteTable(stdout)
	case args[0] == "check":
		results, err := Check(args[1], args[2:], "", stdin, io.Discard)
		if err == nil {
			err = access.WriteResults(stdout, results)
		}
		if err == nil && access.Failed(results) > 0 {
			err = errors.New("a case failed")
		}
		return err
	}
	return Standalone(args[0], args[1:], stdin, stdout, stderr)
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func itoa(i int) string { return strconv.Itoa(i) }

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sortedObjects are the documents of a stream, each in kustomize's form, in alphabetical order.
func sortedObjects(t *testing.T, text string) string {
	t.Helper()
	var objects []string
	for _, n := range must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()) {
		objects = append(objects, string(must(yaml.JSONToYAML(must(n.MarshalJSON())))))
	}
	slices.Sort(objects)
	return strings.Join(objects, "---\n")
}
