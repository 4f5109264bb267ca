package fn

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

// passesCRDs: every object of a stream that Istio defines is one that the API server takes, by the
// schemas that Istio ships, with no field beside those of the schema. Rules in CEL and the other
// kinds are for make e2e, which asks a real API server.
func passesCRDs(t *testing.T, manifests string) {
	t.Helper()
	for _, text := range strings.Split(manifests, "\n---\n") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		apiVersion, _ := object["apiVersion"].(string)
		kind, _ := object["kind"].(string)
		if !strings.Contains(apiVersion, ".istio.io/") {
			continue
		}
		schema := istioSchemas()[apiVersion+" "+kind]
		if schema == nil {
			t.Fatalf("Istio has no %s %s", apiVersion, kind)
		}
		if err := validate.AgainstSchema(schema, object, strfmt.Default); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// istioSchemas are the schemas of Istio's CRDs by apiVersion and kind.
var istioSchemas = sync.OnceValue(func() map[string]*spec.Schema {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "istio.io/api").Output()
	if err != nil {
		panic(fmt.Sprint("where is istio.io/api? ", err))
	}
	f := must(os.Open(filepath.Join(strings.TrimSpace(string(dir)), "kubernetes", "customresourcedefinitions.gen.yaml")))
	schemas := map[string]*spec.Schema{}
	decoder := kyaml.NewDecoder(f)
	for {
		var definition struct {
			Spec struct {
				Group    string                `yaml:"group"`
				Names    struct{ Kind string } `yaml:"names"`
				Versions []struct {
					Name   string `yaml:"name"`
					Schema struct {
						OpenAPIV3Schema map[string]any `yaml:"openAPIV3Schema"`
					} `yaml:"schema"`
				} `yaml:"versions"`
			} `yaml:"spec"`
		}
		if err := decoder.Decode(&definition); errors.Is(err, io.EOF) {
			return schemas
		} else if err != nil {
			panic(err)
		}
		for _, version := range definition.Spec.Versions {
			closeSchema(version.Schema.OpenAPIV3Schema)
			schema := &spec.Schema{}
			if err := yaml.Unmarshal(must(yaml.Marshal(version.Schema.OpenAPIV3Schema)), schema); err != nil {
				panic(err)
			}
			schemas[definition.Spec.Group+"/"+version.Name+" "+definition.Spec.Names.Kind] = schema
		}
	}
})

// closeSchema refuses what a schema does not name, which the API server would drop; metadata is
// not spelled out in a CRD.
func closeSchema(schema map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	for _, below := range properties {
		if below, ok := below.(map[string]any); ok {
			closeSchema(below)
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		closeSchema(items)
	}
	if len(properties) > 0 && schema["x-kubernetes-preserve-unknown-fields"] == nil && schema["additionalProperties"] == nil {
		schema["additionalProperties"] = false
		if properties["spec"] != nil {
			for _, name := range []string{"apiVersion", "kind", "metadata"} {
				properties[name] = map[string]any{}
			}
		}
	}
}

func TestSchemasRefuse(t *testing.T) {
	schema := istioSchemas()["security.istio.io/v1 AuthorizationPolicy"]
	for _, text := range []string{
		"spec: {rule: []}", "spec: {rules: [{from: [{source: {principal: [a]}}]}]}", "spec: {action: PASS}", "spec: {rules: [{to: [{operation: {ports: [80]}}]}]}", "spec: {selector: {matchLabels: {a: 1}}}", "specs: {}",
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\n"+text), &object); err != nil {
			t.Fatal(err)
		}
		if err := validate.AgainstSchema(schema, object, strfmt.Default); err == nil {
			t.Errorf("%s passes", text)
		}
	}
}
