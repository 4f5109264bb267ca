package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// workload is a kind of pod that the manifests make: a Pod or the template of a controller.
type workload struct {
	kind, name  string
	labels      labels
	annotations labels
	account     string
	anyAccount  bool // its controller or what it refers to says which account
	ownAccount  bool // or one that its controller makes, whose name begins with its own
	hostNetwork bool
	proxyConfig bool // whose own settings are not as by default
	proxy       bool // it has a container istio-proxy: a sidecar that was injected before, or a gateway
	runs        bool // it is a Pod that was in a cluster: the API server has asked the injectors of its day about it
	ports       []namedPort
	sidePorts   []string // names of ports of sidecar containers (initContainers with restartPolicy Always)
	assumed     bool     // made up, because the manifests hold none: a plain pod with the labels that are known

	adds    []string // prefixes of the labels that its controller may add; "" is any but Istio's
	unsure  string   // why it is not known how it takes part in the mesh
	perhaps string   // why it may not be meant
	assumes []string // what the manifests lack about it, assumed with default settings
	from    []reference

	settled bool // part and partWhy are known
	part    membership
	partWhy string

	cloud        *cloud // what is not judged of it
	sidecarCloud *cloud // or of its sidecar, where it has one
	inboundCloud *cloud // that of its sidecar, as far as it is about what comes to it
	madeBy       origin // the object that makes it
}

type namedPort struct {
	name   string
	number int
}

// bypass reports whether plain text reaches a pod past ztunnel.
func (w *workload) bypass() bool { return isBypass(w.annotations.value(bypassInbound)) }

// mayHave reports whether a pod that lacks a label may get it from its controller. Those that decide how it takes part are not among them: there
// the workload is unsure.
func (w *workload) mayHave(key string) bool {
	for _, prefix := range w.adds {
		if strings.HasPrefix(key, prefix) && (prefix != "" || !isCaptureKey(key)) {
			return true
		}
	}
	return false
}

// isCaptureKey reports whether a label or annotation decides how a pod takes part in the mesh.
func isCaptureKey(key string) bool {
	switch key {
	case dataplaneMode, injectKey, revisionKey, statusKey, bypassInbound:
		return true
	}
	return false
}

// picksPod is picks of a pod.
func (s *podSelector) picksPod(pod *workload) verdict3 {
	return s.picksWith(pod.labels, pod.mayHave)
}

func (w *World) readPod(m meta, n *yaml.Node) *fault {
	w.addWorkload(m, m.labels, m.annotations, field(n, "spec"), nil)
	of := w.space(m.namespace).workloads
	of[len(of)-1].runs = valueAt(n, "metadata", "uid") != nil // which the API server gives
	return nil
}

// What Kubernetes' own controllers add (k8s.io/api v0.36.1: apps/v1 and batch/v1 name these labels).
var (
	deploymentAdds  = []string{"pod-template-hash"}
	statefulSetAdds = []string{"controller-revision-hash", "statefulset.kubernetes.io/", "apps.kubernetes.io/pod-index"}
	daemonSetAdds   = []string{"controller-revision-hash", "pod-template-generation"}
	jobAdds         = []string{"batch.kubernetes.io/", "controller-uid", "job-name"}
)

var templateAdds = map[string][]string{
	"Deployment": deploymentAdds, "ReplicaSet": deploymentAdds, "StatefulSet": statefulSetAdds, "DaemonSet": daemonSetAdds, "Job": jobAdds,
}

func (w *World) readTemplate(m meta, n *yaml.Node) *fault {
	return below("spec.template", w.addTemplate(m, field(field(n, "spec"), "template"), templateAdds[m.kind]))
}

func (w *World) readCronJob(m meta, n *yaml.Node) *fault {
	return below("spec.jobTemplate.spec.template", w.addTemplate(m, field(field(field(field(n, "spec"), "jobTemplate"), "spec"), "template"), jobAdds))
}

func (w *World) addTemplate(m meta, template *yaml.Node, adds []string) *fault {
	if template == nil {
		return nil
	}
	l, bad := labelsAt(field(field(template, "metadata"), "labels"), ".metadata.labels")
	if bad != nil {
		return bad
	}
	w.addWorkload(m, l, field(field(template, "metadata"), "annotations"), field(template, "spec"), adds)
	return nil
}

func (w *World) addWorkload(m meta, l labels, annotations, spec *yaml.Node, adds []string) {
	pod := podOf(m, l, spec)
	pod.annotations, _ = labelsOf(annotations) // the API server rejects anything except a map of strings
	pod.adds, pod.cloud = adds, m.unservedCloud()
	s := w.space(m.namespace)
	s.workloads = append(s.workloads, pod)
}

// plainRuntimes run containers in the network namespace of their pod, where istio-cni redirects their traffic. A sandbox (gVisor's netstack, a virtual machine of
// Kata Containers) has a network stack of its own behind it.
var plainRuntimes = map[string]bool{"runc": true, "crun": true, "nvidia": true, "nvidia-cdi": true, "nvidia-legacy": true, "habana": true, "sysbox-runc": true}

// podOf is a pod of an object, from what its spec says.
func podOf(m meta, l labels, spec *yaml.Node) *workload {
	pod := &workload{kind: m.kind, name: m.name, labels: l, account: "default", hostNetwork: boolean(field(spec, "hostNetwork")), madeBy: m.origin}
	// serviceAccount is the older name (Kubernetes 1.36: pkg/apis/core/v1 Convert_v1_PodSpec_To_core_PodSpec).
	if a := cmp.Or(textOf(field(spec, "serviceAccountName")), textOf(field(spec, "serviceAccount"))); a != "" {
		pod.account = a
	}
	if textOf(valueAt(spec, "os", "name")) == "windows" || textOf(valueAt(spec, "nodeSelector", "kubernetes.io/os")) == "windows" {
		pod.unsure = pod.kind + " " + join(m.namespace, m.name) + " runs on Windows, where there is neither istio-cni nor ztunnel"
	}
	if class := textOf(field(spec, "runtimeClassName")); class != "" && !plainRuntimes[class] && pod.unsure == "" {
		pod.unsure = "the runtimeClassName " + class + " of " + pod.kind + " " + join(m.namespace, m.name) + " may be of a sandbox with a network stack of its own, which istio-cni does not see"
	}
	for _, key := range [2]string{"containers", "initContainers"} {
		for _, c := range list(field(spec, key)) {
			if textOf(field(c, "name")) == "istio-proxy" {
				pod.proxy = true
				pod.readProxyVariables(c)
			}
			if key == "initContainers" && textOf(field(c, "restartPolicy")) != "Always" {
				continue
			}
			for _, p := range list(field(c, "ports")) {
				if key == "initContainers" {
					pod.sidePorts = append(pod.sidePorts, textOf(field(p, "name")))
				} else if n := number(field(p, "containerPort")); n > 0 {
					pod.ports = append(pod.ports, namedPort{textOf(field(p, "name")), n})
				}
			}
		}
	}
	return pod
}

// readNotebook: the notebook controller makes a Service of the same name on port 80 to the container's first port (makeNotebook has the pods).
func (w *World) readNotebook(m meta, _ *yaml.Node) *fault {
	s := w.space(m.namespace)
	if s.isNotebook == nil {
		s.isNotebook = map[string]bool{}
	}
	s.notebooks, s.isNotebook[m.name] = append(s.notebooks, m.name), true
	w.notebookRewriter(s, m)
	return nil
}

// service is one Service.
type service struct {
	origin
	labels       labels
	selector     labels
	headless     bool
	external     bool
	externalName string
	externalAt   place
	ports        []servicePort
	assumed      bool
	cloud        *cloud // what is not judged of it
	ipv6         bool   // it asks for addresses of IPv6, or has one
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
	udp        bool // or SCTP: no proxy sees it
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
		headless:     textOf(field(spec, "clusterIP")) == "None",
		external:     textOf(field(spec, "type")) == "ExternalName",
		externalName: textOf(field(spec, "externalName")), externalAt: placeOf(field(spec, "externalName")),
	}
	for _, p := range list(field(spec, "ports")) {
		target := field(p, "targetPort")
		port := servicePort{number: number(field(p, "port")), target: number(target), protocol: portProtocol(p)}
		if p := textOf(field(p, "protocol")); p != "" && p != "TCP" {
			port.udp = true
		}
		switch {
		case target == nil:
			port.target = port.number
		case port.target == 0:
			port.targetName = target.Value
		}
		svc.ports = append(svc.ports, port)
	}
	svc.ipv6 = hasIPv6(field(n, "spec"))
	svc.cloud = firstCloud(svc.unservedCloud(), cloudByName(svc.origin, "Service", field(n, "metadata"), "metadata"))
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

// hasIPv6 reports whether a Service asks for IPv6 or has such an address: then its pods have one.
func hasIPv6(spec *yaml.Node) bool {
	families, _ := texts(field(spec, "ipFamilies"))
	addresses, _ := texts(field(spec, "clusterIPs"))
	policy := textOf(field(spec, "ipFamilyPolicy"))
	return contains(families, "IPv6") || policy == "RequireDualStack" || policy == "PreferDualStack" ||
		slices.ContainsFunc(append(addresses, textOf(field(spec, "clusterIP"))), func(a string) bool { return strings.Contains(a, ":") })
}
