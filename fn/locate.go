package fn

import (
	"cmp"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// located are messages of the referee with the files of their objects. The referee sees nodes,
// which know only their lines; lines of what does not come from a file mean nothing.
func located(found []diagnostic.Diagnostic, items []*manifest.Item) []diagnostic.Diagnostic {
	about := make(map[manifest.ID][]*manifest.Item, len(found))
	for _, d := range found {
		about[identity(d.Object)] = nil
	}
	for _, item := range items {
		id := readID(item)
		if same, asked := about[id]; asked {
			about[id] = append(same, item)
		}
	}
	out := make([]diagnostic.Diagnostic, len(found))
	for i, d := range found {
		at := d.Position
		d.Position = diagnostic.Position{}
		same := about[identity(d.Object)]
		if len(same) > 1 { // it is unknown which one is meant, except for one that begins there
			same = slices.DeleteFunc(slices.Clone(same), func(item *manifest.Item) bool { return item.Node == nil || item.Node.Line != at.Line })
		}
		if len(same) == 1 {
			d.Position = inFileOf(same[0], at)
		}
		out[i] = d
	}
	return out
}

// inFileOf is a place of an item with the item's file.
func inFileOf(item *manifest.Item, at diagnostic.Position) diagnostic.Position {
	if item.File == "" {
		return item.At(nil)
	}
	if origin := originOf(item); origin != "" {
		return diagnostic.Position{File: origin}
	}
	at.File = item.File
	return at
}

// originOf is the file that kustomize has read an object from, where buildMetadata: [originAnnotations] has it say so (kustomize 5.8: api/resource.Origin).
// The lines of what it prints are not those of that file. A file of another repository is none of the reader's.
func originOf(item *manifest.Item) string {
	var origin struct{ Path, Repo string }
	if err := yaml.Unmarshal([]byte(item.Annotation("config.kubernetes.io/origin")), &origin); err != nil || origin.Repo != "" {
		return ""
	}
	return origin.Path
}

// identity is that of an object in the namespace that the referee files it in.
func identity(o diagnostic.Object) manifest.ID {
	return inNamespace(manifest.NewID(manifest.Group(o.APIVersion), o.Kind, o.Namespace, o.Name))
}

func inNamespace(id manifest.ID) manifest.ID {
	id.Namespace = cmp.Or(id.Namespace, "default")
	return id
}

// locatedError is an error of messages of the referee with the files of their objects.
func locatedError(err error, items []*manifest.Item) error {
	return diagnostic.Join(located(diagnostic.All(err), items))
}

// locatedIn is an error of messages about an item with the item's file.
func locatedIn(err error, item *manifest.Item) error {
	all := diagnostic.All(err)
	for i := range all {
		all[i].Position = inFileOf(item, all[i].Position)
	}
	return diagnostic.Join(all)
}

// ofConfig adds the place in the configuration to the messages that are about it. Without a file it
// adds no line, because kustomize and kpt send the configuration reformatted.
func ofConfig(config *manifest.Item, found []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	for i, d := range found {
		if d.Code == "" || d.Position.File != "" || d.Object.Kind != profile.Kind && d.Object.Kind != "" {
			continue
		}
		if d.Position.Line > 0 {
			found[i].Position = inFileOf(config, d.Position)
			continue
		}
		n, _ := manifest.Find(config.Node, d.Field)
		found[i].Position = config.At(n)
	}
	return found
}

// ofConfigError is an error of such messages.
func ofConfigError(config *manifest.Item, err error) error {
	return diagnostic.Join(ofConfig(config, diagnostic.All(err)))
}
