package access

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// generators are the kinds of which a controller makes other objects than pods, which the manifests do not hold.
var generators = map[groupKind]func(w *World, n *yaml.Node){
	{"kyverno.io", "ClusterPolicy"}: (*World).readGenerateRules,
	{"kyverno.io", "Policy"}:        (*World).readGenerateRules,

	{"policies.kyverno.io", "GeneratingPolicy"}:           (*World).readGeneratingPolicy,
	{"policies.kyverno.io", "NamespacedGeneratingPolicy"}: (*World).readGeneratingPolicy,

	{"kyverno.io", "ClusterCleanupPolicy"}: (*World).readCleanup,
	{"kyverno.io", "CleanupPolicy"}:        (*World).readCleanup,

	{"policies.kyverno.io", "DeletingPolicy"}:           (*World).readDeleting,
	{"policies.kyverno.io", "NamespacedDeletingPolicy"}: (*World).readDeleting,

	{"kubernetes.crossplane.io", "Object"}:   (*World).readCrossplane,
	{"kubernetes.m.crossplane.io", "Object"}: (*World).readCrossplane,
}

// decidesAccess reports whether an object of a kind may change who reaches what by its mere presence. A variable may be any kind.
func decidesAccess(group, kind string) bool {
	switch kind {
	case "Namespace", "Service", "Endpoints", "EndpointSlice", "Ingress", "PodDefault", "MutatingWebhookConfiguration", "MutatingAdmissionPolicy":
		return true
	}
	return ledgerGroup(group) || strings.Contains(group+kind, "{{") || strings.Contains(group+kind, "*")
}

// decidingResources are the resources of kinds that decide access, of groups that hold others too.
var decidingResources = []string{"namespaces", "services", "endpoints", "endpointslices", "ingresses", "poddefaults"}

// readGenerateRules reads the rules of a Kyverno policy that generate: by kind, as copies, and for each of a list.
func (w *World) readGenerateRules(n *yaml.Node) {
	for i, rule := range list(valueAt(n, "spec", "rules")) {
		generate := field(rule, "generate")
		for _, g := range append(list(field(generate, "foreach")), generate) {
			kinds, _ := texts(valueAt(g, "cloneList", "kinds"))
			kinds = append(kinds, textOf(field(g, "apiVersion"))+"/"+textOf(field(g, "kind")))
			for _, k := range kinds {
				group, _, _ := strings.Cut(k, "/")
				kind := k[strings.LastIndexByte(k, '/')+1:]
				if decidesAccess(group, kind) && !quietPodDefault(kind, g) || kind == "ConfigMap" && strings.HasPrefix(textOf(field(g, "name")), "istio") {
					w.addGenerator(n, "spec.rules["+portText(i)+"].generate", generate, kind)
					return
				}
			}
		}
	}
}

// quietPodDefault reports whether a rule makes PodDefaults that give pods no labels, annotations or account.
func quietPodDefault(kind string, generate *yaml.Node) bool {
	spec := valueAt(generate, "data", "spec")
	return kind == "PodDefault" && spec != nil && field(spec, "labels") == nil && field(spec, "annotations") == nil && field(spec, "serviceAccountName") == nil
}

// readCleanup reads a policy that deletes on a schedule: Kind, version/Kind or group/version/Kind, each part with wildcards (Kyverno: ParseKindSelector).
func (w *World) readCleanup(n *yaml.Node) {
	match := valueAt(n, "spec", "match")
	for _, filter := range slices.Concat(list(field(match, "any")), list(field(match, "all")), []*yaml.Node{match}) {
		kinds, _ := texts(valueAt(filter, "resources", "kinds"))
		for _, k := range kinds {
			parts := strings.Split(k, "/")
			kind, group := parts[len(parts)-1], ""
			if len(parts) > 2 {
				group = parts[0]
			}
			if decidesAccess(group, kind) || slices.ContainsFunc(ledgerParts(), func(p ledgerPart) bool { return p.kind == kind }) {
				w.addCleaner(n, "spec.match", match, kind)
				return
			}
		}
	}
}

// readDeleting reads a policy in CEL that deletes on a schedule.
func (w *World) readDeleting(n *yaml.Node) {
	constraints := valueAt(n, "spec", "matchConstraints")
	for _, rule := range list(field(constraints, "resourceRules")) {
		groups, _ := texts(field(rule, "apiGroups"))
		resources, _ := texts(field(rule, "resources"))
		all := slices.Contains(groups, "*")
		for _, r := range resources {
			if r == "*" || slices.Contains(decidingResources, r) || all || slices.ContainsFunc(groups, ledgerGroup) {
				w.addCleaner(n, "spec.matchConstraints", constraints, r)
				return
			}
		}
	}
}

// readGeneratingPolicy reads a policy in CEL: what it names may be what it makes.
func (w *World) readGeneratingPolicy(n *yaml.Node) {
	generate := valueAt(n, "spec", "generate")
	words := strings.FieldsFunc(allText(generate)+allText(valueAt(n, "spec", "variables")), func(r rune) bool { return strings.ContainsRune("\"'`\n ,()[]{}", r) })
	for _, word := range words {
		group, _, _ := strings.Cut(word, "/")
		if decidesAccess(group, word) || slices.Contains(decidingResources, word) {
			w.addGenerator(n, "spec.generate", generate, word)
			return
		}
	}
}

// readCrossplane reads the object that Crossplane's provider for Kubernetes makes.
func (w *World) readCrossplane(n *yaml.Node) {
	manifest := valueAt(n, "spec", "forProvider", "manifest")
	group, _, _ := strings.Cut(textOf(field(manifest, "apiVersion")), "/")
	if kind := textOf(field(manifest, "kind")); decidesAccess(group, kind) {
		w.addGenerator(n, "spec.forProvider.manifest", manifest, kind)
	}
}

// addGenerator clouds all that such objects may touch: those of a Kyverno policy of a namespace are made in it.
func (w *World) addGenerator(n *yaml.Node, field string, at *yaml.Node, kind string) {
	w.addOfOthers(cloudOf(n).as(field, at, ofNamespace, "it may make objects of kind "+kind+", which are not in the manifests"), n)
}

// addCleaner clouds all that objects may touch which are deleted again.
func (w *World) addCleaner(n *yaml.Node, field string, at *yaml.Node, kind string) {
	w.addOfOthers(cloudOf(n).as(field, at, ofNamespace, "it may delete objects of kind "+kind+" that are in the manifests"), n)
}

// addOfOthers adds a cloud of a policy: of one with a namespace, over that.
func (w *World) addOfOthers(c *cloud, n *yaml.Node) {
	if textOf(valueAt(n, "metadata", "namespace")) == "" || !slices.Contains([]string{"Policy", "NamespacedGeneratingPolicy", "CleanupPolicy", "NamespacedDeletingPolicy"}, c.kind) {
		c.namespace, c.scope = "", ofAll
	}
	w.addCloud(c)
}
