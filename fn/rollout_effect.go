package fn

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// effect is which requests are decided otherwise because of a change.
type effect struct {
	none  bool         // no request, because no proxy reads the object
	wide  bool         // requests to any namespace, and not only those to the namespace of the object
	frees bool         // a route is removed, so that any other route may take its requests
	touch access.Touch // the targets in the namespace of the object
}

var everything = access.Touch{All: true}

// effectOf is the effect of a change. What is not known to be narrow is wide.
func (p *rolloutPlan) effectOf(c *change) effect {
	if c.inert() || p.aside[c.ID] {
		return effect{none: true}
	}
	if slices.ContainsFunc(c.versions(), hasAliases) {
		return effect{wide: true, touch: everything}
	}
	if c.Kind == "ConfigMap" {
		return p.effectOfData(c)
	}
	if c.keepsPods() {
		return effect{none: true}
	}
	if c.Namespace == "" || p.open[c.Namespace] {
		return effect{wide: true, touch: everything}
	}
	switch {
	case c.Group == "security.istio.io":
		return effect{touch: c.touchedByPolicy()}
	case c.Kind == "Gateway" && c.every(isWaypoint):
		return effect{touch: everything}
	case c.Kind == "HTTPRoute" || c.Kind == "GRPCRoute":
		return c.effectOfRoute()
	case c.Kind == "Service":
		return c.effectOfService()
	case c.Kind == "DestinationRule":
		return c.effectOfHost()
	}
	return effect{wide: true, touch: everything}
}

// openNamespaces are those in which a policy may decide about requests to other namespaces: those of ingress gateways, the root namespace, and those
// whose waypoint other namespaces use.
func (p *rolloutPlan) openNamespaces() map[string]bool {
	out := map[string]bool{p.root: true}
	for _, o := range slices.Concat(p.was, p.is) {
		if o.Kind == "Gateway" && (!isWaypoint(o.node) || o.Group != "gateway.networking.k8s.io") {
			out[o.Namespace] = true
		}
		if ns := yaml.NewRNode(o.node).GetLabels()["istio.io/use-waypoint-namespace"]; ns != "" {
			out[ns] = true
		}
	}
	return out
}

// every reports whether what a change makes of an object and what it was are both so, as far as they are there.
func (c *change) every(is func(n *yaml.Node) bool) bool {
	return (c.old == nil || is(c.old)) && (c.new == nil || is(c.new))
}

// versions are the object as it was and as it is, as far as it is there.
func (c *change) versions() []*yaml.Node {
	return slices.DeleteFunc([]*yaml.Node{c.old, c.new}, func(n *yaml.Node) bool { return n == nil })
}

// effectOfData is that of a ConfigMap: istiod reads its own and the options of a Gateway (Istio 1.31: pilot/pkg/config/kube/gateway/deploymentcontroller).
func (p *rolloutPlan) effectOfData(c *change) effect {
	out := effect{none: true}
	for _, n := range c.versions() {
		for _, key := range dataKeys(manifest.Field(n, "data"), manifest.Field(n, "binaryData")) {
			switch key {
			case "deployment", "service", "serviceAccount", "horizontalPodAutoscaler", "podDisruptionBudget":
				out = effect{wide: out.wide || p.open[c.Namespace], touch: everything}
			case "mesh", "meshNetworks":
				return effect{wide: true, touch: everything}
			}
		}
		if strings.HasPrefix(c.Name, "istio") || c.Name == "inferenceservice-config" {
			return effect{wide: true, touch: everything}
		}
	}
	return out
}

func dataKeys(mappings ...*yaml.Node) (out []string) {
	for _, m := range mappings {
		for i := 0; m != nil && m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
			out = append(out, m.Content[i].Value)
		}
	}
	return out
}

// touchedByPolicy are the pods that a policy selects and the Services that it is attached to.
func (c *change) touchedByPolicy() (out access.Touch) {
	for _, n := range c.versions() {
		spec := manifest.Field(n, "spec")
		targets, selected := manifest.Field(spec, "targetRefs"), manifest.StringMap(manifest.Field(manifest.Field(spec, "selector"), "matchLabels"))
		if manifest.Field(spec, "targetRef") != nil || targets == nil && len(selected) == 0 {
			return everything
		}
		if targets == nil {
			out.Pods = append(out.Pods, selected)
			continue
		}
		for _, ref := range targets.Content {
			if manifest.Value(ref, "kind") != "Service" || manifest.Value(ref, "name") == "" {
				return everything
			}
			out.Services = append(out.Services, manifest.Value(ref, "name"))
		}
	}
	return out
}

// effectOfRoute is that of a route of Gateways that is new or goes. It leads requests to its backends. Every other target gets at most fewer requests from a new
// route, so its absence is the worst case there, and from one that goes at most more.
func (c *change) effectOfRoute() effect {
	all := effect{wide: true, touch: everything}
	if len(c.versions()) != 1 {
		return all
	}
	out := effect{frees: c.new == nil}
	spec := manifest.Field(c.versions()[0], "spec")
	for _, parent := range elements(manifest.Field(spec, "parentRefs")) {
		if kind := manifest.Value(parent, "kind"); kind != "" && kind != "Gateway" {
			return all
		}
	}
	for _, rule := range elements(manifest.Field(spec, "rules")) {
		backends := elements(manifest.Field(rule, "backendRefs"))
		filters := elements(manifest.Field(rule, "filters"))
		for _, b := range backends {
			filters = slices.Concat(filters, elements(manifest.Field(b, "filters")))
			kind, namespace := manifest.Value(b, "kind"), manifest.Value(b, "namespace")
			if kind != "" && kind != "Service" || manifest.Value(b, "name") == "" || namespace != "" && namespace != c.Namespace {
				return all
			}
			out.touch.Services = append(out.touch.Services, manifest.Value(b, "name"))
		}
		for _, f := range filters {
			if !slices.Contains([]string{"RequestHeaderModifier", "ResponseHeaderModifier", "URLRewrite", "RequestRedirect"}, manifest.Value(f, "type")) {
				return all
			}
		}
	}
	return out
}

// effectOfService is that of a Service. How a sidecar reads a port depends on the Services of its pod (Istio 1.31: core/listener_inbound.go).
func (c *change) effectOfService() effect {
	out := effect{touch: access.Touch{Services: []string{c.Name}}}
	if c.old != nil && c.new != nil && sameText(orEmpty(manifest.Field(c.old, "spec")), orEmpty(manifest.Field(c.new, "spec"))) {
		return out
	}
	for _, n := range c.versions() {
		selected := manifest.StringMap(manifest.Field(manifest.Field(n, "spec"), "selector"))
		if len(selected) == 0 {
			return effect{wide: true, touch: everything}
		}
		out.touch.Pods = append(out.touch.Pods, selected)
	}
	return out
}

// effectOfHost is that of a DestinationRule: for clients of a Service of its namespace, by any of its names.
func (c *change) effectOfHost() effect {
	var out effect
	for _, n := range c.versions() {
		host := manifest.Value(manifest.Field(n, "spec"), "host")
		name, rest, _ := strings.Cut(host, ".")
		if name == "" || strings.Contains(name, "*") || !slices.Contains([]string{"", c.Namespace, c.Namespace + ".svc", c.Namespace + ".svc.cluster.local"}, rest) {
			return effect{wide: true, touch: everything}
		}
		out.touch.Services = append(out.touch.Services, name)
	}
	return out
}

// keepsPods reports whether an object makes the same pods before and after, as far as a proxy is concerned: their containers' images, arguments and
// environment do not matter.
func (c *change) keepsPods() bool {
	if c.old == nil || c.new == nil || podTemplate(object{c.ID, c.old}) == nil {
		return false
	}
	a, b := bare(object{c.ID, c.old}), bare(object{c.ID, c.new})
	return a != nil && b != nil && sameText(a, b)
}

// bare is an object that makes pods, without what a proxy does not see of their containers.
func bare(o object) *yaml.Node {
	out := yaml.NewRNode(o.node).Copy().YNode()
	for _, c := range elements(manifest.Field(podTemplate(object{o.ID, out}), "spec", "containers")) {
		if manifest.Value(c, "name") == "istio-proxy" {
			return nil
		}
		for _, key := range []string{"args", "command", "env", "envFrom", "image", "imagePullPolicy", "resources", "volumeMounts"} {
			if err := yaml.NewRNode(c).PipeE(yaml.Clear(key)); err != nil {
				return nil
			}
		}
	}
	return out
}

func elements(list *yaml.Node) []*yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	return list.Content
}

func orEmpty(n *yaml.Node) *yaml.Node {
	if n == nil {
		return &yaml.Node{Kind: yaml.MappingNode}
	}
	return n
}

// hasAliases reports whether a text holds an alias or a merge key somewhere.
func hasAliases(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Tag == "!!merge" || slices.ContainsFunc(n.Content, hasAliases)
}
