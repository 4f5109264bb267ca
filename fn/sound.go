package fn

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// An object that the API server refuses is in no cluster, so it stops no tree: the referee judges the others.

const notJudged = "the API server refuses the object, so it is not judged"

// loadWorld has the referee read items, without those that the API server refuses. A warning about each of these is among what is
// returned. The error says in which file is what the referee rejects.
func loadWorld(items []*manifest.Item) (*access.World, []diagnostic.Diagnostic, error) {
	return loadSound(items, notJudged, func(sound []*manifest.Item) (*access.World, error) { return access.Load(nodesOf(sound)) })
}

// loadSound has the referee read items, and once more without those that it cannot read. A warning about each of these states the effect.
func loadSound(items []*manifest.Item, effect string, load func([]*manifest.Item) (*access.World, error)) (*access.World, []diagnostic.Diagnostic, error) {
	world, err := load(items)
	if err == nil {
		return world, nil, nil
	}
	sound, refused := split(items, effect, err)
	if refused == nil {
		return nil, nil, locatedError(err, items)
	}
	world, err = load(sound)
	return world, refused, locatedError(err, items)
}

// split parts the items that the referee cannot read from the others, with a warning for each, at its place. It returns
// no warning where one of them was edited or is ours, or where it is not clear which one is meant.
func split(items []*manifest.Item, effect string, err error) (sound []*manifest.Item, warnings []diagnostic.Diagnostic) {
	unread := map[manifest.ID]bool{}
	for _, d := range diagnostic.All(err) {
		if d.Code != diagnostic.ManifestUnreadable || d.Object.Name == "" && (d.Object.Kind == "" || d.Field != "metadata.name") {
			return nil, nil
		}
		unread[unreadAs(identity(d.Object))] = true
		d.Code, d.Effect = diagnostic.ManifestLeftOut, effect
		warnings = append(warnings, d)
	}
	placed := located(warnings, items)
	left, nameless := map[manifest.ID]bool{}, 0
	for _, item := range items {
		id := unreadAs(readID(item))
		switch {
		case !unread[id]:
			sound = append(sound, item)
		case id.Name == "" && !isMap(manifest.Field(item.Node, "metadata")):
			return nil, nil // it is not an object at all
		case item.Changed || item.Annotation(profile.OwnedBy) != "" || left[id] && id.Name != "": // several of one name
			return nil, nil
		}
		left[id] = unread[id]
		if unread[id] && id.Name == "" { // the messages are in the order of the items
			for nameless < len(warnings) && warnings[nameless].Object.Name != "" {
				nameless++
			}
			if nameless < len(warnings) {
				placed[nameless].Position = inFileOf(item, warnings[nameless].Position)
				nameless++
			}
		}
	}
	return sound, placed
}

// isMap reports whether a node is a map, or none.
func isMap(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.MappingNode || n.ShortTag() == yaml.NodeTagNull
}

// readID is the identity that the referee reads: a name or a namespace that is no text is none.
func readID(item *manifest.Item) manifest.ID {
	id := item.ID
	isText := func(key string) bool {
		n := manifest.Field(item.Node, "metadata", key)
		return n == nil || n.ShortTag() == yaml.NodeTagString
	}
	if !isText("namespace") {
		id.Namespace = ""
	}
	if !isText("name") {
		id.Name, id.Namespace = "", ""
	}
	return inNamespace(id)
}

// unreadAs is the identity by which the referee's message names an object: without a name, only by its kind.
func unreadAs(id manifest.ID) manifest.ID {
	if id.Name == "" {
		id.Namespace = ""
	}
	return id
}
