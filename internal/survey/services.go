package survey

import (
	"fmt"
	"strconv"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Service is a Service that a waypoint can stand before.
type Service struct {
	*manifest.Item
	Name string
	// Selector is what it selects its pods by.
	Selector Labels
	// Labels are those that all of its pods are known to have: because it selects by them, or
	// because every workload of the input that it selects has them.
	Labels Labels
	// Found reports whether the input has a workload that it selects.
	Found bool
}

// ServicesOf are the Services of a namespace, but headless ones, which never pass a waypoint. They are
// gathered once: policies, Services and workloads can each be thousands.
func (in *Index) ServicesOf(namespace string) []Service {
	if found, known := in.services[namespace]; known {
		return found
	}
	pods := pods{with: map[pair][]Labels{}, shared: map[string]Labels{}}
	for _, w := range in.WorkloadsOf(namespace) {
		pods.add(w.Labels)
	}
	var services []Service
	for _, item := range in.Items {
		if item.Namespace != namespace {
			continue
		}
		spec := manifest.Field(item.Node, "spec")
		selector := manifest.Field(spec, "selector")
		if item.Kind == "Service" && item.Group == "" && len(manifest.Content(selector)) > 0 && manifest.Value(spec, "clusterIP") != "None" {
			services = append(services, Service{Item: item, Name: item.Name, Selector: LabelsOf(selector)})
		}
	}
	services = append(services, in.notebookServices(namespace, services)...)
	for i := range services {
		services[i].Labels, services[i].Found = pods.common(services[i].Selector)
		if IsNotebook(services[i].Item) && !services[i].Found {
			services[i].Labels, services[i].Found = notebookLabels(services[i].Item), true
		}
	}
	in.services[namespace] = services
	return services
}

// ServiceNamed is the first of the Services of a namespace with a name.
func (in *Index) ServiceNamed(namespace, name string) (s Service, found bool) {
	byName, known := in.named[namespace]
	if !known {
		byName = map[string]Service{}
		for _, s := range in.ServicesOf(namespace) {
			if _, twice := byName[s.Name]; !twice {
				byName[s.Name] = s
			}
		}
		in.named[namespace] = byName
	}
	s, found = byName[name]
	return s, found
}

// PodMaker is an item that makes pods with labels, or is one.
type PodMaker struct {
	*manifest.Item
	Labels Labels
}

// WorkloadsOf are the workloads of a namespace, gathered once.
func (in *Index) WorkloadsOf(namespace string) []PodMaker {
	found, known := in.workloads[namespace]
	if !known {
		for _, item := range in.Items {
			if item.Namespace != namespace {
				continue
			}
			for _, labels := range PodLabelsOf(item) {
				found = append(found, PodMaker{item, labels})
			}
		}
		in.workloads[namespace] = found
	}
	return found
}

// pods are the labels of a namespace's workloads.
type pods struct {
	// with are the workloads that have a label.
	with map[pair][]Labels
	// shared caches the workloads of a selector; nil if there is none.
	shared map[string]Labels
}

func (p pods) add(pod Labels) {
	for _, l := range pod {
		p.with[l] = append(p.with[l], pod)
	}
}

// common are the labels that all workloads with those of a selector share; the selector where
// there are none, which found reports.
func (p pods) common(selector Labels) (shared Labels, found bool) {
	text := fmt.Sprintf("%q", selector)
	if shared, known := p.shared[text]; known {
		return orSelector(shared, selector), shared != nil
	}
	for _, pod := range p.rarest(selector) {
		switch {
		case !pod.Cover(selector):
		case shared == nil:
			shared = pod
		case !pod.Cover(shared):
			shared = shared.and(pod)
		}
	}
	p.shared[text] = shared
	return orSelector(shared, selector), shared != nil
}

func orSelector(shared, selector Labels) Labels {
	if shared == nil {
		return selector
	}
	return shared
}

// rarest are the workloads with that label of a selector which the fewest have.
func (p pods) rarest(selector Labels) []Labels {
	var fewest []Labels
	for i, l := range selector {
		if some := p.with[l]; i == 0 || len(some) < len(fewest) {
			fewest = some
		}
	}
	return fewest
}

// MappedPort is a port of a Service, and the port of its pods behind it.
type MappedPort struct{ Service, Pod string }

// PortsOf are the ports of a Service. known is false where the input does not say which port of
// the pods is meant.
func (in *Index) PortsOf(s Service) (ports []MappedPort, known bool) {
	if IsNotebook(s.Item) {
		if s.Node == nil { // it is in the configuration only
			return nil, false
		}
		return []MappedPort{{"80", notebookPort(s.Item)}}, true
	}
	for _, p := range manifest.Content(manifest.Field(s.Node, "spec", "ports")) {
		p = manifest.Dealias(p)
		port, target := manifest.Value(p, "port"), manifest.Value(p, "targetPort")
		if target == "" {
			target = port
		}
		if _, err := strconv.Atoi(target); err != nil {
			if target = in.podPort(s, target); target == "" {
				return nil, false
			}
		}
		ports = append(ports, MappedPort{port, target})
	}
	return ports, true
}

// podPort is the number of a named port of a Service's pods, or "" where they do not agree.
func (in *Index) podPort(s Service, name string) string {
	found := ""
	for _, w := range in.WorkloadsOf(s.Namespace) {
		if !w.Labels.Cover(s.Selector) {
			continue
		}
		port := namedPort(w.Item, name)
		if port == "" || found != "" && found != port {
			return ""
		}
		found = port
	}
	return found
}
