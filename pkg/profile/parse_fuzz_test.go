package profile

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	other "sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// What is accepted means the same to another YAML reader (1.1, by way of JSON, as kubectl's) and
// after being written anew; its names are exact values. What is refused names a field and a remedy,
// on one line.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../../testdata/golden/*/profile.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no configurations to begin with: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 4000 {
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var document yaml.Node
		if yaml.Unmarshal([]byte(text), &document) != nil {
			t.Skip("no YAML")
		}
		p, err := Parse(&document)
		if err != nil {
			wellRefused(t, text, err)
			return
		}
		exactNames(t, p)
		written, err := yaml.Marshal(&document)
		if err != nil {
			t.Fatal(err)
		}
		json, err := other.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatalf("accepted, but not by another reader: %v\n%s", err, text)
		}
		for _, again := range []string{string(written), string(json)} {
			var document yaml.Node
			if err := yaml.Unmarshal([]byte(again), &document); err != nil {
				t.Fatal(err)
			}
			q, err := Parse(&document)
			if err != nil || !reflect.DeepEqual(withoutMetadata(p), withoutMetadata(q)) {
				t.Errorf("%s\nis read as\n%+v\nand as\n%s\nis %+v: %v", text, p.Spec, again, q.Spec, err)
			}
		}
	})
}

// withoutMetadata leaves out the labels and annotations, which mean nothing to us.
func withoutMetadata(p AmbientProfile) AmbientProfile {
	p.Metadata = Metadata{Name: p.Metadata.Name}
	return p
}

func wellRefused(t *testing.T, text string, err error) {
	t.Helper()
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var d diagnostic.Diagnostic
		switch {
		case !errors.As(err, &d):
			t.Errorf("%q: %v is not a diagnostic", text, err)
		case d.Severity() != diagnostic.Error || !strings.HasPrefix(string(d.Code), "AP02"):
			t.Errorf("%q: %v has the code %q", text, err, d.Code)
		case d.Found == "" || d.Remedy == "" || strings.Contains(err.Error(), "\n"):
			t.Errorf("%q: no finding and remedy on one line in %v", text, err)
		case d.Code != diagnostic.ConfigNotAnAmbientProfile && (d.Position.Line == 0 || d.Position.Column == 0):
			t.Errorf("%q: no position of %v", text, err)
		}
	}
}

// exactNames checks that a value that goes into a policy is not a pattern, and that HTTP carries it unchanged.
func exactNames(t *testing.T, p AmbientProfile) {
	t.Helper()
	names := []string{p.Spec.Identity.UserIDPrefix, p.Spec.Identity.TrustDomain}
	names = append(names, p.Spec.Access.OpenPaths...)
	for _, profile := range p.Spec.Profiles {
		names = append(append(names, profile.Name, profile.Owner.Name), profile.ServiceAccounts...)
		for _, c := range profile.Contributors {
			names = append(names, c.Name)
		}
	}
	for _, name := range names {
		if strings.Contains(name, "*") || strings.TrimSpace(name) != name || strings.ContainsFunc(name, diagnostic.Invisible) {
			t.Errorf("%q is accepted as a name", name)
		}
	}
}
