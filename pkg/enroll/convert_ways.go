package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// way is an object of the input that sends requests for one host to pods of another name.
type way struct {
	by *Item
	// front is the name of the Service whose requests it takes; "" for those of a ServiceEntry's hosts.
	front string
	// backends are the names of the Services that it sends them to.
	backends []string
	// pods are the names of the pods that it sends them to.
	pods []string
	// selector selects the pods that it sends them to; nil where it selects none.
	selector labels
	// open: it does not say all of its pods.
	open bool
}

// waysIn are the objects that lead to pods of a namespace past the Services that select them,
// gathered once.
func (e *enrolment) waysIn(namespace string) []way {
	if e.ways == nil {
		e.ways = map[string][]way{}
		written, entries := map[ID]bool{}, e.serviceEntries()
		for _, item := range e.items {
			e.addWays(item, written, entries)
		}
		for _, item := range e.items {
			if isWithoutSelector(item) && !written[item.ID] {
				e.addWay(item.Namespace, way{by: item, front: item.Name, open: true})
			}
		}
	}
	return e.ways[namespace]
}

func (e *enrolment) addWay(namespace string, w way) { e.ways[namespace] = append(e.ways[namespace], w) }

// serviceEntries are the ServiceEntries of the input by their hosts: a host may be in several.
func (e *enrolment) serviceEntries() map[string][]*Item {
	out := map[string][]*Item{}
	for _, item := range e.items {
		if item.Group != istioNetworking || item.Kind != "ServiceEntry" {
			continue
		}
		for _, host := range values(field(field(item.Node, "spec"), "hosts")) {
			out[host] = append(out[host], item)
		}
	}
	return out
}

func (e *enrolment) addWays(item *Item, written map[ID]bool, entries map[string][]*Item) {
	spec := field(item.Node, "spec")
	switch {
	case item.Group == gatewayGroup && strings.HasSuffix(item.Kind, "Route"):
		for _, parent := range content(field(spec, "parentRefs")) {
			parent = dealias(parent)
			w := way{by: item, backends: routeBackends(spec, item.Namespace)}
			switch kind := value(parent, "kind"); {
			case orText(value(parent, "namespace"), item.Namespace) != item.Namespace:
			case kind == "Service":
				w.front = value(parent, "name")
				e.addWay(item.Namespace, w)
			case kind == "ServiceEntry":
				e.addWay(item.Namespace, w)
			}
		}
	case item.Group == istioNetworking && item.Kind == "VirtualService":
		e.addVirtualService(item, spec, entries)
	case item.Group == istioNetworking && item.Kind == "ServiceEntry":
		if chosen := labelsOf(field(field(spec, "workloadSelector"), "labels")); len(chosen) > 0 {
			e.addWay(item.Namespace, way{by: item, selector: chosen})
		}
		for _, endpoint := range content(field(spec, "endpoints")) {
			if name, in := hostOf(value(dealias(endpoint), "address"), ""); in == item.Namespace {
				e.addWay(item.Namespace, way{by: item, backends: []string{name}})
			}
		}
	case item.Group == "discovery.k8s.io" && item.Kind == "EndpointSlice":
		e.addEndpoints(item, item.Label("kubernetes.io/service-name"), content(field(item.Node, "endpoints")), written)
	case item.Group == "" && item.Kind == "Endpoints":
		var addresses []*yaml.Node
		for _, subset := range content(field(item.Node, "subsets")) {
			addresses = append(addresses, content(field(dealias(subset), "addresses"))...)
			addresses = append(addresses, content(field(dealias(subset), "notReadyAddresses"))...)
		}
		e.addEndpoints(item, item.Name, addresses, written)
	}
}

// isWithoutSelector reports whether an item is a Service whose endpoints somebody else writes, and
// that a waypoint can stand before.
func isWithoutSelector(item *Item) bool {
	spec := field(item.Node, "spec")
	return item.Kind == "Service" && item.Group == "" && len(content(field(spec, "selector"))) == 0 && value(spec, "clusterIP") != "None" && value(spec, "type") != "ExternalName"
}

func (e *enrolment) addEndpoints(item *Item, front string, endpoints []*yaml.Node, written map[ID]bool) {
	id := ID{Kind: "Service", Namespace: item.Namespace, Name: front}
	if service := e.byID[id]; service == nil || !isWithoutSelector(service) {
		return // Kubernetes writes those of a Service with a selector
	}
	written[id] = true
	w := way{by: item, front: front}
	for _, endpoint := range endpoints {
		target := field(dealias(endpoint), "targetRef")
		if value(target, "kind") == "Pod" && e.byID[ID{Kind: "Pod", Namespace: item.Namespace, Name: value(target, "name")}] != nil {
			w.pods = append(w.pods, value(target, "name"))
			continue
		}
		w.open = true
	}
	e.addWay(item.Namespace, w)
}

// addVirtualService adds what one does in the mesh: its routes to a Gateway do not pass by a waypoint's Service.
func (e *enrolment) addVirtualService(item *Item, spec *yaml.Node, entries map[string][]*Item) {
	gateways := content(field(spec, "gateways"))
	if len(gateways) > 0 && !slices.ContainsFunc(gateways, func(n *yaml.Node) bool { return dealias(n).Value == "mesh" }) {
		return
	}
	var found []string
	below(spec, func(key string, n *yaml.Node) {
		switch key {
		case "destination", "mirror":
			found = append(found, value(n, "host"))
		case "delegate":
			other := e.byID[ID{istioNetworking, "VirtualService", orText(value(n, "namespace"), item.Namespace), value(n, "name")}]
			if other != nil {
				below(field(other.Node, "spec"), func(key string, n *yaml.Node) {
					if key == "destination" || key == "mirror" {
						found = append(found, value(n, "host"))
					}
				})
			}
		}
	})
	for _, host := range content(field(spec, "hosts")) {
		front, namespace := hostOf(dealias(host).Value, item.Namespace)
		w := way{by: item, front: front}
		for _, backend := range found {
			if name, in := hostOf(backend, item.Namespace); in == namespace {
				w.backends = append(w.backends, name)
			}
		}
		e.addWay(namespace, w)
	}
	e.addServiceEntryHosts(item, values(field(spec, "hosts")), found, entries)
}

// addServiceEntryHosts adds what a VirtualService does with the hosts of ServiceEntries.
func (e *enrolment) addServiceEntryHosts(item *Item, hosts, destinations []string, entries map[string][]*Item) {
	var met []*Item
	for _, host := range hosts {
		for _, entry := range entries[host] {
			if !slices.Contains(met, entry) {
				met = append(met, entry)
			}
		}
	}
	for _, entry := range met {
		w := way{by: item}
		for _, host := range destinations {
			if name, in := hostOf(host, item.Namespace); in == entry.Namespace {
				w.backends = append(w.backends, name)
			}
		}
		e.addWay(entry.Namespace, w)
	}
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// hostOf are the name and the namespace of the Service that a host of Istio means. A short name is
// one of the namespace of the object that says it.
func hostOf(host, namespace string) (name, in string) {
	parts := strings.Split(host, ".")
	if len(parts) > 1 {
		namespace = parts[1]
	}
	return parts[0], namespace
}

// routeBackends are the Services of its own namespace that a route sends requests to.
func routeBackends(spec *yaml.Node, namespace string) []string {
	var out []string
	add := func(ref *yaml.Node) {
		if orText(value(ref, "kind"), "Service") == "Service" && orText(value(ref, "namespace"), namespace) == namespace {
			out = append(out, value(ref, "name"))
		}
	}
	below(spec, func(key string, n *yaml.Node) {
		switch key {
		case "backendRef":
			add(n)
		case "backendRefs":
			for _, ref := range content(n) {
				add(dealias(ref))
			}
		}
	})
	return out
}

// below calls visit with every key and its value, however deep below n.
func below(n *yaml.Node, visit func(key string, n *yaml.Node)) {
	if n == nil {
		return
	}
	n = dealias(n)
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode {
			below(child, visit)
		} else if i%2 == 1 {
			visit(n.Content[i-1].Value, dealias(child))
			below(child, visit)
		}
	}
}
