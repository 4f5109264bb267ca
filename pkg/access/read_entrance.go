package access

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// istioGateway is a Gateway of networking.istio.io: it makes the pods that its selector picks listen.
type istioGateway struct {
	origin
	selector labels
	class    string // of an Ingress, where it depends on an IngressClass
}

// readIngressClass keeps whose Ingresses are of a class.
func (w *World) readIngressClass(m meta, n *yaml.Node) *fault {
	if w.ingressClasses == nil {
		w.ingressClasses = map[string]string{}
	}
	w.ingressClasses[m.name] = textOf(field(field(n, "spec"), "controller"))
	return nil
}

// serves reports whether Istio serves the Gateway: all but an Ingress of another controller's class (ingress shouldProcessIngressWithClass).
// A class that is not in the manifests is known by the name that Istio's charts give it.
func (w *World) serves(g *istioGateway) bool {
	controller, known := w.ingressClasses[g.class]
	return g.class == "" || known && controller == "istio.io/ingress-controller" || !known && g.class == "istio"
}

// istioIngress is where Istio serves Ingress objects: at the pods with this label (meshConfig ingressSelector, by default ingressgateway).
var istioIngress = labels{{"istio", "ingressgateway"}}

func (w *World) readIstioGateway(m meta, n *yaml.Node) *fault {
	s := w.space(m.namespace)
	selector, bad := labelsAt(field(field(n, "spec"), "selector"), "spec.selector")
	g := &istioGateway{m.in(s), selector, ""}
	s.istioGateways = append(s.istioGateways, g)
	w.istioFronts[g.id()] = g
	return bad
}

// readIngress reads an Ingress as a Gateway of Istio with a route. One of another class, or of none, leads through pods that nobody knows here.
func (w *World) readIngress(m meta, n *yaml.Node) *fault {
	spec := field(n, "spec")
	s := w.space(m.namespace)
	l := &lead{route: route{origin: m.in(s)}, gateways: []string{ingressGateway(join(s.name, m.name))}}
	add := func(n *yaml.Node) {
		if name := textOf(field(field(n, "service"), "name")); name != "" {
			l.backends = append(l.backends, backend{kind: "Service", namespace: s.name, name: name, port: number(field(field(field(n, "service"), "port"), "number"))})
		}
	}
	add(field(spec, "defaultBackend"))
	for _, rule := range list(field(spec, "rules")) {
		for _, p := range list(field(field(rule, "http"), "paths")) {
			add(field(p, "backend"))
		}
	}
	annotated, ok := m.annotation("kubernetes.io/ingress.class")
	class := textOf(field(spec, "ingressClassName"))
	served := ok && annotated == "istio" || !ok && class != "" // nobody serves one without a class, with the default ingressControllerMode STRICT
	if ok {
		class = ""
	}
	i := &ingressLead{lead: l, gateway: &istioGateway{l.origin, istioIngress, class}, served: served}
	w.ingressLeads = append(w.ingressLeads, i)
	if served {
		s.istioGateways = append(s.istioGateways, i.gateway)
		s.leads = append(s.leads, l)
	}
	return nil
}

// ingressLead is an Ingress.
type ingressLead struct {
	*lead
	gateway *istioGateway // as which Istio serves it, where it does
	served  bool          // its class may be Istio's
}

// ingressTo finds an Ingress that leads to a Service: at another controller, or at pods of Istio that do not deny everything.
func (w *World) ingressTo(svc *service) *ingressLead {
	for _, i := range w.ingressLeads {
		leads := slices.ContainsFunc(i.backends, func(b backend) bool { return b.namespace == svc.namespace && b.name == svc.name })
		if leads && (!i.served || !w.serves(i.gateway) || !w.closedAt(i.gateway)) {
			return i
		}
	}
	return nil
}

// ingressGateway is what the lead of an Ingress calls the Gateway that Istio makes of it.
func ingressGateway(id string) string { return "Ingress " + id }

// gatewaysOf are the Istio Gateways that a VirtualService names, as namespace/name.
func gatewaysOf(spec *yaml.Node, own string) (out []string) {
	for _, n := range list(field(spec, "gateways")) {
		switch g := textOf(deref(n)); {
		case g == "mesh" || g == "":
		case strings.Contains(g, "/"):
			out = append(out, g)
		default:
			out = append(out, join(own, g))
		}
	}
	return out
}

// podsOf are the kinds of pods that an Istio Gateway's selector picks, in any namespace (Istio: PILOT_SCOPE_GATEWAY_TO_NAMESPACE is off by
// default), each as a gateway of its own. Where the manifests hold none, one is made up: the ingress that Istio's charts install, or one in
// the Gateway's own namespace.
func (w *World) podsOf(g *istioGateway) (out []*gateway) {
	for _, k := range w.ingresses {
		if g.selector.selects(k.pod.labels) {
			out = append(out, k)
		}
	}
	if len(g.selector) == 0 {
		return out // all gateways, of which these are known
	}
	for _, name := range w.names {
		for _, pod := range w.namespaces[name].workloads {
			if g.selector.selects(pod.labels) {
				out = append(out, &gateway{origin: origin{kind: "Gateway", namespace: name}, account: pod.account, pod: pod})
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	made := &gateway{origin: origin{kind: "Gateway", namespace: g.namespace}, account: "default", pod: &workload{name: g.name, labels: g.selector, assumed: true}}
	if g.selector.value("istio") == "ingressgateway" {
		made.namespace, made.account = cmp.Or(w.mesh.rootNamespace, "istio-system"), "istio-ingressgateway-service-account"
	}
	return []*gateway{made}
}
