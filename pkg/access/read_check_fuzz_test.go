package access

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// An error names a place. A check that is accepted means the same when it is written again, and each of
// its cases has a result, in a table that is safe to print.
func FuzzCheck(f *testing.F) {
	f.Add(designExample)
	files, err := filepath.Glob("../../examples/*/accesscheck.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no checks to begin with: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	world := load(f, tenants(f))
	f.Fuzz(func(t *testing.T, text string) {
		n, err := yaml.Parse(text)
		if err != nil {
			t.Skip("no YAML")
		}
		c, err := ParseCheck(n.YNode())
		if err != nil {
			for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
				var d diagnostic.Diagnostic
				if !errors.As(err, &d) || d.Severity() != diagnostic.Error || d.Position.Line == 0 || d.Found == "" || d.Remedy == "" || (d.Field == "") != (d.Code == diagnostic.NotAnAccessCheck) {
					t.Errorf("%q: %v does not say where, what and what to do", text, err)
				}
			}
			return
		}
		written, err := n.String()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseCheck(yaml.MustParse(written).YNode())
		if err != nil || !reflect.DeepEqual(withoutPlaces(c), withoutPlaces(again)) {
			t.Errorf("%q is read as %+v, written anew as %+v: %v", text, c, again, err)
		}
		results := world.Run(c)
		for i, r := range results {
			if want := c.Cases[i].Expect.String(); r.Expect != want || r.OK != (r.Got == want) || r.Got != "allow" && r.Got != "deny" && r.Got != "not-judged" {
				t.Errorf("%q: %+v", text, r)
			}
		}
		var table strings.Builder
		if err := WriteResults(&table, results); err != nil || strings.ContainsFunc(strings.ReplaceAll(table.String(), "\n", ""), func(c rune) bool { return c < ' ' || c == 0x7f }) {
			t.Errorf("%v: %q", err, table.String())
		}
	})
}

// withoutPlaces is a check without where its cases and claims stand.
func withoutPlaces(c Check) Check {
	c.Cases, c.Claims = slices.Clone(c.Cases), slices.Clone(c.Claims)
	for i := range c.Cases {
		c.Cases[i].stated = stated{}
	}
	for i := range c.Claims {
		c.Claims[i].stated = stated{}
	}
	return c
}
