package enroll

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// service is a Service that a waypoint can stand before.
type service struct {
	*manifest.Item
	name string
	// selector is what it selects its pods by.
	selector labels
	// labels are those that all of its pods are known to have: because it selects by them, or
	// because every workload of the input that it selects has them.
	labels labels
	// found reports whether the input has a workload that it selects.
	found bool
}

// servicesOf are the Services of a namespace, but headless ones, which never pass a waypoint. They are
// gathered once: policies, Services and workloads can each be thousands.
func (in *Index) servicesOf(namespace string) []service {
	if found, known := in.services[namespace]; known {
		return found
	}
	pods := pods{with: map[pair][]labels{}, shared: map[string]labels{}}
	for _, w := range in.workloadsOf(namespace) {
		pods.add(w.labels)
	}
	var services []service
	for _, item := range in.items {
		if item.Namespace != namespace {
			continue
		}
		spec := manifest.Field(item.Node, "spec")
		selector := manifest.Field(spec, "selector")
		if item.Kind == "Service" && item.Group == "" && len(manifest.Content(selector)) > 0 && manifest.Value(spec, "clusterIP") != "None" {
			services = append(services, service{Item: item, name: item.Name, selector: labelsOf(selector)})
		}
	}
	services = append(services, in.notebookServices(namespace, services)...)
	for i := range services {
		services[i].labels, services[i].found = pods.common(services[i].selector)
		if isNotebook(services[i].Item) && !services[i].found {
			services[i].labels, services[i].found = notebookLabels(services[i].Item), true
		}
	}
	in.services[namespace] = services
	return services
}

// serviceNamed is the first of the Services of a namespace with a name.
func (in *Index) serviceNamed(namespace, name string) (s service, found bool) {
	byName, known := in.named[namespace]
	if !known {
		byName = map[string]service{}
		for _, s := range in.servicesOf(namespace) {
			if _, twice := byName[s.name]; !twice {
				byName[s.name] = s
			}
		}
		in.named[namespace] = byName
	}
	s, found = byName[name]
	return s, found
}

// workload is an item that makes pods with labels, or is one.
type workload struct {
	*manifest.Item
	labels labels
}

// workloadsOf are the workloads of a namespace, gathered once.
func (in *Index) workloadsOf(namespace string) []workload {
	found, known := in.workloads[namespace]
	if !known {
		for _, item := range in.items {
			if item.Namespace != namespace {
				continue
			}
			for _, labels := range podLabelsOf(item) {
				found = append(found, workload{item, labels})
			}
		}
		in.workloads[namespace] = found
	}
	return found
}

// pods are the labels of a namespace's workloads.
type pods struct {
	// with are the workloads that have a label.
	with map[pair][]labels
	// shared is what was found for a selector; nil where there is no workload.
	shared map[string]labels
}

func (p pods) add(pod labels) {
	for _, l := range pod {
		p.with[l] = append(p.with[l], pod)
	}
}

// common are the labels that all workloads with those of a selector share; the selector where
// there are none, which found reports.
func (p pods) common(selector labels) (shared labels, found bool) {
	text := fmt.Sprintf("%q", selector)
	if shared, known := p.shared[text]; known {
		return orSelector(shared, selector), shared != nil
	}
	for _, pod := range p.rarest(selector) {
		switch {
		case !pod.cover(selector):
		case shared == nil:
			shared = pod
		case !pod.cover(shared):
			shared = shared.and(pod)
		}
	}
	p.shared[text] = shared
	return orSelector(shared, selector), shared != nil
}

func orSelector(shared, selector labels) labels {
	if shared == nil {
		return selector
	}
	return shared
}

// rarest are the workloads with that label of a selector which the fewest have.
func (p pods) rarest(selector labels) []labels {
	var fewest []labels
	for i, l := range selector {
		if some := p.with[l]; i == 0 || len(some) < len(fewest) {
			fewest = some
		}
	}
	return fewest
}
