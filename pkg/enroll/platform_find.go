package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/platform"
)

// kubeflow is what the objects of the namespace kubeflow say about it.
func (e *enrolment) kubeflow() platform.Input {
	var in platform.Input
	for _, item := range e.items {
		if enforcesRestricted(item) {
			in.Restricted = append(in.Restricted, item.Name)
		}
		if item.Namespace != platform.Namespace || item.owner() != "" {
			continue
		}
		switch {
		case item.Group == "apps" && (item.Kind == "Deployment" || item.Kind == "StatefulSet"):
			in.Workloads = append(in.Workloads, known(item))
		case item.Group == "" && item.Kind == "Service":
			in.Services = append(in.Services, item.Name)
		case item.Group == "networking.k8s.io" && item.Kind == "NetworkPolicy":
			in.Isolated = in.Isolated || closes(item, ingressRules, waypointPod(platform.WaypointName))
			in.Confined = in.Confined || closes(item, egressRules, waypointPod(platform.WaypointName))
		}
	}
	in.Webhooks = e.webhooks()
	return in
}

// known is what the control plane's manifests must know of a workload.
func known(item *Item) platform.Workload {
	account := value(podSpec(item), "serviceAccountName")
	if account == "" {
		account = "default"
	}
	return platform.Workload{Name: item.Name, Account: account, Labels: texts(field(field(podTemplate(item), "metadata"), "labels"))}
}

func podSpec(item *Item) *yaml.Node {
	return field(podTemplate(item), "spec")
}

// texts is a map of texts; nil for none.
func texts(n *yaml.Node) map[string]string {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out[n.Content[i].Value] = dealias(n.Content[i+1]).Value
	}
	return out
}

// webhooks are the control plane's Services that the API server calls, by what the input tells it:
// for admission, and to convert objects between versions.
func (e *enrolment) webhooks() []platform.Webhook {
	var out []platform.Webhook
	seen := map[[2]string]bool{}
	for _, item := range e.items {
		if e.removed[item] {
			continue
		}
		var calls []*yaml.Node
		switch {
		case item.Group == "admissionregistration.k8s.io" && (item.Kind == "MutatingWebhookConfiguration" || item.Kind == "ValidatingWebhookConfiguration"):
			calls = content(field(item.Node, "webhooks"))
		case item.Group == "apiextensions.k8s.io" && item.Kind == "CustomResourceDefinition":
			if webhook := field(field(field(item.Node, "spec"), "conversion"), "webhook"); webhook != nil {
				calls = []*yaml.Node{webhook}
			}
		}
		for _, call := range calls {
			service := field(field(dealias(call), "clientConfig"), "service")
			at := [2]string{value(service, "name"), value(service, "port")}
			if value(service, "namespace") != platform.Namespace || seen[at] {
				continue
			}
			seen[at] = true
			out = e.webhook(out, item, at[0], at[1])
		}
	}
	return out
}

// webhook adds the pods and ports behind a Service's port to the list.
func (e *enrolment) webhook(list []platform.Webhook, caller *Item, name, port string) []platform.Webhook {
	if port == "" {
		port = "443" // Kubernetes: ServiceReference
	}
	service := e.byID[ID{Kind: "Service", Namespace: platform.Namespace, Name: name}]
	if service == nil {
		e.note(caller.String(), fmt.Sprintf("calls the Service %s/%s, which is not in the input", platform.Namespace, name), "no policy lets the API server reach it")
		return list
	}
	labels := field(field(service.Node, "spec"), "selector")
	if labels == nil || len(labels.Content) == 0 {
		return list // no pods of this namespace
	}
	if kserve := e.plan.Cluster.KServe; kserve.Enabled && kserve.Namespace == platform.Namespace && value(labels, "control-plane") == "kserve-controller-manager" {
		return list // has a policy of its own
	}
	target := e.targetPort(service, labels, port)
	if target == "" {
		e.warn(service, "has a port "+port+" that the API server calls, but no pod of the input says which port of its own that is",
			"no policy lets the API server reach it, so it refuses what it should ask about", "name the targetPort by its number")
		return list
	}
	at := slices.IndexFunc(list, func(w platform.Webhook) bool { return w.Service == name })
	if at < 0 {
		return append(list, platform.Webhook{Service: name, Labels: texts(labels), Ports: []string{target}})
	}
	if !slices.Contains(list[at].Ports, target) {
		list[at].Ports = append(list[at].Ports, target)
	}
	return list
}

// targetPort is the pods' port behind a port of a Service, or "".
func (e *enrolment) targetPort(service *Item, labels *yaml.Node, port string) string {
	for _, p := range content(field(field(service.Node, "spec"), "ports")) {
		p = dealias(p)
		if value(p, "port") != port {
			continue
		}
		target := field(p, "targetPort")
		switch {
		case target == nil:
			return port
		case target.ShortTag() == yaml.NodeTagInt:
			return target.Value
		default:
			return e.containerPort(labelsOf(labels), target.Value)
		}
	}
	return ""
}

func (e *enrolment) containerPort(wanted labels, name string) string {
	key := fmt.Sprintf("%q %q", wanted, name) // thousands of Services may share their pods
	found, known := e.ports[key]
	if known {
		return found
	}
	for _, w := range e.workloadsOf(platform.Namespace) {
		if !w.labels.cover(wanted) {
			continue
		}
		if found = namedPort(w.Item, name); found != "" {
			break
		}
	}
	e.ports[key] = found
	return found
}

// namedPort is the number of a workload's port, or "".
func namedPort(item *Item, name string) string {
	for _, container := range content(field(podSpec(item), "containers")) {
		for _, p := range content(field(dealias(container), "ports")) {
			if value(dealias(p), "name") == name {
				return value(dealias(p), "containerPort")
			}
		}
	}
	return ""
}
