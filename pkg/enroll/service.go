package enroll

import (
	"fmt"
	"maps"
)

// service is a Service that a waypoint can stand before.
type service struct {
	name string
	// labels are those that all of its pods are known to have: because it selects by them, or
	// because every workload of the input that it selects has them.
	labels map[string]string
}

// servicesOf are the Services of a namespace, but headless ones, which never pass a waypoint. They are
// gathered once: policies, Services and workloads can each be thousands.
func (e *enrolment) servicesOf(namespace string) []service {
	if found, known := e.services[namespace]; known {
		return found
	}
	var services []service
	pods := pods{with: map[[2]string][]map[string]string{}, shared: map[string]map[string]string{}}
	for _, item := range e.items {
		if item.Namespace != namespace {
			continue
		}
		pods.add(e.podLabels(item))
		spec := field(item.Node, "spec")
		selector := field(spec, "selector")
		if item.Kind == "Service" && item.Group == "" && len(content(selector)) > 0 && value(spec, "clusterIP") != "None" {
			services = append(services, service{item.Name, texts(selector)})
		}
	}
	for i := range services {
		services[i].labels = pods.common(services[i].labels)
	}
	e.services[namespace] = services
	return services
}

// pods are the labels of a namespace's workloads.
type pods struct {
	// with are the workloads that have a label.
	with map[[2]string][]map[string]string
	// shared is what was found for a selector.
	shared map[string]map[string]string
}

func (p pods) add(labels map[string]string) {
	for key, value := range labels {
		p.with[[2]string{key, value}] = append(p.with[[2]string{key, value}], labels)
	}
}

// common are the labels that all workloads with those of a selector share; the selector where
// there are none.
func (p pods) common(selector map[string]string) map[string]string {
	text := fmt.Sprintf("%q", selector)
	if found, known := p.shared[text]; known {
		return found
	}
	var shared map[string]string
	for _, labels := range p.rarest(selector) {
		switch {
		case !covers(labels, selector):
		case shared == nil:
			shared = maps.Clone(labels)
		default:
			maps.DeleteFunc(shared, func(key, value string) bool { return !has(labels, key, value) })
		}
	}
	if shared == nil {
		shared = selector
	}
	p.shared[text] = shared
	return shared
}

// rarest are the workloads with that label of a selector which the fewest have.
func (p pods) rarest(selector map[string]string) []map[string]string {
	var fewest []map[string]string
	first := true
	for key, value := range selector {
		if some := p.with[[2]string{key, value}]; first || len(some) < len(fewest) {
			fewest, first = some, false
		}
	}
	return fewest
}

// covers tells whether labels have all that a selector wants.
func covers(labels, selector map[string]string) bool {
	for key, value := range selector {
		if !has(labels, key, value) {
			return false
		}
	}
	return true
}

func has(labels map[string]string, key, value string) bool {
	is, found := labels[key]
	return found && is == value
}

// podLabels are the labels of the pods that a workload makes, or nil.
func (e *enrolment) podLabels(item *Item) map[string]string {
	labels, known := e.labels[item]
	if !known {
		metadata := field(item.Node, "metadata")
		if item.Kind != "Pod" {
			metadata = field(field(field(item.Node, "spec"), "template"), "metadata")
		}
		labels = texts(field(metadata, "labels"))
		e.labels[item] = labels
	}
	return labels
}
