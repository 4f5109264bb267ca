package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// service is a Service that a waypoint can stand before.
type service struct {
	*Item
	// labels are those that all of its pods are known to have: because it selects by them, or
	// because every workload of the input that it selects has them.
	labels *yaml.Node
}

// servicesOf are the Services of a namespace, but headless ones, which never pass a waypoint. They are
// gathered once: policies, Services and workloads can each be thousands.
func (e *enrolment) servicesOf(namespace string) []service {
	if found, known := e.services[namespace]; known {
		return found
	}
	var services []service
	var pods []*yaml.Node
	for _, item := range e.items {
		if item.Namespace != namespace {
			continue
		}
		if labels := podLabels(item); labels != nil {
			pods = append(pods, labels)
		}
		spec := field(item.Node, "spec")
		selector := field(spec, "selector")
		if item.Kind == "Service" && item.Group == "" && len(content(selector)) > 0 && value(spec, "clusterIP") != "None" {
			services = append(services, service{item, selector})
		}
	}
	for i := range services {
		services[i].labels = common(services[i].labels, pods)
	}
	if e.services == nil {
		e.services = map[string][]service{}
	}
	e.services[namespace] = services
	return services
}

// common are the labels that all pods with those of a selector share; the selector where there
// are none.
func common(selector *yaml.Node, pods []*yaml.Node) *yaml.Node {
	shared := selector
	for _, pod := range pods {
		switch {
		case !covers(pod, selector):
		case shared == selector:
			shared = &yaml.Node{Kind: yaml.MappingNode, Content: slices.Clone(pod.Content)}
		default:
			intersect(shared, pod)
		}
	}
	return shared
}

// intersect removes from shared what pod lacks.
func intersect(shared, pod *yaml.Node) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(shared.Content); i += 2 {
		if pair := shared.Content[i : i+2]; covers(pod, &yaml.Node{Kind: yaml.MappingNode, Content: pair}) {
			kept = append(kept, pair...)
		}
	}
	shared.Content = kept
}

// podLabels are the labels of the pods that a workload makes, or nil.
func podLabels(item *Item) *yaml.Node {
	if item.Kind == "Pod" {
		return field(field(item.Node, "metadata"), "labels")
	}
	return field(field(field(field(item.Node, "spec"), "template"), "metadata"), "labels")
}
