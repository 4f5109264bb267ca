package access

import (
	"cmp"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// gateway is a Gateway of the Gateway API: a waypoint or an ingress.
type gateway struct {
	origin
	class       string
	waypoint    bool
	eastWest    bool
	foreign     bool   // its proxy is not Istio's Envoy, or may not be: what comes through it is not judged
	trafficType string // istio.io/waypoint-for
	account     string
	address     string    // the first of spec.addresses, where it is a host name
	byHand      bool      // Istio makes no pods for it, so nothing here tells their account
	pod         *workload // what the gateway's own pods look like
	labelled    bool      // the Gateway has the label istio.io/dataplane-mode, whether its pods get it or not
	listeners   []listener
	admitsSets  listener // the namespaces whose ListenerSets may attach
	assumed     string   // what is assumed where it is made up
	cloud       *cloud   // what is not judged of it
	perhaps     string   // why it may not be there

	overlay  *yaml.Node // spec.infrastructure.parametersRef
	revision string     // of the istiod that serves it

	once, onceMerged sync.Once // the routes are sorted when the first request asks
	tables           []*table
	merged           []*virtualRoutes // that its pods serve in addition
}

type listener struct {
	place
	name, protocol, hostname string
	port                     int
	tls                      bool     // there are settings of TLS
	mode                     string   // of TLS
	option                   string   // of TLS, that is not judged
	kinds                    []string // of the routes that may attach; empty: all that the protocol allows
	from                     string   // namespaces whose routes may attach: Same, All, Selector
	selector                 labels
	expressions              bool // the selector has more than matchLabels, which is not judged
}

// gatewayClass is a GatewayClass: its controller tells waypoints.
type gatewayClass struct{ name, controller, trafficType string }

// point is the gateway on the way of a request.
func (g *gateway) point() Point {
	if g.waypoint {
		return Point{AtWaypoint, g.id()}
	}
	return Point{AtGateway, g.id()}
}

func (w *World) readGatewayClass(m meta, n *yaml.Node) *fault {
	w.classes = append(w.classes, gatewayClass{
		name: m.name, controller: textOf(field(field(n, "spec"), "controllerName")), trafficType: m.labels.value("istio.io/waypoint-for"),
	})
	return nil
}

func (w *World) readGateway(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	g := &gateway{origin: m.in(s), class: textOf(field(spec, "gatewayClassName"))}
	infrastructure, bad := labelsAt(field(field(spec, "infrastructure"), "labels"), "spec.infrastructure.labels")
	if bad != nil {
		return bad
	}
	if infrastructure == nil {
		infrastructure = m.labels // Istio: without infrastructure labels the Gateway's own go to its pods (deploymentcontroller)
	}
	g.pod = gatewayPod(g.name, infrastructure)
	_, g.labelled = m.labels.get(dataplaneMode)
	annotations := field(field(spec, "infrastructure"), "annotations")
	if annotations == nil {
		annotations = m.annotations
	}
	g.pod.annotations, _ = labelsOf(annotations)
	g.trafficType = m.labels.value("istio.io/waypoint-for")
	g.account, _ = m.annotation("gateway.istio.io/service-account")
	addresses := list(field(spec, "addresses"))
	g.byHand = len(addresses) > 1 || len(addresses) == 1 && cmp.Or(textOf(field(addresses[0], "type")), "IPAddress") != "IPAddress" // gatewaycommon IsManaged
	if len(addresses) > 0 && textOf(field(addresses[0], "type")) == "Hostname" {
		g.address = textOf(field(addresses[0], "value"))
	}
	for _, l := range list(field(spec, "listeners")) {
		g.listeners = append(g.listeners, readListener(deref(l)))
	}
	if g.perhaps = g.unserved(); g.rejected != nil {
		g.perhaps = g.rejected.field + ": " + g.perhaps
	}
	g.cloud = firstCloud(cloudByName(g.origin, "Gateway", field(n, "metadata"), "metadata"),
		cloudByName(g.origin, "Gateway", field(spec, "infrastructure"), "spec.infrastructure"))
	g.revision = m.labels.value(revisionKey)
	g.overlay = field(field(spec, "infrastructure"), "parametersRef")
	g.admitsSets.from = "None"
	g.admitsSets.readNamespaces(field(field(spec, "allowedListeners"), "namespaces"))
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
		place: placeOf(n), name: textOf(field(n, "name")), protocol: textOf(field(n, "protocol")), hostname: textOf(field(n, "hostname")),
		port: number(field(n, "port")), mode: textOf(field(field(n, "tls"), "mode")), from: "Same",
	}
	if l.tls = field(n, "tls") != nil; l.mode != "" && l.mode != "Terminate" && l.mode != "Passthrough" { // the CRD refuses it
		l.option = "tls.mode " + l.mode
	}
	if options := field(field(n, "tls"), "options"); options != nil && options.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(options.Content); i += 2 {
			if key := options.Content[i].Value; key != "gateway.istio.io/tls-cipher-suites" {
				l.option = key
			}
		}
	}
	for _, k := range list(field(field(n, "allowedRoutes"), "kinds")) {
		if group := field(k, "group"); group == nil || textOf(group) == gatewayGroup {
			l.kinds = append(l.kinds, textOf(field(k, "kind")))
		} else {
			l.kinds = append(l.kinds, textOf(group)+"/"+textOf(field(k, "kind")))
		}
	}
	l.readNamespaces(field(field(n, "allowedRoutes"), "namespaces"))
	return l
}

// readNamespaces reads which namespaces may attach something.
func (l *listener) readNamespaces(namespaces *yaml.Node) {
	if from := textOf(field(namespaces, "from")); from != "" {
		l.from = from
	}
	selector := field(namespaces, "selector")
	l.selector, _ = labelsOf(field(selector, "matchLabels"))
	l.expressions = len(list(field(selector, "matchExpressions"))) > 0 || otherKey(selector, "matchLabels", "matchExpressions") != nil
}

const meshController = "istio.io/mesh-controller"

// istioClasses are the controllers of the classes that istiod knows without a GatewayClass (Istio 1.31: gatewaycommon AllClasses).
var istioClasses = map[string]string{
	"istio": "istio.io/gateway-controller", "istio-remote": "istio.io/unmanaged-gateway", "istio-waypoint": meshController, "istio-east-west": "istio.io/eastwest-controller",
	"istio-agentgateway": "istio.io/agentgateway-controller", "istio-agentgateway-waypoint": "istio.io/agentgateway-waypoint-controller",
}

// controllerOf returns the controller of a class, and the traffic that its GatewayClass gives waypoints. Without a GatewayClass, istiod
// uses its own names.
func (w *World) controllerOf(class string) (controller, traffic string) {
	controller = istioClasses[class]
	for _, c := range w.classes {
		if c.name == class {
			controller, traffic = c.controller, c.trafficType
		}
	}
	return controller, traffic
}

// settle fills in what the class says. Istio names a gateway's ServiceAccount <name>-<class>, a waypoint's just <name>, unless an annotation
// names another (deploymentcontroller GetDefaultName).
func (g *gateway) settle(w *World) {
	g.cloud = firstCloud(firstCloud(g.cloud, g.parameters(w)), w.mutatedGateway(g))
	g.revision = cmp.Or(g.revision, w.look(g.namespace).labels.value(revisionKey), "default")
	if g.perhaps == "" && !w.runs(g.revision) {
		g.perhaps = "by metadata.labels[istio.io/rev] an istiod of revision " + g.revision + " serves it, and none is in the manifests"
	}
	if g.perhaps != "" {
		g.cloud = &cloud{origin: g.origin, at: g.place, why: g.perhaps}
	}
	controller, traffic := w.controllerOf(g.class)
	switch controller {
	case meshController:
		g.waypoint = true
	case "istio.io/eastwest-controller":
		g.eastWest = true
	case "istio.io/gateway-controller", "istio.io/unmanaged-gateway":
	default:
		g.foreign = true
		return
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
		g.settleWaypoint()
		return
	}
	if _, own := g.pod.labels.get(dataplaneMode); !own && !g.labelled && !g.eastWest {
		g.pod.labels = append(g.pod.labels, label{dataplaneMode, "none"}) // deploymentcontroller setLabelOverrides
	}
	// Istio 1.31 (kube-gateway.yaml): policies select a Gateway's pods by these as well.
	g.pod.labels = append(g.pod.labels, label{"gateway.networking.k8s.io/gateway-class-name", g.class}, label{"gateway.istio.io/managed", "istio.io-gateway-controller"},
		label{injectKey, "false"}, label{"service.istio.io/canonical-name", g.account}, label{"service.istio.io/canonical-revision", "latest"})
}

// settleWaypoint: labels of its Gateway override those that istiod gives a waypoint's pods (Istio 1.31: waypoint.yaml). Another proxy in front of the pods
// takes the mesh's own connections.
func (g *gateway) settleWaypoint() {
	for _, key := range [2]string{dataplaneMode, injectKey} {
		switch value := g.pod.labels.value(key); {
		case key == dataplaneMode && value == "ambient", key == injectKey && value == "true":
			g.cloud = firstCloud(g.cloud, &cloud{origin: g.origin, field: "the label " + key + ": " + value + " on its pods", at: g.place, why: "another proxy stands before the waypoint"})
		}
	}
	g.pod.labels = append(g.pod.labels, label{dataplaneMode, "none"})
}
