package access

import (
	"cmp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// capture is how the cluster's injector and istio-cni choose pods. The zero value is what Istio's charts install.
type capture struct {
	webhooks       []injector // of the manifests; none: those of a default installation
	policyOff      bool       // pods are injected only where they ask for it
	never, always  []podSelector
	enablement     []injector // istio-cni's enablementSelectors
	selects        bool       // they are stated: none of them picks no pod
	excluded       []string   // namespaces that istio-cni leaves alone
	excludedStated bool
	inboundPorts   bool // the injector leaves ports of pods with a sidecar alone
	mutators       []mutator
	ambient        bool       // an istiod or a chart asks for ambient mode
	off            []*cloud   // why istio-cni captures no pods
	charts         []cniChart // of istio-cni
	noIPv6         *cloud     // istio-cni leaves IPv6 alone
	assumed        []string   // of istio-cni
	comes          []*cloud   // of off: taken to change
}

// injector selects pods by their labels and those of their Namespace.
type injector struct{ namespaces, pods podSelector }

// picks reports whether it selects a pod of a namespace.
func (i *injector) picks(namespace labels, declared bool, pod *workload) verdict3 {
	return min(i.namespaces.picks(namespace, declared), i.pods.picksPod(pod))
}

// readWebhooks takes the selectors of Istio's injection webhooks (Istio 1.31: istio-discovery/templates/mutatingwebhook.yaml and the revision
// tags of default/templates/mutatingwebhook.yaml name them PREFIX.sidecar-injector.istio.io).
func (w *World) readWebhooks(m meta, n *yaml.Node) *fault {
	own := valueAt(n, "metadata", "labels")
	if tag := textOf(field(own, "istio.io/tag")); tag != "" {
		revision := textOf(field(own, revisionKey))
		w.tags[revision] = append(w.tags[revision], tag)
	}
	for _, hook := range list(field(n, "webhooks")) {
		if !strings.HasSuffix(textOf(field(hook, "name")), "sidecar-injector.istio.io") {
			w.readHook(m.origin, deref(hook))
			continue
		}
		i := injector{selectorOf(field(hook, "namespaceSelector")), selectorOf(field(hook, "objectSelector"))}
		i.pods.broken = i.pods.broken || len(list(field(hook, "matchConditions"))) > 0
		w.capture.webhooks = append(w.capture.webhooks, i)
	}
	return nil
}

// readInjection takes the injector's own configuration (pkg/kube/inject Config).
func (w *World) readInjection(n *yaml.Node) {
	proxy := valueAt(embedded(field(field(n, "data"), "values")), "global", "proxy")
	w.capture.inboundPorts = cmp.Or(textOf(field(proxy, "includeInboundPorts")), "*") != "*" || textOf(field(proxy, "excludeInboundPorts")) != ""
	c := embedded(field(field(n, "data"), "config"))
	w.capture.policyOff = textOf(field(c, "policy")) == "disabled"
	for _, s := range list(field(c, "neverInjectSelector")) {
		w.capture.never = append(w.capture.never, selectorOf(deref(s)))
	}
	for _, s := range list(field(c, "alwaysInjectSelector")) {
		w.capture.always = append(w.capture.always, selectorOf(deref(s)))
	}
}

// embedded is the YAML in a string, nil where there is none.
func embedded(n *yaml.Node) *yaml.Node {
	var doc yaml.Node
	if n == nil || yaml.Unmarshal([]byte(textOf(n)), &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}
