package fn

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os/exec"
	"path"
	"strings"
	"testing"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"
)

// schemaReleases are releases whose CRDs the generated objects are held to. The modules are not those that
// this one is built with: of Istio 1.32 and of the Gateway API 1.7 the schemas are all that runs here.
var schemaReleases = []struct{ project, release, module, version, definitions string }{
	{"Istio", "1.30", "istio.io/api", "v1.30.8", "kubernetes/customresourcedefinitions.gen.yaml"},
	{"Istio", "1.31", "istio.io/api", "v1.31.4", "kubernetes/customresourcedefinitions.gen.yaml"},
	{"Istio", "1.32", "istio.io/api", "v1.32.0", "kubernetes/customresourcedefinitions.gen.yaml"},
	{"Gateway API", "1.5", "sigs.k8s.io/gateway-api", "v1.5.1", "config/crd/standard/gateway.networking.k8s.io_*.yaml"},
	{"Gateway API", "1.6", "sigs.k8s.io/gateway-api", "v1.6.0", "config/crd/standard/gateway.networking.k8s.io_*.yaml"},
	{"Gateway API", "1.7", "sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/standard/gateway.networking.k8s.io_*.yaml"},
}

// The API server accepts every object that a golden case makes with the CRDs of each release, and they
// have no unknown fields.
func TestObjectsPassTheSchemasOfEachRelease(t *testing.T) {
	objects := generatedObjects(t)
	for _, r := range schemaReleases {
		t.Run(r.project+" "+r.release, func(t *testing.T) {
			schemas := map[string]*spec.Schema{}
			for _, definitions := range moduleFiles(t, r.module, r.version, r.definitions) {
				for kind, schema := range schemasOf(definitions) {
					schemas[kind] = schema
				}
			}
			checked := map[string]int{}
			for _, o := range objects {
				kind := o["apiVersion"].(string) + " " + o["kind"].(string)
				if schemas[kind] == nil {
					continue
				}
				checked[kind]++
				if err := validate.AgainstSchema(schemas[kind], o, strfmt.Default); err != nil {
					t.Errorf("%v\n%s", err, must(yaml.Marshal(o)))
				}
			}
			for _, kind := range map[string][]string{
				"Istio":       {"security.istio.io/v1 AuthorizationPolicy", "security.istio.io/v1 RequestAuthentication"},
				"Gateway API": {"gateway.networking.k8s.io/v1 Gateway", "gateway.networking.k8s.io/v1 HTTPRoute"},
			}[r.project] {
				if checked[kind] < 20 {
					t.Errorf("%d objects of kind %s were checked, which proves nothing", checked[kind], kind)
				}
			}
		})
	}
}

// The schemas are those of the release: 1.32 has the field presence, and those before it refuse it.
func TestSchemasOfReleasesDiffer(t *testing.T) {
	rule := map[string]any{"issuer": "https://dex.example.com", "presence": "REQUIRED"}
	object := map[string]any{
		"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication",
		"metadata": map[string]any{"name": "login", "namespace": "istio-system"}, "spec": map[string]any{"jwtRules": []any{rule}},
	}
	for _, r := range schemaReleases {
		if r.project != "Istio" {
			continue
		}
		schema := schemasOf(moduleFiles(t, r.module, r.version, r.definitions)[0])["security.istio.io/v1 RequestAuthentication"]
		if err := validate.AgainstSchema(schema, object, strfmt.Default); (err == nil) != (r.release == "1.32") {
			t.Errorf("Istio %s: %v", r.release, err)
		}
	}
}

// generatedObjects are those of the golden cases that are ours, each once.
func generatedObjects(t *testing.T) (objects []map[string]any) {
	t.Helper()
	seen := map[string]bool{}
	for _, dir := range goldenCases(t) {
		file := path.Join(dir, "want.yaml")
		if !exists(file) {
			continue
		}
		for _, text := range strings.Split(read(t, file), "\n---\n") {
			if seen[text] || !strings.Contains(text, "app.kubernetes.io/managed-by: ambient-profile") {
				continue
			}
			seen[text] = true
			var object map[string]any
			if err := yaml.Unmarshal([]byte(text), &object); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			objects = append(objects, object)
		}
	}
	return objects
}

// moduleFiles are files of a release of a module. They are read from its archive, which Go also has of a
// module that asks for a newer Go. Where it cannot be downloaded, the test is skipped.
func moduleFiles(t *testing.T, module, version, pattern string) (files [][]byte) {
	t.Helper()
	said, err := exec.Command("go", "mod", "download", "-json", module+"@"+version).Output()
	var download struct{ Zip, Error string }
	if json.Unmarshal(said, &download) != nil || download.Zip == "" {
		t.Skipf("NOT RUN: %s@%s cannot be downloaded: %s%v", module, version, download.Error, err)
	}
	text := read(t, download.Zip)
	archive := must(zip.NewReader(strings.NewReader(text), int64(len(text))))
	names := must(fs.Glob(archive, module+"@"+version+"/"+pattern))
	if len(names) == 0 {
		t.Fatalf("%s@%s has no %s", module, version, pattern)
	}
	for _, name := range names {
		files = append(files, must(fs.ReadFile(archive, name)))
	}
	return files
}
