package access

import (
	"cmp"
	paths "path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// istiod is a workload that runs Istio's control plane, its image, and the ConfigMap in its namespace that it reads meshConfig from; "": not known.
type istiod struct {
	origin
	image    string
	config   string
	revision string // "": not known
}

// meshMap is a ConfigMap with meshConfig that some istiod may read.
type meshMap struct {
	origin
	data   *yaml.Node
	binary bool
	field  string // "": data.mesh
}

// readIstiod recognizes istiod by its image, which Istio calls pilot and Red Hat istio-pilot-rhel9, or by its own names: istiod, istiod-<revision>.
func (w *World) readIstiod(m meta, template *yaml.Node) {
	named := m.name == "istiod" || strings.HasPrefix(m.name, "istiod-")
	spec := field(template, "spec")
	for _, c := range list(field(spec, "containers")) {
		image := textOf(field(c, "image"))
		if name, _ := imageTag(image); name == "pilot" || strings.HasPrefix(name, "istio-pilot") || named && textOf(field(c, "name")) == "discovery" {
			o := m.in(w.space(m.namespace))
			config, other := configOf(spec, c)
			if other != nil {
				w.addCloud(&cloud{origin: o, field: "volumes", at: placeOf(other), scope: ofAll, why: "meshConfig comes from there, and not from a ConfigMap"})
			}
			w.istiods = append(w.istiods, istiod{o, image, config, revisionOf(c)})
			w.readFlags(o, c)
		}
	}
}

// configOf is the ConfigMap that an istiod reads: the one that is mounted where its file is, else that of its revision (Istio 1.31:
// pilot/pkg/bootstrap getConfigurationSources, getMeshConfigMapName). other is a volume there that is not a ConfigMap.
func configOf(spec, container *yaml.Node) (name string, other *yaml.Node) {
	file := "/etc/istio/config/mesh" // pilot/cmd/pilot-discovery: ./etc/istio/config/mesh, from /
	args := list(field(container, "args"))
	for i, a := range args {
		if value, ok := strings.CutPrefix(textOf(deref(a)), "--meshConfig"); ok {
			if value == "" && i+1 < len(args) {
				value = textOf(deref(args[i+1]))
			}
			file = paths.Join("/", strings.TrimPrefix(value, "="))
		}
	}
	for _, mount := range list(field(container, "volumeMounts")) {
		if paths.Clean(textOf(field(mount, "mountPath"))) != paths.Dir(file) {
			continue
		}
		for _, volume := range list(field(spec, "volumes")) {
			if textOf(field(volume, "name")) == textOf(field(mount, "name")) {
				if field(volume, "configMap") == nil {
					return "", deref(volume)
				}
				return textOf(valueAt(volume, "configMap", "name")), nil
			}
		}
		return "", nil
	}
	switch revision := revisionOf(container); revision {
	case "":
		return "", nil
	case "default":
		return "istio", nil
	default:
		return "istio-" + revision, nil
	}
}

// revisionOf is the revision of an istiod, "" where it is not known.
func revisionOf(container *yaml.Node) string {
	revision := "default"
	for _, e := range list(field(container, "env")) {
		if textOf(field(e, "name")) == "REVISION" {
			if field(e, "valueFrom") != nil {
				return ""
			}
			revision = cmp.Or(textOf(field(e, "value")), "default")
		}
	}
	return revision
}

// runs reports whether some istiod of the manifests may serve the Gateways of a revision: it goes by its own and the tags that lead to it (Istio
// 1.31: pkg/revisions tagWatcher.IsMine). Which one is the default revision a webhook of the cluster says. Without any istiod, there is one.
func (w *World) runs(revision string) bool {
	if revision == "default" || len(w.istiods) == 0 || w.installed {
		return true
	}
	for i := range w.istiods {
		if own := w.istiods[i].revision; own == "" || own == revision || contains(w.tags[own], revision) {
			return true
		}
	}
	return false
}

// chooseMesh reads meshConfig where all that may count agree. Which of several istiods serves the gateways and ztunnel the manifests do not say for
// certain, so that where they differ nothing is judged.
func (w *World) chooseMesh() {
	var maps []*meshMap
	var missing *istiod
	unsure := len(w.istiods) == 0
	for i := range w.istiods {
		d := &w.istiods[i]
		at := slices.IndexFunc(w.meshMaps, func(m *meshMap) bool { return m.namespace == d.namespace && m.name == d.config })
		switch {
		case d.config == "":
			unsure = true
		case at >= 0:
			maps = append(maps, w.meshMaps[at])
		case missing == nil:
			missing = d
		}
	}
	for _, m := range w.meshMaps {
		named := m.name == "istio" || strings.HasPrefix(m.name, "istio-")
		if named && unsure {
			maps = append(maps, m)
		}
		if named && missing != nil {
			w.addCloud(m.unread("istiod " + missing.id() + " reads ConfigMap " + join(missing.namespace, missing.config) + ", which is not in the manifests"))
			break
		}
	}
	if len(maps) == 0 {
		w.chooseOffered()
		return
	}
	for _, m := range maps[1:] {
		if m.data.Value != maps[0].data.Value {
			first, other := maps[0], m
			if cmp.Compare(first.id(), other.id()) > 0 {
				first, other = other, first
			}
			w.addCloud(other.unread("ConfigMap " + first.id() + " says something else, and the manifests do not say which istiod serves the gateways and ztunnel"))
			break
		}
	}
	w.readMesh(maps[0])
}

// unread is why nothing is judged where it is not known which meshConfig counts.
func (m *meshMap) unread(why string) *cloud {
	return &cloud{origin: m.origin, field: m.path(), at: placeOf(m.data), scope: ofAll, why: why}
}

func (m *meshMap) path() string { return cmp.Or(m.field, "data.mesh") }
