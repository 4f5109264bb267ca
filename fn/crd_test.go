package fn

import (
	"bytes"
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

// passesCRDs checks that the API server accepts every object of a stream that Istio or the Gateway API
// defines, by the schemas that they ship, and that it has no field other than those of the schema. Of the
// rules in CEL it knows those of an HTTPRoute (routeRules); the other rules and kinds are checked by
// make e2e, which asks a real API server.
func passesCRDs(t *testing.T, manifests string) {
	t.Helper()
	for _, text := range strings.Split(manifests, "\n---\n") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if err := passesCRD(object); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

func passesCRD(object map[string]any) error {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	schemas := istioSchemas
	switch {
	case kind == "HTTPRoute":
		schemas = gatewaySchemas
	case !strings.Contains(apiVersion, ".istio.io/"):
		return nil
	}
	schema := schemas()[apiVersion+" "+kind]
	if schema == nil {
		return fmt.Errorf("there is no %s %s", apiVersion, kind)
	}
	if err := validate.AgainstSchema(schema, object, strfmt.Default); err != nil {
		return err
	}
	if kind == "HTTPRoute" {
		return routeRules(object)
	}
	return nil
}

// istioSchemas are the schemas of Istio's CRDs by apiVersion and kind.
var istioSchemas = sync.OnceValue(func() map[string]*spec.Schema {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "istio.io/api").Output()
	if err != nil {
		panic(fmt.Sprint("where is istio.io/api? ", err))
	}
	return schemasOf(must(os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "kubernetes", "customresourcedefinitions.gen.yaml"))))
})

// gatewaySchemas are those of the Gateway API, in the version that the conformance tests pin.
var gatewaySchemas = sync.OnceValue(func() map[string]*spec.Schema {
	list := exec.Command("go", "mod", "download", "-json", "sigs.k8s.io/gateway-api")
	list.Dir = filepath.Join("..", "test", "conformance")
	said, err := list.Output()
	var module struct{ Dir string }
	if err == nil {
		err = yaml.Unmarshal(said, &module)
	}
	if err != nil {
		panic(fmt.Sprint("where is sigs.k8s.io/gateway-api? ", err))
	}
	return schemasOf(must(os.ReadFile(filepath.Join(module.Dir, "config", "crd", "standard", "gateway.networking.k8s.io_httproutes.yaml"))))
})

// schemasOf are the schemas of a file of CRDs.
func schemasOf(definitions []byte) map[string]*spec.Schema {
	schemas := map[string]*spec.Schema{}
	decoder := kyaml.NewDecoder(bytes.NewReader(definitions))
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
}

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
	for _, text := range []string{
		"spec: {rule: []}", "spec: {rules: [{from: [{source: {principal: [a]}}]}]}", "spec: {action: PASS}", "spec: {rules: [{to: [{operation: {ports: [80]}}]}]}", "spec: {selector: {matchLabels: {a: 1}}}", "specs: {}",
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\n"+text), &object); err != nil {
			t.Fatal(err)
		}
		if err := passesCRD(object); err == nil {
			t.Errorf("%s passes", text)
		}
	}
}
