package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const whyUnplaced = "it is missing or a variable, and the tool that applies the object decides which namespace it is in"

// clusterScoped are the kinds without a namespace, of those that are read.
var clusterScoped = map[groupKind]bool{
	{"", "Namespace"}:                                                true,
	{gatewayGroup, "GatewayClass"}:                                   true,
	{"networking.k8s.io", "IngressClass"}:                            true,
	{"admissionregistration.k8s.io", "MutatingWebhookConfiguration"}: true,
	{"serving.kserve.io", "ClusterServingRuntime"}:                   true,
	{"trainer.kubeflow.org", "ClusterTrainingRuntime"}:               true,
	{"kubeflow.org", "WorkspaceKind"}:                                true,
}

// readUnplaced reads that an object is in no namespace that the manifests name (kubectl -n, kustomize's namespace, Argo CD's destination). It may be
// in any, the root namespace too. Pods and PodDefaults are settled when they are read (settleUnplaced).
func (w *World) readUnplaced(k groupKind, n *yaml.Node) {
	namespace := textOf(valueAt(n, "metadata", "namespace"))
	if namespace != "" && !isVariable(namespace) || clusterScoped[k] || !isRead(k, n) {
		return
	}
	c := cloudOf(n).as("metadata.namespace", field(n, "metadata"), ofAll, whyUnplaced)
	c.namespace, c.anywhere = "", true
	tree, known := ledger().of(k)
	switch {
	case k == groupKind{"", "Service"}:
		c.scope, c.hosts = ofService, []string{"*"}
		c.nameOf = c.name
	case k == groupKind{"discovery.k8s.io", "EndpointSlice"}:
		c.scope, c.hosts = ofService, []string{"*"}
		c.nameOf = textOf(valueAt(n, "metadata", "labels", "kubernetes.io/service-name"))
	case known && tree != nil && !tree.decides():
		return
	case known && k.group == "security.istio.io" && len(c.targets) == 0:
		c.scope = ofPolicies
	case known, k == groupKind{"networking.k8s.io", "Ingress"}, strings.HasPrefix(k.group, "inference.networking."), k == groupKind{"", "ConfigMap"}:
	default:
		return
	}
	w.addCloud(c)
}

// isVariable reports whether a text has a variable that a tool replaces when it applies the object (Flux: postBuild.substitute; kustomize: vars).
func isVariable(s string) bool { return strings.Contains(s, "${") || strings.Contains(s, "$(") }

// decides reports whether anything of a kind is judged or NOT JUDGED.
func (n *ledgerNode) decides() bool {
	for _, l := range [2]*ledgerLine{n.line, n.rest} {
		if l != nil && l.state != isHarmless {
			return true
		}
	}
	for _, below := range n.below {
		if below.decides() {
			return true
		}
	}
	return false
}

// settleUnplaced settles pods that may be in any namespace: plain ones may be behind each Service that selects them, and of others nobody knows
// whose clients they are either.
func (w *World) settleUnplaced() {
	for _, pod := range w.unplaced.workloads {
		c := &cloud{origin: pod.madeBy, field: "metadata.namespace", at: pod.madeBy.place, scope: ofAll, why: whyUnplaced}
		if w.follow("", pod); pod.isPlain() {
			w.unplacedPods = append(w.unplacedPods, unplacedPod{c, pod})
		} else {
			w.fileCloud(c)
		}
	}
	for _, d := range w.unplaced.podDefaults {
		if d.account != "" || len(d.labels)+len(d.annotations) > 0 || d.broken {
			w.fileCloud(&cloud{origin: d.origin, field: "metadata.namespace", at: d.place, scope: ofAll, why: whyUnplaced})
		}
	}
}

type unplacedPod struct {
	cloud *cloud
	*workload
}

// isPlain reports whether a pod takes part in the mesh as any other of its namespace.
func (w *workload) isPlain() bool {
	for _, all := range [2]labels{w.labels, w.annotations} {
		for _, l := range all {
			if strings.Contains(l.key, "istio.io/") || isCaptureKey(l.key) {
				return false
			}
		}
	}
	return !w.hostNetwork && !w.proxy && w.unsure == "" && w.cloud == nil
}

// unplacedBehind is what may be among the pods that a selector picks, in whichever namespace.
func (w *World) unplacedBehind(selector labels) *cloud {
	for _, pod := range w.unplacedPods {
		if len(selector) > 0 && (selector.selects(pod.labels) || len(pod.adds) > 0 && pod.mayCarry(selector)) {
			return pod.cloud
		}
	}
	return nil
}
