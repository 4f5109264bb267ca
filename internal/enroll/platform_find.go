package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// kubeflow is what the objects of the namespace kubeflow say about it.
func findKubeflow(plan generate.Plan, input *Index, notes *notes) survey.Input {
	var in survey.Input
	for _, item := range input.items {
		if enforcesRestricted(item) {
			in.Restricted = append(in.Restricted, item.Name)
		}
		if item.Namespace != profile.KubeflowNamespace || ownedBy(item) != "" {
			continue
		}
		switch {
		case item.Group == "apps" && (item.Kind == "Deployment" || item.Kind == "StatefulSet"):
			in.Workloads = append(in.Workloads, known(item))
		case item.Group == "" && item.Kind == "Service":
			in.Services = append(in.Services, item.Name)
		case item.Group == "networking.k8s.io" && item.Kind == "NetworkPolicy":
			in.Isolated = in.Isolated || closes(item, ingressRules, waypointPod(profile.KubeflowWaypoint))
			in.Confined = in.Confined || closes(item, egressRules, waypointPod(profile.KubeflowWaypoint))
		}
	}
	in.Webhooks = webhooks(plan, input, notes)
	return in
}

// known is what the control plane's manifests must know of a workload.
func known(item *manifest.Item) survey.Workload {
	account := manifest.Value(podSpec(item), "serviceAccountName")
	if account == "" {
		account = "default"
	}
	return survey.Workload{Name: item.Name, Account: account, Labels: manifest.StringMap(manifest.Field(podTemplate(item), "metadata", "labels"))}
}

func podSpec(item *manifest.Item) *yaml.Node {
	return manifest.Field(podTemplate(item), "spec")
}

// webhooks are the control plane's Services that the API server calls, by what the input tells it:
// for admission, and to convert objects between versions.
func webhooks(plan generate.Plan, input *Index, notes *notes) []survey.Webhook {
	var out []survey.Webhook
	seen := map[[2]string]bool{}
	for _, item := range input.items {
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
			out = addWebhook(plan, input, notes, out, item, at[0], at[1])
		}
	}
	return out
}

// webhook adds the pods and ports behind a Service's port to the list.
func addWebhook(plan generate.Plan, input *Index, notes *notes, list []survey.Webhook, caller *manifest.Item, name, port string) []survey.Webhook {
	if port == "" {
		port = "443" // Kubernetes: ServiceReference
	}
	service := input.byID[manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}]
	if service == nil {
		notes.note(caller.String(), fmt.Sprintf("calls the Service %s/%s, which is not in the input", profile.KubeflowNamespace, name), "no policy lets the API server reach it")
		return list
	}
	labels := manifest.Field(service.Node, "spec", "selector")
	if labels == nil || len(labels.Content) == 0 {
		return list // no pods of this namespace
	}
	if kserve := plan.Cluster.KServe; kserve.Enabled && kserve.Namespace == profile.KubeflowNamespace && manifest.Value(labels, "control-plane") == "kserve-controller-manager" {
		return list // has a policy of its own
	}
	target := input.targetPort(service, labels, port)
	if target == "" {
		notes.warn(service, "has a port "+port+" that the API server calls, but no pod of the input says which port of its own that is",
			"no policy lets the API server reach it, so it refuses what it should ask about", "name the targetPort by its number")
		return list
	}
	at := slices.IndexFunc(list, func(w survey.Webhook) bool { return w.Service == name })
	if at < 0 {
		return append(list, survey.Webhook{Service: name, Labels: manifest.StringMap(labels), Ports: []string{target}})
	}
	if !slices.Contains(list[at].Ports, target) {
		list[at].Ports = append(list[at].Ports, target)
	}
	return list
}

// targetPort is the pods' port behind a port of a Service, or "".
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
			return in.containerPort(labelsOf(labels), target.Value)
		}
	}
	return ""
}

func (in *Index) containerPort(wanted labels, name string) string {
	key := fmt.Sprintf("%q %q", wanted, name) // thousands of Services may share their pods
	found, known := in.ports[key]
	if known {
		return found
	}
	for _, w := range in.workloadsOf(profile.KubeflowNamespace) {
		if !w.labels.cover(wanted) {
			continue
		}
		if found = namedPort(w.Item, name); found != "" {
			break
		}
	}
	in.ports[key] = found
	return found
}

// namedPort is the number of a workload's port, or "".
func namedPort(item *manifest.Item, name string) string {
	for _, container := range manifest.Content(manifest.Field(podSpec(item), "containers")) {
		for _, p := range manifest.Content(manifest.Field(manifest.Dealias(container), "ports")) {
			if manifest.Value(manifest.Dealias(p), "name") == name {
				return manifest.Value(manifest.Dealias(p), "containerPort")
			}
		}
	}
	return ""
}
