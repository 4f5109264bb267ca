// Command schema writes the JSON Schemas of the files that users write and of what the verbs write, from the Go types
// and their doc comments, for editors, for kubeconform and for who reads the outputs. The function itself never reads them. From the
// same types it writes docs/configuration.md.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// A kind is one schema file: what is read, where its source is, and what is in force if left out.
type kind struct {
	apiVersion, name string
	sources          []string // the packages' directories, below the module
	defaults         any      // a value of the type, as read from the least that is accepted; zero: none
	rules            map[string]Schema
}

func kinds() []kind {
	return []kind{
		{profile.APIVersion, profile.Kind, []string{"pkg/profile"}, leastProfile(), profileRules},
		{profile.APIVersion, "AccessCheck", []string{"pkg/access", "pkg/profile", "schema"}, AccessCheck{}, accessRules},
	}
}

// leastProfile holds every default; what has none is left out of the schema.
func leastProfile() profile.AmbientProfile {
	p, err := profile.Parse(yaml.MustParse("apiVersion: " + profile.APIVersion + "\nkind: " + profile.Kind +
		"\nmetadata: {name: x}\nspec: {profiles: [{name: x, owner: {name: x}}]}\n").YNode())
	if err != nil {
		panic(err) // the tests of pkg/profile accept less
	}
	p.Metadata, p.Spec.Ingress.ServiceAccount = profile.Metadata{}, "" // follows from the gateway's name
	return p
}

// file is where kubeconform and the catalogs of schemas look for it:
// {{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json
func (k kind) file() string {
	group, version, _ := strings.Cut(k.apiVersion, "/")
	return filepath.Join(group, strings.ToLower(k.name)+"_"+version+".json")
}

func main() {
	if err := errors.Join(writeAll("schema", "."), writeOutputs("schema", "."), writePage(".")); err != nil {
		fmt.Fprintln(os.Stderr, "schema: error:", err)
		os.Exit(1)
	}
}

// writeAll writes every schema below dir, from the source of the module at root.
func writeAll(dir, root string) error {
	for _, k := range kinds() {
		text, err := k.text(root)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, k.file())
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (k kind) generator(root string) (generator, error) {
	comments := map[string]string{}
	for _, source := range k.sources {
		if err := docComments(comments, filepath.Join(root, source)); err != nil {
			return generator{}, err
		}
	}
	return generator{comments: comments, rules: k.rules, used: map[string]bool{}}, nil
}

// text is the schema, as the file holds it.
func (k kind) text(root string) ([]byte, error) {
	g, err := k.generator(root)
	if err != nil {
		return nil, err
	}
	s := g.schema(reflect.ValueOf(k.defaults), "")
	s.Dialect = "http://json-schema.org/draft-07/schema#"
	s.Title = k.name + " " + k.apiVersion
	s.Properties["apiVersion"] = &Schema{Type: "string", Enum: []any{k.apiVersion}}
	s.Properties["kind"] = &Schema{Type: "string", Enum: []any{k.name}}
	for rule := range k.rules {
		if !g.used[rule] {
			return nil, fmt.Errorf("the rule %s is for a field that %s does not have", rule, k.name)
		}
	}
	out, err := json.MarshalIndent(s, "", "  ")
	return append(out, '\n'), err
}
