package survey

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// findKubeflow returns what the objects in namespace kubeflow say about the control plane.
func findKubeflow(spec profile.Spec, input *Index, notes *Notes) KubeflowInput {
	var in KubeflowInput
	for _, item := range input.Items {
		if enforcesRestricted(item) {
			in.Restricted = append(in.Restricted, item.Name)
		}
		if item.Namespace != profile.KubeflowNamespace || OwnedBy(item) != "" {
			continue
		}
		switch {
		case item.Group == "apps" && (item.Kind == "Deployment" || item.Kind == "StatefulSet"):
			in.Workloads = append(in.Workloads, workloadOf(item))
		case item.Group == "" && item.Kind == "Service":
			in.Services = append(in.Services, item.Name)
		case item.Group == "networking.k8s.io" && item.Kind == "NetworkPolicy":
			in.Isolated = in.Isolated || Closes(item, IngressRules, WaypointPod(profile.KubeflowWaypoint))
			in.Confined = in.Confined || Closes(item, EgressRules, WaypointPod(profile.KubeflowWaypoint))
		}
	}
	in.Webhooks = webhooks(spec, input, notes)
	return in
}

// workloadOf returns what the control plane's manifests depend on in a workload.
func workloadOf(item *manifest.Item) Workload {
	account := manifest.Value(PodSpec(item), "serviceAccountName")
	if account == "" {
		account = "default"
	}
	return Workload{Name: item.Name, Account: account, Labels: manifest.StringMap(manifest.Field(podTemplate(item), "metadata", "labels"))}
}

// PodSpec returns the spec of the pods that a workload makes, or nil.
func PodSpec(item *manifest.Item) *yaml.Node {
	return manifest.Field(podTemplate(item), "spec")
}

// webhooks returns the control plane's Services that the API server calls according to the input: for
// admission, and to convert objects between versions.
func webhooks(spec profile.Spec, input *Index, notes *Notes) []Webhook {
	var out []Webhook
	seen := map[[2]string]bool{}
	for _, item := range input.Items {
		if item.Removed {
			continue
		}
		var calls []*yaml.Node
		switch {
		case item.Group == "admissionregistration.k8s.io" && (item.Kind == "MutatingWebhookConfiguration" || item.Kind == "ValidatingWebhookConfiguration"):
			calls = manifest.Content(manifest.Field(item.Node, "webhooks"))
		case item.Group == "apiextensions.k8s.io" && item.Kind == "CustomResourceDefinition":
			if webhook := manifest.Field(item.Node, "spec", "conversion", "webhook"); webhook != nil {
				calls = []*yaml.Node{webhook}
			}
		}
		for _, call := range calls {
			service := manifest.Field(manifest.Dealias(call), "clientConfig", "service")
			at := [2]string{manifest.Value(service, "name"), manifest.Value(service, "port")}
			if manifest.Value(service, "namespace") != profile.KubeflowNamespace || seen[at] {
				continue
			}
			seen[at] = true
			out = addWebhook(spec, input, notes, out, item, at[0], at[1])
		}
	}
	return out
}

// addWebhook adds the pods and ports behind a Service's port to the list.
func addWebhook(spec profile.Spec, input *Index, notes *Notes, list []Webhook, caller *manifest.Item, name, port string) []Webhook {
	if port == "" {
		port = "443" // Kubernetes: ServiceReference
	}
	service := input.ByID[manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}]
	if service == nil {
		webhook := "its webhook"
		if caller.Kind == "CustomResourceDefinition" {
			webhook = "its conversion webhook"
		}
		notes.Report(caller.Report(diagnostic.WebhookServiceMissing, "", fmt.Sprintf("%s calls Service %s/%s, which is not in the input", webhook, profile.KubeflowNamespace, name),
			"no policy allows the API server to call that webhook", "add the Service to the input if it exists"))
		return list
	}
	labels := manifest.Field(service.Node, "spec", "selector")
	if labels == nil || len(labels.Content) == 0 {
		return list // no pods of this namespace
	}
	if kserve := spec.Cluster.KServe; kserve.Enabled && kserve.Namespace == profile.KubeflowNamespace && manifest.Value(labels, "control-plane") == "kserve-controller-manager" {
		return list // it has its own policy
	}
	target := input.targetPort(service, labels, port)
	if target == "" {
		notes.Warn(diagnostic.WebhookPortUnknown, service, "has port "+port+", which the API server calls, but no pod in the input shows which container port that is",
			"no policy allows the API server to call it, so this webhook fails", "write the targetPort as a number")
		return list
	}
	at := slices.IndexFunc(list, func(w Webhook) bool { return w.Service == name })
	if at < 0 {
		return append(list, Webhook{Service: name, Labels: manifest.StringMap(labels), Ports: []string{target}})
	}
	if !slices.Contains(list[at].Ports, target) {
		list[at].Ports = append(list[at].Ports, target)
	}
	return list
}

// targetPort returns the pods' port behind a port of a Service, or "".
func (in *Index) targetPort(service *manifest.Item, labels *yaml.Node, port string) string {
	for _, p := range manifest.Content(manifest.Field(service.Node, "spec", "ports")) {
		p = manifest.Dealias(p)
		if manifest.Value(p, "port") != port {
			continue
		}
		target := manifest.Field(p, "targetPort")
		switch {
		case target == nil:
			return port
		case target.ShortTag() == yaml.NodeTagInt:
			return target.Value
		default:
			return in.containerPort(LabelsOf(labels), target.Value)
		}
	}
	return ""
}

func (in *Index) containerPort(wanted Labels, name string) string {
	key := fmt.Sprintf("%q %q", wanted, name) // thousands of Services may share their pods
	found, known := in.ports[key]
	if known {
		return found
	}
	for _, w := range in.WorkloadsOf(profile.KubeflowNamespace) {
		if !w.Labels.Cover(wanted) {
			continue
		}
		if found = namedPort(w.Item, name); found != "" {
			break
		}
	}
	in.ports[key] = found
	return found
}

// namedPort returns the number of a workload's port, or "".
func namedPort(item *manifest.Item, name string) string {
	for _, container := range manifest.Content(manifest.Field(PodSpec(item), "containers")) {
		for _, p := range manifest.Content(manifest.Field(manifest.Dealias(container), "ports")) {
			if manifest.Value(manifest.Dealias(p), "name") == name {
				return manifest.Value(manifest.Dealias(p), "containerPort")
			}
		}
	}
	return ""
}
