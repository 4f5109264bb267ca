package access

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// workload is a kind of pod that the manifests make: a Pod or the template of a controller.
type workload struct {
	name        string
	labels      labels
	account     string
	hostNetwork bool
	bypass      bool // plain text reaches it past ztunnel
	ports       []namedPort
	assumed     bool   // made up, because the manifests hold none: a plain pod with the labels that are known
	cloud       *cloud // what is not judged of it

	sidecarCloud *cloud // or of its sidecar, where it has one
}

type namedPort struct {
	name   string
	number int
}

func (w *World) readPod(m meta, n *yaml.Node) *fault {
	w.addWorkload(m, m.labels, n, "")
	return nil
}

func (w *World) readTemplate(m meta, n *yaml.Node) *fault {
	return below("spec.template", w.addTemplate(m, field(field(n, "spec"), "template")))
}

func (w *World) readCronJob(m meta, n *yaml.Node) *fault {
	return below("spec.jobTemplate.spec.template", w.addTemplate(m, field(field(field(field(n, "spec"), "jobTemplate"), "spec"), "template")))
}

// readNotebook: the notebook controller makes a StatefulSet from the template and adds the label notebook-name, and a Service of the same
// name on port 80 to the container's first port.
func (w *World) readNotebook(m meta, n *yaml.Node) *fault {
	s := w.space(m.namespace)
	if s.isNotebook == nil {
		s.isNotebook = map[string]bool{}
	}
	s.notebooks, s.isNotebook[m.name] = append(s.notebooks, m.name), true
	w.notebookRewriter(s, m)
	if bad := w.addTemplate(m, field(field(n, "spec"), "template")); bad != nil || len(s.workloads) == 0 {
		return below("spec.template", bad)
	}
	pod := s.workloads[len(s.workloads)-1]
	pod.bypass = pod.bypass || bypasses(m.annotations) // the controller gives the pod the Notebook's own
	pod.labels = append(pod.labels, label{"notebook-name", m.name}, label{"statefulset", m.name})
	return nil
}

func (w *World) addTemplate(m meta, template *yaml.Node) *fault {
	if template == nil {
		return nil
	}
	l, bad := labelsAt(field(field(template, "metadata"), "labels"), ".metadata.labels")
	if bad != nil {
		return bad
	}
	w.addWorkload(m, l, template, templatePath(m.kind))
	return nil
}

// templatePath is where the template of an object's pods is.
func templatePath(kind string) string {
	if kind == "CronJob" {
		return "spec.jobTemplate.spec.template."
	}
	return "spec.template."
}

// addWorkload files a kind of pod: a Pod, or the template at a path.
func (w *World) addWorkload(m meta, l labels, n *yaml.Node, path string) {
	metadata, spec := field(n, "metadata"), field(n, "spec")
	s := w.space(m.namespace)
	pod := &workload{name: m.name, labels: l, account: "default", hostNetwork: boolean(field(spec, "hostNetwork")), bypass: bypasses(field(metadata, "annotations"))}
	pod.cloud = cloudByName(m.in(s), "Pod", metadata, path+"metadata", false)
	pod.sidecarCloud = cloudByName(m.in(s), "Pod", metadata, path+"metadata", true)
	if a := textOf(field(spec, "serviceAccountName")); a != "" {
		pod.account = a
	}
	for _, c := range list(field(spec, "containers")) {
		for _, p := range list(field(c, "ports")) {
			if n := number(field(p, "containerPort")); n > 0 {
				pod.ports = append(pod.ports, namedPort{textOf(field(p, "name")), n})
			}
		}
	}
	s.workloads = append(s.workloads, pod)
}

// service is one Service.
type service struct {
	origin
	labels   labels
	selector labels
	headless bool
	external bool
	ports    []servicePort
	assumed  bool
	cloud    *cloud // what is not judged of it
}

// plainService is a Service that is not in the manifests.
func plainService(namespace, name string) *service {
	return &service{origin: origin{apiVersion: "v1", kind: "Service", namespace: namespace, name: name}}
}

type servicePort struct {
	number     int
	target     int    // 0: named or absent
	targetName string // a container port's name
	protocol   protocol
}

type protocol uint8

const (
	sniffed protocol = iota
	httpPort
	tcpPort
)

func (w *World) readService(m meta, n *yaml.Node) *fault {
	spec := field(n, "spec")
	selector, bad := labelsAt(field(spec, "selector"), "spec.selector")
	if bad != nil {
		return bad
	}
	s := w.space(m.namespace)
	svc := &service{
		origin: m.in(s), labels: m.labels, selector: selector,
		headless: textOf(field(spec, "clusterIP")) == "None",
		external: textOf(field(spec, "type")) == "ExternalName",
	}
	for _, p := range list(field(spec, "ports")) {
		target := field(p, "targetPort")
		port := servicePort{number: number(field(p, "port")), target: number(target), protocol: portProtocol(p)}
		switch {
		case target == nil:
			port.target = port.number
		case port.target == 0:
			port.targetName = target.Value
		}
		svc.ports = append(svc.ports, port)
	}
	svc.cloud = cloudByName(svc.origin, "Service", field(n, "metadata"), "metadata", false)
	s.services = append(s.services, svc)
	if s.named == nil {
		s.named = map[string]*service{}
	}
	if s.named[svc.name] == nil {
		s.named[svc.name] = svc
	}
	return nil
}

// portProtocol is Istio's protocol selection: appProtocol, else the name's prefix, else a well known port, else sniffed
// (pkg/config/kube ConvertProtocol).
func portProtocol(p *yaml.Node) protocol {
	name := textOf(field(p, "appProtocol"))
	switch name {
	case "kubernetes.io/h2c", "kubernetes.io/ws":
		return httpPort
	case "kubernetes.io/wss":
		return tcpPort
	case "":
		name = textOf(field(p, "name"))
	}
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "grpc-web") {
		return httpPort
	}
	name, _, _ = strings.Cut(name, "-")
	switch name {
	case "http", "http2", "grpc":
		return httpPort
	case "tcp", "tls", "https", "mongo", "redis", "mysql", "udp":
		return tcpPort
	}
	switch number(field(p, "port")) {
	case 25, 53, 3306, 27017:
		return tcpPort
	}
	return sniffed
}

// target is the port of the pod that a port of the Service leads to, 0 where the manifests do not say.
func (s *service) target(number int, pod *workload) int {
	for _, p := range s.ports {
		if p.number != number {
			continue
		}
		if p.targetName == "" {
			return p.target
		}
		for _, c := range pod.ports {
			if c.name == p.targetName {
				return c.number
			}
		}
	}
	return 0
}

// selects reports whether a selector picks what carries these labels. An empty selector picks all.
func (l labels) selects(own labels) bool {
	for _, want := range l {
		if got, ok := own.get(want.key); !ok || got != want.value {
			return false
		}
	}
	return true
}

// lacks reports whether a selector fails only for labels that are not there.
func (l labels) lacks(own labels) bool {
	lacking := false
	for _, want := range l {
		got, ok := own.get(want.key)
		if ok && got != want.value {
			return false
		}
		lacking = lacking || !ok
	}
	return lacking
}

func portText(n int) string { return strconv.Itoa(n) }
