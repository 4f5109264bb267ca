package survey

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// notebookServices are the Services that the notebook controller makes for the Notebooks of a
// namespace, in the input or in the configuration, but those that the input has itself.
func (in *Index) notebookServices(namespace string, have []Service) []Service {
	known := map[string]bool{}
	for _, s := range have {
		known[s.Name] = true
	}
	var out []Service
	add := func(item *manifest.Item) {
		if !known[item.Name] {
			known[item.Name] = true
			out = append(out, Service{Item: item, Name: item.Name, Selector: Labels{{"statefulset", item.Name}}})
		}
	}
	for _, item := range in.Items {
		if item.Namespace == namespace && IsNotebook(item) {
			add(item)
		}
	}
	for _, name := range in.notebooks[namespace] {
		add(&manifest.Item{ID: manifest.NewID("kubeflow.org", "Notebook", namespace, name)})
	}
	return out
}

// IsNotebook reports whether an item is a Notebook.
func IsNotebook(i *manifest.Item) bool { return i.Group == "kubeflow.org" && i.Kind == "Notebook" }

// notebookLabels are the labels of a Notebook's pods (notebook-controller: generateStatefulSet).
func notebookLabels(item *manifest.Item) Labels {
	out := LabelsOf(manifest.Field(item.Node, "metadata", "labels"))
	for _, own := range []pair{{"notebook-name", item.Name}, {"statefulset", item.Name}} {
		if at, found := slices.BinarySearchFunc(out, own, comparePairs); found {
			out[at] = own
		} else {
			out = slices.Insert(out, at, own)
		}
	}
	return out
}

// notebookPort is the port of a Notebook's first container (notebook-controller: generateService).
func notebookPort(item *manifest.Item) string {
	if containers := manifest.Content(manifest.Field(PodSpec(item), "containers")); len(containers) > 0 {
		if ports := manifest.Content(manifest.Field(manifest.Dealias(containers[0]), "ports")); len(ports) > 0 {
			if port := manifest.Value(manifest.Dealias(ports[0]), "containerPort"); port != "" {
				return port
			}
		}
	}
	return "8888"
}
