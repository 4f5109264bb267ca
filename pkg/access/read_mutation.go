package access

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// mutator is what changes objects while they are admitted, after the manifests.
type mutator struct {
	origin
	in                  []string // names of namespaces, with *; none: all
	notIn               []string
	namespaces, objects podSelector
	kinds               []string   // of pods and what makes them, "*" for all
	spaces              bool       // it changes Namespaces or Services
	stirs               string     // why how a pod takes part is not known
	resources           []resource // of all that it is asked about
	when                conditions
	keys                []string // of labels that it may give; "" is any but Istio's
}

// mutators are the kinds that say what changes objects.
var mutators = map[groupKind]func(w *World, m meta, n *yaml.Node){
	{"admissionregistration.k8s.io", "MutatingAdmissionPolicy"}: (*World).readMutatingPolicy,
	{"policies.kyverno.io", "MutatingPolicy"}:                   (*World).readMutatingPolicy,
	{"policies.kyverno.io", "NamespacedMutatingPolicy"}:         (*World).readMutatingPolicy,
	{"kyverno.io", "ClusterPolicy"}:                             (*World).readKyverno,
	{"kyverno.io", "Policy"}:                                    (*World).readKyverno,
	{"mutations.gatekeeper.sh", "Assign"}:                       (*World).readGatekeeper,
	{"mutations.gatekeeper.sh", "AssignMetadata"}:               (*World).readGatekeeper,
	{"mutations.gatekeeper.sh", "ModifySet"}:                    (*World).readGatekeeper,
	{"apps.kruise.io", "SidecarSet"}:                            (*World).readSidecarSet,
}

// quietHooks are names of webhooks for pods, or their ends, that give pods no label or annotation by which they take part in the mesh. Those of
// Istio, PodDefaults and Katib are read elsewhere.
var quietHooks = []string{
	".sidecar-injector.istio.io", ".kubeflow.org", "cache-server.kubeflow.svc", ".kserve-webhook-server.pod-mutator", ".sparkoperator.k8s.io", ".knative.dev",
	".cert-manager.io", "vault.hashicorp.com", ".amazonaws.com", ".volcano.sh", ".azure-workload-identity.io", ".tekton.dev",
}

// quietKubebuilder are of the configurations whose webhooks have the name that kubebuilder makes up, mpod.kb.io, those that are quiet.
var quietKubebuilder = []string{"jobset-", "kueue-", "lws-", "opentelemetry-operator-"}

func isQuiet(configuration, hook string) bool {
	return slices.ContainsFunc(quietHooks, func(end string) bool { return strings.HasSuffix("."+hook, end) || hook == end }) ||
		strings.HasSuffix(hook, ".kb.io") && slices.ContainsFunc(quietKubebuilder, func(start string) bool { return strings.HasPrefix(configuration, start) })
}

// readHook reads one webhook that is asked about pods, what makes them, or Namespaces: what it answers nobody knows.
func (w *World) readHook(o origin, hook *yaml.Node) {
	name := textOf(field(hook, "name"))
	if isQuiet(o.name, name) {
		return
	}
	u := mutator{origin: o, namespaces: selectorOf(field(hook, "namespaceSelector")), objects: selectorOf(field(hook, "objectSelector"))}
	u.readRules(field(hook, "rules"))
	u.stirs = "what webhook " + name + " does to pods is not judged"
	w.addMutator(u)
	w.addChanger(u, "")
}

// readRules reads the rules of admission: groups, resources and operations.
func (u *mutator) readRules(rules *yaml.Node) {
	for _, r := range list(rules) {
		all := func(key string) []string { out, _ := texts(field(r, key)); return out }
		operations := all("operations")
		if len(operations) > 0 && !slices.Contains(operations, "*") && !slices.Contains(operations, "CREATE") && !slices.Contains(operations, "UPDATE") {
			continue
		}
		for _, resource := range all("resources") {
			for _, group := range all("apiGroups") {
				u.addKind(group, resource)
				u.addResource(group, resource)
			}
		}
	}
}

// addKind adds a resource, or a kind, of a group; group "*" is any.
func (u *mutator) addKind(group, resource string) {
	kind := strings.TrimSuffix(strings.ToLower(resource), "s")
	switch {
	case resource == "*" || resource == "*/*":
		u.kinds, u.spaces = append(u.kinds, "*"), true
	case group != "" && group != "*" && group != "apps" && group != "batch":
	case kind == "pod", kind == "deployment", kind == "statefulset", kind == "daemonset", kind == "replicaset", kind == "job", kind == "cronjob":
		u.kinds = append(u.kinds, kind)
	case kind == "namespace", kind == "service":
		u.spaces = true
	}
}

// addResource adds what addKind is about, whatever it is: a resource, or a kind, which begins with a capital.
func (u *mutator) addResource(group, name string) {
	plural := strings.ToLower(name)
	if plural != name && !strings.Contains(name, "*") {
		plural = pluralOf(name)
	}
	u.resources = append(u.resources, resource{group, plural})
}

// readMutatingPolicy reads a policy in CEL (k8s.io/api v0.36.1: admissionregistration/v1). One for what the profile-controller makes is about what it
// makes first, not about what is applied later.
func (w *World) readMutatingPolicy(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	constraints := field(spec, "matchConstraints")
	u := mutator{origin: m.origin, namespaces: selectorOf(field(constraints, "namespaceSelector")), objects: selectorOf(field(constraints, "objectSelector"))}
	if m.kind == "NamespacedMutatingPolicy" && m.namespace != "" {
		u.in = []string{m.namespace}
	}
	u.readRules(field(constraints, "resourceRules"))
	u.when = conditionsOf(spec)
	change := allText(field(spec, "mutations")) + allText(field(spec, "variables"))
	u.read(change, strings.Contains(change, "params"), strings.Contains(change, "labels"))
	w.addMutator(u)
	w.addChanger(u, change)
}

// readKyverno reads the rules of a policy that mutate. Kyverno applies a rule for Pods to what makes them too.
func (w *World) readKyverno(m meta, n *yaml.Node) {
	for _, rule := range list(valueAt(n, "spec", "rules")) {
		mutate := field(rule, "mutate")
		if mutate == nil {
			continue
		}
		match := field(rule, "match")
		blocks := []*yaml.Node{field(match, "resources")}
		for _, key := range [2]string{"any", "all"} {
			for _, e := range list(field(match, key)) {
				blocks = append(blocks, field(e, "resources"))
			}
		}
		change := allText(mutate)
		for _, b := range append(blocks, list(field(mutate, "targets"))...) {
			u := mutator{origin: m.origin, namespaces: selectorOf(field(b, "namespaceSelector"))}
			kinds, _ := texts(field(b, "kinds"))
			if one := textOf(field(b, "kind")); one != "" {
				kinds = append(kinds, one)
			}
			u.in, _ = texts(field(b, "namespaces"))
			if m.kind == "Policy" && m.namespace != "" {
				u.in = []string{m.namespace}
			}
			for _, k := range kinds {
				u.addKind("*", k[strings.LastIndexByte(k, '/')+1:])
				u.addResource("*", k[strings.LastIndexByte(k, '/')+1:])
			}
			u.read(change, hasVariableKey(mutate), patchesLabels(mutate))
			u.keys = labelKeys(u.keys, mutate)
			w.addMutator(u)
			w.addChanger(u, change)
		}
	}
}

// readSidecarSet reads what OpenKruise adds to pods: containers, volumes and annotations (openkruise/kruise v1.8: apis/apps/v1beta1 SidecarSetSpec).
func (w *World) readSidecarSet(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	u := mutator{origin: m.origin, namespaces: selectorOf(field(spec, "namespaceSelector")), objects: selectorOf(field(spec, "selector"))}
	if namespace := textOf(field(spec, "namespace")); namespace != "" {
		u.in = []string{namespace}
	}
	u.addKind("", "Pod")
	u.addResource("", "Pod")
	change := ""
	for _, key := range [...]string{"initContainers", "containers", "patchPodMetadata"} {
		change += allText(field(spec, key))
	}
	u.read(change, false, false)
	w.addMutator(u)
}

// readGatekeeper reads one assignment of Gatekeeper.
func (w *World) readGatekeeper(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	match := field(spec, "match")
	u := mutator{origin: m.origin, namespaces: selectorOf(field(match, "namespaceSelector")), objects: selectorOf(field(match, "labelSelector"))}
	u.in, _ = texts(field(match, "namespaces"))
	u.notIn, _ = texts(field(match, "excludedNamespaces"))
	for _, at := range [2]*yaml.Node{field(spec, "applyTo"), field(match, "kinds")} {
		for _, e := range list(at) {
			kinds, _ := texts(field(e, "kinds"))
			for _, k := range kinds {
				u.addKind("*", k)
				u.addResource("*", k)
			}
		}
	}
	if len(u.resources) == 0 {
		u.addKind("*", "*") // AssignMetadata has no applyTo
		u.addResource("*", "*")
	}
	location := textOf(field(spec, "location"))
	u.read(location+allText(field(spec, "parameters")), false, strings.HasPrefix(location, "metadata.labels") || strings.Contains(location, "template.metadata.labels"))
	w.addMutator(u)
	w.addChanger(u, location+allText(field(spec, "parameters")))
}

// read takes from the text of a change what it may be.
func (u *mutator) read(change string, opaque, labels bool) {
	switch {
	case opaque:
		u.stirs = "which fields it changes is not judged"
	case stirsMesh(change):
		u.stirs = "what it changes decides how pods take part in the mesh"
	case labels:
		u.keys = []string{""}
	}
}

// stirsMesh reports whether a text speaks of what decides how a pod takes part, or as whom.
func stirsMesh(change string) bool {
	for _, word := range [...]string{"istio.io", "istio-injection", "hostNetwork", "serviceAccount", "istio-proxy"} {
		if strings.Contains(change, word) {
			return true
		}
	}
	return false
}

func (w *World) addMutator(u mutator) {
	if len(u.kinds) > 0 && (u.stirs != "" || len(u.keys) > 0) || u.spaces && u.stirs != "" {
		w.capture.mutators = append(w.capture.mutators, u)
	}
}

// allText are all keys and values below a node.
func allText(n *yaml.Node) string {
	var b strings.Builder
	for below := range nodesBelow(n) {
		if below.Kind == yaml.ScalarNode {
			b.WriteString(below.Value + "\n")
		}
	}
	return b.String()
}

// hasVariableKey reports whether Kyverno's variables may say which field is changed.
func hasVariableKey(mutate *yaml.Node) bool {
	for n := range nodesBelow(mutate) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if key := n.Content[i].Value; strings.Contains(key, "{{") || key == "patchesJson6902" && variablePath.MatchString(textOf(n.Content[i+1])) {
				return true
			}
		}
	}
	return false
}

var (
	variablePath = regexp.MustCompile(`path["']?:[^\n]*\{\{`)
	labelPath    = regexp.MustCompile(`/metadata/labels/([^\s"',}]+)`)
)

func patchesLabels(mutate *yaml.Node) bool { return strings.Contains(allText(mutate), "labels") }

// labelKeys are the labels that a Kyverno rule names, where it names all that it gives.
func labelKeys(keys []string, mutate *yaml.Node) []string {
	if len(keys) == 0 {
		return nil
	}
	var out []string
	for _, m := range labelPath.FindAllStringSubmatch(allText(mutate), -1) {
		out = append(out, strings.NewReplacer("~1", "/", "~0", "~").Replace(m[1]))
	}
	for _, at := range [][]string{{"metadata"}, {"spec", "template", "metadata"}} {
		for key := range pairs(field(valueAt(field(mutate, "patchStrategicMerge"), at...), "labels")) {
			out = append(out, strings.TrimSuffix(strings.TrimPrefix(key, "+("), ")"))
		}
	}
	if len(out) == 0 {
		return keys
	}
	return out
}
