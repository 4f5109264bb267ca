package fn

import (
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// The metadata for catalogs is true: it names the image of the examples, and examples that exist.
func TestCatalogMetadata(t *testing.T) {
	var metadata struct {
		Image, Description, SourceURL, License string
		Tags, ExamplePackageURLs               []string
	}
	keys := strings.NewReplacer("sourceURL:", "sourceurl:", "examplePackageURLs:", "examplepackageurls:")
	if err := yaml.Unmarshal([]byte(keys.Replace(read(t, "../metadata.yaml"))), &metadata); err != nil {
		t.Fatal(err)
	}
	if image, _, _ := strings.Cut(released, ":"); metadata.Image != image || metadata.Description == "" || len(metadata.Tags) == 0 {
		t.Errorf("%+v", metadata)
	}
	if metadata.License != "Apache-2.0" || !strings.Contains(read(t, "../LICENSE"), "Apache License") {
		t.Errorf("license %q", metadata.License)
	}
	for _, url := range metadata.ExamplePackageURLs {
		path, found := strings.CutPrefix(url, metadata.SourceURL+"/tree/main/")
		if !found || !exists(filepath.Join("..", path, "README.md")) {
			t.Errorf("%s is not an example of this repository", url)
		}
	}
}

// The schema that docs/configuration.md names for editors is a file of this repository, at the released tag.
func TestConfigurationPageNamesTheSchema(t *testing.T) {
	const raw = "https://raw.githubusercontent.com/kubeflow-ambient/ambient-profile/"
	_, version, _ := strings.Cut(released, ":")
	_, after, found := strings.Cut(read(t, "../docs/configuration.md"), "$schema="+raw+version+"/")
	if path, _, _ := strings.Cut(after, "\n"); !found || !exists("../"+path) {
		t.Errorf("the page names no schema of %s that exists: %q", version, path)
	}
}

// docs/rollout.md applies what has the label first, and then the rest: that is the Namespaces and
// Profiles that were there before, and nothing that guards them.
func TestRolloutAppliesLabelsLast(t *testing.T) {
	t.Setenv(asPlugin, "1")
	selector := "app.kubernetes.io/managed-by=ambient-profile"
	part(t, "docs/rollout.md", read(t, "../docs/rollout.md"), "kubectl apply --server-side -f manifests.yaml -l "+selector+"\n")
	label, value, _ := strings.Cut(selector, "=")
	for _, example := range []string{"many-tenants", "quickstart"} {
		last := 0
		objects := must((&kio.ByteReader{Reader: strings.NewReader(read(t, filepath.Join(examplesDir, example, "output.yaml"))), OmitReaderAnnotations: true}).Read())
		for _, object := range objects {
			if object.GetLabels()[label] == value {
				continue
			}
			last++
			if kind := object.GetKind(); kind != "Namespace" && kind != "Profile" {
				t.Errorf("%s: the %s %s would come last", example, kind, object.GetName())
			}
		}
		if last == 0 || last == len(objects) {
			t.Errorf("%s: %d of %d objects come last", example, last, len(objects))
		}
	}
}
