package main

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/yaml"
)

// execute is one run of the program, without a process.
func execute(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
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
