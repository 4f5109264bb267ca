package access

import (
	paths "path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// cloudByName finds a label or annotation of an object that the ledger does not judge there.
func cloudByName(o origin, kind string, metadata *yaml.Node, path string) *cloud {
	for _, names := range [2]string{"labels", "annotations"} {
		n := field(metadata, names)
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if why := unjudgedName(kind, key, textOf(n.Content[i+1]), false); why != "" {
				return &cloud{origin: o, field: path + "." + names + "[" + key + "]", at: placeOf(n.Content[i]), why: why}
			}
		}
	}
	return nil
}

// settleNames finds the label or annotation of a pod that the ledger does not judge, of whatever part of the object that makes it.
func (w *workload) settleNames() {
	if w.proxyConfig {
		w.sidecarCloud = w.handMade()
		w.inboundCloud = w.sidecarCloud
	}
	for _, sidecar := range [2]bool{false, true} {
		at := map[bool]**cloud{false: &w.cloud, true: &w.sidecarCloud}[sidecar]
		for _, l := range slices.Concat(w.labels, w.annotations) {
			if why := unjudgedName("Pod", l.key, l.value, sidecar); why != "" && *at == nil {
				*at = &cloud{origin: w.madeBy, field: "the name " + l.key + " on its pods", at: w.madeBy.place, why: why}
			}
			if why := unjudgedName("Pod", l.key, l.value, true); why != "" && !ofOutbound(l.key) && w.inboundCloud == nil {
				w.inboundCloud = &cloud{origin: w.madeBy, field: "the name " + l.key + " on its pods", at: w.madeBy.place, why: why}
			}
		}
	}
}

// ofOutbound reports whether an annotation is about what a pod sends only (Istio 1.31: tools/istio-iptables/pkg/capture, the chain ISTIO_OUTPUT).
func ofOutbound(key string) bool {
	return strings.HasPrefix(key, "traffic.sidecar.istio.io/") && strings.Contains(key, "Outbound")
}

// unjudgedName says why a label or annotation is not judged on a kind of object, "" where it is. sidecar: one that matters to a sidecar only.
func unjudgedName(kind, key, value string, sidecar bool) string {
	if !meshName(key) {
		return ""
	}
	lines := ledger().names[key]
	if lines == nil && !sidecar {
		return "ambient-profile does not know it"
	}
	for _, l := range lines {
		if l.state == isNotJudged && l.counts(kind) && !l.takes(value) && sidecar == (l.scope == ofSidecars) {
			return l.why
		}
	}
	return ""
}

// meshName reports whether a label or annotation is one of Istio or the Gateway API.
func meshName(key string) bool {
	i := strings.IndexByte(key, '/')
	if i < 0 {
		return false
	}
	domain := key[:i]
	return domain == "istio.io" || strings.HasSuffix(domain, ".istio.io") || domain == gatewayGroup
}

// counts reports whether a label or annotation counts on a kind of object.
func (l *ledgerLine) counts(kind string) bool {
	for _, on := range l.on {
		if on == kind {
			return true
		}
	}
	return len(l.on) == 0
}

// readFlags looks the environment of istiod up. A value from elsewhere is not known.
func (w *World) readFlags(o origin, container *yaml.Node) {
	if from := field(container, "envFrom"); len(list(from)) > 0 {
		w.addCloud(&cloud{origin: o, field: "envFrom", at: placeOf(from), scope: ofAll, why: "which variables of istiod come from there is not judged"})
	}
	if command := list(field(container, "command")); len(command) > 0 && paths.Base(textOf(deref(command[0]))) != "pilot-discovery" {
		w.addCloud(&cloud{origin: o, field: "command", at: placeOf(deref(command[0])), scope: ofAll, why: "what runs there, and with which settings, is not judged"})
	}
	args := list(field(container, "args"))
	for i, a := range args {
		domain, ok := strings.CutPrefix(textOf(deref(a)), "--domain")
		if domain == "" && ok && i+1 < len(args) {
			domain = textOf(deref(args[i+1]))
		}
		if domain = strings.TrimPrefix(domain, "="); ok && domain != "cluster.local" {
			w.addCloud(&cloud{origin: o, field: "the argument --domain", at: placeOf(deref(a)), scope: ofAll, why: "the names of Services end otherwise"})
		}
	}
	for _, e := range list(field(container, "env")) {
		name, value := textOf(field(e, "name")), field(e, "value")
		if on, _ := strconv.ParseBool(textOf(value)); on && name == "PILOT_ENABLE_AMBIENT" {
			w.capture.ambient = true
		}
		l := ledger().flags[name]
		if l == nil || l.state != isNotJudged || field(e, "valueFrom") == nil && (value == nil || value.Value == "" || l.takes(value.Value)) {
			continue
		}
		w.addCloud(&cloud{origin: o, field: "the variable " + name, at: placeOf(deref(e)), scope: l.scope, why: l.why})
	}
}

// readMeshClouds looks the settings of meshConfig up.
func (w *World) readMeshClouds(from *meshMap, config *yaml.Node) {
	seen := map[scope]bool{}
	walk := ledgerWalk{found: func(l *ledgerLine, field string, _ *yaml.Node) {
		c := &cloud{origin: from.origin, field: from.path() + ", " + field, at: placeOf(from.data), scope: ofAll, why: "ambient-profile does not know the setting"}
		if l != nil {
			c.scope, c.why = l.scope, l.why
		}
		if !seen[c.scope] {
			seen[c.scope] = true
			w.addCloud(c)
		}
	}}
	for i := 0; config.Kind == yaml.MappingNode && i+1 < len(config.Content); i += 2 {
		walk.field(ledger().mesh, config.Content[i].Value, config.Content[i], config.Content[i+1])
	}
}
