package profile

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Parse reads one AmbientProfile: strictly, then with its defaults, then checked as a whole. The
// error joins a diagnostic.Diagnostic for each mistake, in the order of the file, with its field, its
// line and its column; only the caller knows the name of the file. With an error the result means
// nothing.
func Parse(document *yaml.Node) (AmbientProfile, error) {
	p := defaults()
	n := top(document)
	if other := anotherObject(n); other != nil {
		return p, other
	}
	refused := decode(n, &p)
	p.complete()
	wrong := refusals{top: n}
	wrong.identify(p)
	wrong.spec(p.Spec)
	refused.join(wrong)
	return p, refused.err(p.object())
}

// top returns the map of a document.
func top(document *yaml.Node) *yaml.Node {
	if document != nil && document.Kind == yaml.DocumentNode && len(document.Content) == 1 {
		return document.Content[0]
	}
	return document
}

func (p AmbientProfile) object() diagnostic.Object {
	return diagnostic.Object{APIVersion: APIVersion, Kind: Kind, Name: p.Metadata.Name}
}

// anotherObject refuses a document that is another kind of thing. What its fields would be as an
// AmbientProfile means nothing.
func anotherObject(n *yaml.Node) error {
	d := diagnostic.Diagnostic{Code: diagnostic.ConfigNotAnAmbientProfile, Position: positionOf(n), Remedy: "write apiVersion, kind, metadata and spec"}
	if n == nil || n.Kind == yaml.DocumentNode || n.Kind == 0 {
		d.Found = "expected an AmbientProfile, got nothing"
		return d
	}
	if n.Kind != yaml.MappingNode {
		d.Found = "expected an AmbientProfile, got " + got(n)
		return d
	}
	if isTemplate(n) {
		d.Code, d.Found, d.Remedy = diagnostic.ConfigNotRendered, templateFound, templateRemedy
		return d
	}
	kind := manifest.Value(n, "kind")
	switch {
	case isKustomization(n):
		d.Found = "expected an AmbientProfile, got a kustomization"
		d.Remedy = "list an AmbientProfile under its transformers, and run kustomize build --enable-alpha-plugins --enable-exec DIR"
		return d
	case isSomethingElse(n):
		d.Found = "expected an AmbientProfile, got a map without kind and spec"
		return d
	case kind == "" || diagnostic.Closest(kind, []string{Kind}) != "":
		return nil
	}
	d.Found = "expected an AmbientProfile, got " + shorten(strings.TrimSpace(kind+" "+manifest.Value(n, "metadata", "name")))
	d.Remedy = "pass it as an input after the configuration: ambient-profile ambientprofile.yaml INPUT.yaml"
	switch kind {
	case "Profile":
		if manifest.Value(n, "apiVersion") == APIVersion {
			d.Remedy = "write kind: " + Kind
		}
	case "AccessCheck":
		d.Remedy = "run it on the output: ambient-profile check ACCESSCHECK.yaml OUTPUT.yaml"
	case "ConfigMap": // kpt makes one of the configMap in a Kptfile
		d.Remedy = "name an AmbientProfile as the function's configuration (kpt: configPath in place of configMap)"
	}
	return d
}

// isKustomization reports whether a map is a kustomization. kustomize does not need its apiVersion and kind
// (kustomize 5.8: types.Kustomization.FixKustomizationPreUnmarshalling).
func isKustomization(n *yaml.Node) bool {
	if kind := manifest.Value(n, "kind"); kind != "" {
		return kind == "Kustomization" || kind == "Component"
	}
	return isSomethingElse(n) && manifest.Field(n, "resources") != nil
}

// isSomethingElse reports whether a map has none of the fields by which an AmbientProfile is recognized, one of them misspelled included.
func isSomethingElse(n *yaml.Node) bool {
	if len(n.Content) == 0 || strings.HasPrefix(manifest.Value(n, "apiVersion"), manifest.Group(APIVersion)) {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if diagnostic.Closest(n.Content[i].Value, []string{"kind", "metadata", "spec"}) != "" {
			return false
		}
	}
	return true
}

// identify refuses another version of an AmbientProfile, and one that has no name to own objects by.
func (r *refusals) identify(p AmbientProfile) {
	r.constant("apiVersion", p.APIVersion, APIVersion)
	r.constant("kind", p.Kind, Kind)
	if p.Metadata.Name == "" {
		r.missing("metadata.name", "give the AmbientProfile a name, which marks the objects that it owns, for example metadata: {name: kubeflow}")
	} else {
		r.subdomain("metadata.name", "object name", p.Metadata.Name)
	}
}

func (r *refusals) constant(field, value, want string) {
	switch value {
	case want:
	case "":
		r.missing(field, "write "+field+": "+want)
	default:
		r.add(diagnostic.ConfigUnknownVersion, field, quote(value)+" is not what this function reads", "write "+field+": "+want)
	}
}
