package access

import (
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// gateway is a Gateway of the Gateway API: a waypoint or an ingress.
type gateway struct {
	namespace, name string
	class           string
	waypoint        bool
	eastWest        bool
	trafficType     string // istio.io/waypoint-for
	account         string
	byHand          bool      // Istio makes no pods for it, so nothing here tells their account
	pod             *workload // what the gateway's own pods look like
	listeners       []listener
	assumed         string // what is assumed where it is made up

	once   sync.Once // the routes are sorted when the first request asks
	routes *table
}

type listener struct {
	name, protocol, hostname string
	port                     int
	mode                     string // of TLS
	from                     string // namespaces whose routes may attach: Same, All, Selector
	selector                 labels
	expressions              bool // the selector has matchExpressions, which are not judged
}

// gatewayClass is a GatewayClass: its controller tells waypoints.
type gatewayClass struct{ name, controller, trafficType string }

func (g *gateway) id() string { return join(g.namespace, g.name) }

func (w *World) readGatewayClass(m meta, n *yaml.Node) error {
	w.classes = append(w.classes, gatewayClass{
		name: m.name, controller: textOf(field(field(n, "spec"), "controllerName")), trafficType: m.labels.value("istio.io/waypoint-for"),
	})
	return nil
}

func (w *World) readGateway(m meta, n *yaml.Node) error {
	s, spec := w.space(m.namespace), field(n, "spec")
	g := &gateway{namespace: s.name, name: m.name, class: textOf(field(spec, "gatewayClassName"))}
	infrastructure, err := labelsOf(field(field(spec, "infrastructure"), "labels"))
	if err != nil {
		return err
	}
	if infrastructure == nil {
		infrastructure = m.labels // Istio: without infrastructure labels the Gateway's own go to its pods (deploymentcontroller)
	}
	g.pod = gatewayPod(g.name, infrastructure)
	g.trafficType = m.labels.value("istio.io/waypoint-for")
	g.account, _ = m.annotation("gateway.istio.io/service-account")
	addresses := list(field(spec, "addresses"))
	g.byHand = len(addresses) > 1 || len(addresses) == 1 && or(textOf(field(addresses[0], "type")), "IPAddress") != "IPAddress" // gatewaycommon IsManaged
	for _, l := range list(field(spec, "listeners")) {
		g.listeners = append(g.listeners, readListener(deref(l)))
	}
	s.gateways = append(s.gateways, g)
	return nil
}

func gatewayPod(name string, own labels) *workload {
	pod := &workload{name: name, labels: labels{{"gateway.networking.k8s.io/gateway-name", name}}}
	for _, l := range own {
		if !strings.HasPrefix(l.key, "gateway.networking.k8s.io/") {
			pod.labels = append(pod.labels, l)
		}
	}
	return pod
}

func readListener(n *yaml.Node) listener {
	l := listener{
		name: textOf(field(n, "name")), protocol: textOf(field(n, "protocol")), hostname: textOf(field(n, "hostname")),
		port: number(field(n, "port")), mode: textOf(field(field(n, "tls"), "mode")), from: "Same",
	}
	namespaces := field(field(n, "allowedRoutes"), "namespaces")
	if from := textOf(field(namespaces, "from")); from != "" {
		l.from = from
	}
	selector := field(namespaces, "selector")
	l.selector, _ = labelsOf(field(selector, "matchLabels"))
	l.expressions = len(list(field(selector, "matchExpressions"))) > 0
	return l
}

// settle fills in what the class says. Istio names a gateway's ServiceAccount <name>-<class>, a waypoint's just <name>, unless an annotation
// names another (deploymentcontroller GetDefaultName).
func (g *gateway) settle(w *World) {
	g.waypoint = g.class == "istio-waypoint" || g.class == "istio-agentgateway-waypoint"
	g.eastWest = g.class == "istio-east-west"
	traffic := ""
	for _, c := range w.classes {
		if c.name == g.class {
			g.waypoint = c.controller == "istio.io/mesh-controller"
			traffic = c.trafficType
		}
	}
	if g.trafficType == "" {
		g.trafficType = traffic
	}
	if g.trafficType == "" {
		g.trafficType = "service"
	}
	if g.account == "" {
		g.account = g.name
		if !g.waypoint {
			g.account = g.name + "-" + g.class
		}
	}
	if g.waypoint {
		g.pod.labels = append(g.pod.labels, label{"istio.io/dataplane-mode", "none"})
		return
	}
	// Istio 1.31 (kube-gateway.yaml): policies select a Gateway's pods by these as well.
	g.pod.labels = append(g.pod.labels, label{"gateway.networking.k8s.io/gateway-class-name", g.class}, label{"gateway.istio.io/managed", "istio.io-gateway-controller"},
		label{"service.istio.io/canonical-name", g.account}, label{"service.istio.io/canonical-revision", "latest"})
}

// admits tells whether a namespace may attach to a listener (ambient makeWaypointSelector; Gateway API allowedRoutes).
func (l *listener) admits(w *World, own, other string) verdict3 {
	switch l.from {
	case "All":
		return yes
	case "Selector":
		if l.expressions {
			return maybe
		}
		s := w.look(other)
		all := append(labels{{"kubernetes.io/metadata.name", other}}, s.labels...)
		if !s.declared && l.selector.lacks(all) {
			return maybe
		}
		return is(l.selector.selects(all))
	case "None":
		return no
	}
	return is(own == other)
}

const gatewayGroup = "gateway.networking.k8s.io"

// atGateway gives the policies of an ingress Gateway: those that target it, and those without targetRefs whose selector picks its pods, of
// its own namespace and the root namespace (model.ShouldAttachPolicy; ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY is on by default).
func (w *World) atGateway(g *gateway) []*policy {
	var out []*policy
	for _, ns := range w.gatewaySpaces(g, nil) {
		for _, p := range w.look(ns).policies {
			if p.onGateway(p.namespace, g) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (a *attachment) onGateway(namespace string, g *gateway) bool {
	if len(a.targets) == 0 {
		return a.selector.selects(g.pod.labels)
	}
	return a.targetsGateway(namespace, g)
}

// targetsGateway: a policy binds to a Gateway of its own namespace only (model.ShouldAttachPolicy).
func (a *attachment) targetsGateway(namespace string, g *gateway) bool {
	for _, t := range a.targets {
		if t.kind == "Gateway" && t.group == gatewayGroup && t.name == g.name && namespace == g.namespace &&
			(t.namespace == "" || t.namespace == g.namespace) {
			return true
		}
	}
	return false
}

// onWaypoint: a waypoint takes policies that target its Gateway, the Service at hand, or in the root namespace the GatewayClass
// istio-waypoint; never those without targetRefs (model.ShouldAttachPolicy).
func (a *attachment) onWaypoint(w *World, namespace string, g *gateway, svc *service) bool {
	for _, t := range a.targets {
		switch {
		case t.kind == "Service" && (t.group == "" || t.group == "core"):
			if svc != nil && t.name == svc.name && namespace == svc.namespace {
				return true
			}
		case t.kind == "GatewayClass" && t.group == gatewayGroup:
			if t.name == "istio-waypoint" && namespace == w.mesh.rootNamespace {
				return true
			}
		}
	}
	return a.targetsGateway(namespace, g)
}

// gatewaySpaces are the namespaces whose policies a gateway or waypoint looks at, each once (model.ListAuthorizationPolicies).
func (w *World) gatewaySpaces(g *gateway, svc *service) []string {
	out := []string{w.mesh.rootNamespace}
	if g.namespace != w.mesh.rootNamespace {
		out = append(out, g.namespace)
	}
	if svc != nil && svc.namespace != g.namespace && svc.namespace != w.mesh.rootNamespace {
		out = append(out, svc.namespace)
	}
	return out
}

func (w *World) atWaypoint(g *gateway, svc *service) []*policy {
	var out []*policy
	for _, ns := range w.gatewaySpaces(g, svc) {
		for _, p := range w.look(ns).policies {
			if len(p.targets) > 0 && p.onWaypoint(w, p.namespace, g, svc) {
				out = append(out, p)
			}
		}
	}
	return out
}

// atZtunnel gives the policies that ztunnel takes for a pod: none with targetRefs, those of the pod's namespace and of the root namespace,
// with a selector that picks the pod or with none (ambient buildWorkloadPolicies, ztunnel state.rs assert_rbac). CUSTOM and AUDIT never
// reach ztunnel, and dry-run ones do not by default (ambient convertAuthorizationPolicy).
func (w *World) atZtunnel(namespace string, pod *workload) []*policy {
	var out []*policy
	for i, ns := range [2]string{w.mesh.rootNamespace, namespace} {
		if i == 1 && ns == w.mesh.rootNamespace {
			break
		}
		for _, p := range w.look(ns).policies {
			if len(p.targets) > 0 && (p.bad == "" || !p.selected) || p.action > deny || p.dryRun && p.bad == "" {
				continue
			}
			if p.selected && p.selector == nil {
				continue // `selector: {}` without matchLabels attaches to no workload at all (ambient buildWorkloadPolicies)
			}
			if p.selector.selects(pod.labels) {
				out = append(out, p)
			}
		}
	}
	return out
}

// unselected are the policies that would apply to a made up pod if it had more labels than are known.
func (w *World) unselected(namespace string, pod *workload) (out []string) {
	if !pod.assumed {
		return nil
	}
	for _, ns := range [2]string{w.mesh.rootNamespace, namespace} {
		for _, p := range w.look(ns).policies {
			if len(p.targets) == 0 && p.selector.lacks(pod.labels) {
				out = append(out, p.id())
			}
		}
	}
	return out
}
