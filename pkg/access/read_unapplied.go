package access

import (
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const whyUnapplied = "a deployment tool may not apply the object as it is, or may delete it again"

// unappliedBy are the names by which a deployment tool leaves an object alone, applies it once or deletes it again, with the values that do so.
// Argo CD and Helm act on any value (argoproj/argo-cd gitops-engine pkg/sync/hook; helm.sh/helm pkg/release HookAnnotation), Flux on these
// (fluxcd/kustomize-controller: kustomizev1 DisabledValue, ssa), as a label as well as an annotation (fluxcd/pkg ssa/utils AnyInMetadata). kapp applies what
// exists or has noop never, and a versioned object by another name (carvel-dev/kapp pkg/kapp/resources, diff); Config Sync leaves what is not managed,
// or selected for other clusters, alone, and applies what is for a namespace selector elsewhere (GoogleContainerTools/kpt-config-sync pkg/metadata);
// Kubernetes' addon manager makes what it is to ensure once.
var unappliedBy = []unapplied{
	{key: "argocd.argoproj.io/hook"},
	{key: "helm.sh/hook"},
	{"kustomize.toolkit.fluxcd.io/reconcile", []string{"disabled"}, true},
	{"kustomize.toolkit.fluxcd.io/ssa", []string{"Ignore", "IfNotPresent"}, true},
	{key: "kapp.k14s.io/exists"},
	{key: "kapp.k14s.io/noop"},
	{key: "kapp.k14s.io/versioned"},
	{key: "kapp.k14s.io/update-strategy", values: []string{"skip"}},
	{key: "configmanagement.gke.io/managed", values: []string{"disabled"}},
	{key: "configmanagement.gke.io/cluster-selector"},
	{key: "configmanagement.gke.io/namespace-selector"},
	{key: "configsync.gke.io/cluster-name-selector"},
	{key: "client.lifecycle.config.k8s.io/mutation", values: []string{"ignore"}},
	{key: "cleanup.kyverno.io/ttl", labels: true}, // kyverno/kyverno: cleanup-controller, ttl
	{key: "janitor/ttl"},                          // hjacobs/kube-janitor
	{key: "janitor/expires"},
	{key: "k8s-ttl-controller.twin.sh/ttl"},
	{"addonmanager.kubernetes.io/mode", []string{"EnsureExists"}, true},
}

// unappliedField names the label or annotation for which an object may not be there. Pods are left out: without them there is nothing to reach.
func unappliedField(n *yaml.Node) string {
	metadata := field(n, "metadata")
	if !mayMatter(n) {
		return ""
	}
	if field(metadata, "deletionTimestamp") != nil {
		return "metadata.deletionTimestamp"
	}
	if v := variableBelow(field(n, "spec")); v != "" {
		return "spec, the variable in " + strconv.Quote(v)
	}
	annotations, names := field(metadata, "annotations"), field(metadata, "labels")
	if annotations == nil && names == nil {
		return ""
	}
	for _, by := range unappliedBy {
		if by.takes(field(annotations, by.key)) {
			return "metadata.annotations[" + by.key + "]"
		}
		if by.labels && by.takes(field(names, by.key)) {
			return "metadata.labels[" + by.key + "]"
		}
	}
	return ""
}

// variableBelow is the first text below a node that has a variable. What an alias stands for is below its anchor, too.
func variableBelow(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind == yaml.ScalarNode && isVariable(n.Value) {
		return n.Value
	}
	for _, e := range n.Content {
		if v := variableBelow(e); v != "" {
			return v
		}
	}
	return ""
}

type unapplied struct {
	key    string
	values []string // none: any
	labels bool     // it counts as a label too
}

func (u *unapplied) takes(value *yaml.Node) bool {
	return value != nil && (len(u.values) == 0 || slices.ContainsFunc(u.values, func(v string) bool { return strings.EqualFold(v, textOf(value)) }))
}

// mayMatter reports whether an object is of a kind that decides something by being there.
func mayMatter(n *yaml.Node) bool {
	group, _, found := strings.Cut(textOf(field(n, "apiVersion")), "/")
	kind := textOf(field(n, "kind"))
	return found && ledgerGroup(group) || !found && (kind == "Namespace" || kind == "Service")
}

// notCertain says what p.bad is about.
func (p *policy) notCertain() string {
	if p.mayBeAbsent() {
		return " may not be in the cluster: "
	}
	return " is malformed: "
}

// mayBeAbsent reports whether p.bad is a reason for which the API server may not have the policy.
func (p *policy) mayBeAbsent() bool { return p.unapplied != "" || p.rejected != nil }
