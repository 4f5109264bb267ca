package access

import (
	"cmp"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// installers are the kinds from which an operator or a chart makes istiod, istio-cni and ztunnel, with the settings of Istio's charts.
var installers = map[groupKind]func(w *World, m meta, n *yaml.Node){
	{"sailoperator.io", "Istio"}: func(w *World, m meta, n *yaml.Node) {
		w.readValues(m, "istiod", "spec.values", valueAt(n, "spec", "values"))
	},
	{"sailoperator.io", "IstioRevision"}: func(w *World, m meta, n *yaml.Node) {
		w.readValues(m, "istiod", "spec.values", valueAt(n, "spec", "values"))
	},
	{"sailoperator.io", "IstioCNI"}: func(w *World, m meta, n *yaml.Node) {
		w.readValues(m, "cni", "spec.values", valueAt(n, "spec", "values"))
		w.noteCNI(m, textOf(valueAt(n, "spec", "profile")) == "ambient", nil)
	},

	{"sailoperator.io", "ZTunnel"}: func(w *World, m meta, n *yaml.Node) {
		w.readValues(m, "ztunnel", "spec.values", valueAt(n, "spec", "values"))
	},

	{"install.istio.io", "IstioOperator"}:     (*World).readIstioOperator,
	{"helm.toolkit.fluxcd.io", "HelmRelease"}: (*World).readHelmRelease,
	{"argoproj.io", "Application"}:            (*World).readApplication,
	{"argoproj.io", "ApplicationSet"}:         (*World).readApplicationSet,
	{"helm.cattle.io", "HelmChart"}:           (*World).readHelmChart,
	{"helm.cattle.io", "HelmChartConfig"}:     (*World).readHelmChart,
}

// readIstioOperator reads what istioctl installs: it has meshConfig in addition to the values.
func (w *World) readIstioOperator(m meta, n *yaml.Node) {
	w.readValues(m, "istiod", "spec.values", field(field(n, "spec"), "values"))
	w.readValues(m, "cni", "spec.values", field(field(n, "spec"), "values"))
	ambient := textOf(valueAt(n, "spec", "profile")) == "ambient"
	w.noteCNI(m, ambient, nil)
	w.capture.ambient = w.capture.ambient || ambient
	if ztunnel := valueAt(n, "spec", "values", "ztunnel"); ztunnel != nil || textOf(valueAt(n, "spec", "profile")) == "ambient" {
		w.readValues(m, "ztunnel", "spec.values.ztunnel", ztunnel)
	}
	w.offerMesh(m, "spec.meshConfig", valueAt(n, "spec", "meshConfig"))
}

func (w *World) readHelmRelease(m meta, n *yaml.Node) {
	spec := field(n, "spec")
	chart := cmp.Or(textOf(valueAt(spec, "chart", "spec", "chart")), textOf(valueAt(spec, "chartRef", "name")))
	w.readChart(m, chart, "spec.values", field(spec, "values"))
	for i, from := range list(field(spec, "valuesFrom")) {
		w.valuesFrom = append(w.valuesFrom, valuesFrom{m, chart, "spec.valuesFrom[" + strconv.Itoa(i) + "]", deref(from)})
	}
}

// valuesFrom is where the values of a chart are that a HelmRelease does not have itself.
type valuesFrom struct {
	meta  meta
	chart string
	at    string
	ref   *yaml.Node
}

// followValues reads values from ConfigMaps (fluxcd/helm-controller: the key is values.yaml unless another is named). Those of a targetPath, and those that
// are written together with others, are not followed.
func (w *World) followValues() {
	for _, v := range w.valuesFrom {
		o := w.look(v.meta.namespace).overlays[textOf(field(v.ref, "name"))]
		if textOf(field(v.ref, "kind")) != "ConfigMap" || o == nil {
			w.elsewhere(v.meta, v.chart, v.at)
			continue
		}
		values := field(o.data, cmp.Or(textOf(field(v.ref, "valuesKey")), "values.yaml"))
		read := embedded(values)
		if field(v.ref, "targetPath") != nil || values != nil && (read == nil || read.Kind != yaml.MappingNode) {
			if isIstioChart(v.chart) {
				w.addCloud(installed(v.meta, v.at, v.ref, "the settings of its chart are not followed there"))
			}
			continue
		}
		w.readChart(v.meta, v.chart, v.at, read)
	}
}

func (w *World) readApplication(m meta, n *yaml.Node) { w.readSources(m, field(n, "spec"), "spec") }

func (w *World) readApplicationSet(m meta, n *yaml.Node) {
	w.readSources(m, valueAt(n, "spec", "template", "spec"), "spec.template.spec")
}

// readSources reads the charts of an Application of Argo CD.
func (w *World) readSources(m meta, spec *yaml.Node, at string) {
	sources := append([]*yaml.Node{field(spec, "source")}, list(field(spec, "sources"))...)
	for _, s := range sources {
		helm := field(s, "helm")
		chart := cmp.Or(textOf(field(s, "chart")), textOf(field(s, "path")))
		w.readChart(m, chart, at+".source.helm.valuesObject", field(helm, "valuesObject"))
		w.readChart(m, chart, at+".source.helm.values", embedded(field(helm, "values")))
		if len(list(field(helm, "valueFiles")))+len(list(field(helm, "fileParameters"))) > 0 {
			w.elsewhere(m, chart, "the values files")
		}
		for _, p := range list(field(helm, "parameters")) {
			name, value := textOf(field(p, "name")), field(p, "value")
			values := value
			for steps := strings.Split(name, "."); len(steps) > 0; steps = steps[:len(steps)-1] {
				key := &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: steps[len(steps)-1], Line: p.Line, Column: p.Column}
				values = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, values}, Line: p.Line, Column: p.Column}
			}
			if value != nil {
				w.readChart(m, chart, at+".source.helm.parameters", values)
			}
		}
	}
}

// readHelmChart reads a chart of K3s or RKE2, whose values are text.
func (w *World) readHelmChart(m meta, n *yaml.Node) {
	chart := cmp.Or(textOf(valueAt(n, "spec", "chart")), m.name)
	w.readChart(m, chart, "spec.valuesContent", embedded(valueAt(n, "spec", "valuesContent")))
	for key, value := range pairs(valueAt(n, "spec", "set")) {
		if contains([]string{"profile", "global.profile", "ambient.enabled", "cni.ambient.enabled"}, key) && value != nil && (value.Value == "ambient" || value.Value == "true") {
			for i := range w.capture.charts {
				c := &w.capture.charts[i]
				c.on = c.on || c.origin == m.origin
			}
		}
		if isIstioChart(chart) && (strings.HasPrefix(key, "meshConfig") || strings.HasPrefix(key, "pilot") || strings.HasPrefix(key, "global")) {
			w.addCloud(installed(m, "spec.set, "+key, value, "the settings of its chart are not followed there"))
		}
	}
}

// readChart reads the values of one of Istio's charts, by the last step of its name.
func (w *World) readChart(m meta, chart, at string, values *yaml.Node) {
	switch chart[strings.LastIndexByte(strings.TrimSuffix(chart, "/"), '/')+1:] {
	case "istiod", "istio-discovery":
		w.readValues(m, "istiod", at, values)
	case "cni", "istio-cni":
		w.readValues(m, "cni", at, values)
	case "ztunnel":
		w.readValues(m, "ztunnel", at, values)
	case "ambient": // it has the others below it
		w.readValues(m, "ztunnel", at+".ztunnel", field(values, "ztunnel"))
		w.readValues(m, "istiod", at+".istiod", field(values, "istiod"))
		w.readValues(m, "cni", at+".cni", field(values, "cni"))
		w.capture.ambient = true
		w.noteCNI(m, true, nil) // sample-charts/ambient: values.yaml
	}
}

func isIstioChart(chart string) bool {
	return contains([]string{"istiod", "istio-discovery", "ambient"}, chart[strings.LastIndexByte(chart, '/')+1:])
}

// elsewhere: settings that the manifests do not have are taken to be as installed by default, as those of an istiod that is not there.
func (w *World) elsewhere(m meta, chart, at string) {
	for i := range w.capture.charts {
		if c := &w.capture.charts[i]; c.origin == m.origin {
			c.elsewhere = at
		}
	}
	if isIstioChart(chart) && w.mesh.assumed == "" {
		w.mesh.assumed = "meshConfig as it is by default: " + at + " of " + m.object().String() + " is not in the manifests"
	}
}

// A setting of Istio's charts that changes verdicts (Istio 1.31: manifests/charts/istio-control/istio-discovery and istio-cni, values.yaml), with
// the values that change nothing.
type chartSetting struct {
	path, why string
	usual     []string
}

var chartSettings = map[string][]chartSetting{
	"istiod": {
		{"sidecarInjectorWebhook.neverInjectSelector", "it changes which pods have a sidecar", []string{"[]"}},
		{"sidecarInjectorWebhook.alwaysInjectSelector", "it changes which pods have a sidecar", []string{"[]"}},
		{"sidecarInjectorWebhook.enableNamespacesByDefault", "it changes which pods have a sidecar", []string{"false"}},
		{"global.proxy.autoInject", "it changes which pods have a sidecar", []string{"enabled"}},
		{"global.proxy.includeInboundPorts", "sidecars leave ports of their pods alone", []string{"*"}},
		{"global.proxy.excludeInboundPorts", "sidecars leave ports of their pods alone", []string{""}},
		{"global.proxy.clusterDomain", "the names of Services end otherwise", []string{"cluster.local"}},
		{"global.meshNetworks", "pods of other networks are reached through gateways between networks", []string{"{}"}},
		{"global.multiCluster.enabled", "pods of other clusters are reached", []string{"false"}},
		{"meshNetworks", "pods of other networks are reached through gateways between networks", []string{"{}"}},
		{"pilot.envVarFrom", "which variables of istiod come from there is not judged", []string{"[]"}},
		{"envVarFrom", "which variables of istiod come from there is not judged", []string{"[]"}},
	},
	"ztunnel": {
		{"image", "it is not Istio's ztunnel", []string{"ztunnel"}},
		{"ztunnel.image", "it is not Istio's ztunnel", []string{"ztunnel"}},
		{"network", "pods of other networks are reached through gateways between networks", []string{""}},
		{"ztunnel.network", "pods of other networks are reached through gateways between networks", []string{""}},
	},
	"cni": {
		{"excludeNamespaces", "it changes which pods are in the mesh", []string{"[]", "kube-system"}},
		{"cni.excludeNamespaces", "it changes which pods are in the mesh", []string{"[]", "kube-system"}},
		{"ambient.enabled", "it changes which pods are in the mesh", []string{"true"}},
		{"cni.ambient.enabled", "it changes which pods are in the mesh", []string{"true"}},
		{"ambient.enablementSelectors", "it changes which pods are in the mesh", []string{"[]"}},
		{"cni.ambient.enablementSelectors", "it changes which pods are in the mesh", []string{"[]"}},
	},
}

// readValues takes of the values of a chart what changes verdicts.
func (w *World) readValues(m meta, component, at string, values *yaml.Node) {
	switch component {
	case "cni":
		w.noteCNI(m, false, values)
		for _, v6 := range [2]*yaml.Node{valueAt(values, "ambient", "ipv6"), valueAt(values, "cni", "ambient", "ipv6")} {
			if v6 != nil && valueText(v6) != "true" {
				w.capture.noIPv6 = installed(m, at+".ambient.ipv6", v6, whyNoIPv6)
			}
		}
	case "istiod":
		w.installed = true
		w.capture.ambient = w.capture.ambient || asksAmbient(values)
		w.offerMesh(m, at+".meshConfig", field(values, "meshConfig"))
		for _, env := range [2]*yaml.Node{field(values, "env"), valueAt(values, "pilot", "env")} {
			for name, value := range pairs(env) {
				if on, _ := strconv.ParseBool(valueText(value)); on && name == "PILOT_ENABLE_AMBIENT" {
					w.capture.ambient = true
				}
				if l := ledger().flags[name]; l != nil && l.state == isNotJudged && value != nil && value.Value != "" && !l.takes(value.Value) {
					c := installed(m, at+", the variable "+name, value, l.why)
					c.scope = l.scope
					w.addCloud(c)
				}
			}
		}
		if ns := nonNull(valueAt(values, "global", "istioNamespace")); ns != nil && valueText(ns) != "istio-system" && valueAt(values, "meshConfig", "rootNamespace") == nil {
			w.addCloud(installed(m, at+".global.istioNamespace", ns, "it is the root namespace where meshConfig names none"))
		}
	}
	w.ztunnelInstalled = w.ztunnelInstalled || component == "ztunnel"
	if component != "istiod" {
		w.readAgentValues(m, component, at, values)
	}
	for _, s := range chartSettings[component] {
		v := nonNull(valueAt(values, strings.Split(s.path, ".")...))
		if v == nil || contains(s.usual, valueText(v)) {
			continue
		}
		w.addCloud(installed(m, at+"."+s.path, v, s.why))
	}
}

func installed(m meta, field string, at *yaml.Node, why string) *cloud {
	return &cloud{origin: m.origin, field: field, at: placeOf(at), scope: ofAll, why: why}
}

// offerMesh keeps the meshConfig of an installer, which counts where no ConfigMap has one.
func (w *World) offerMesh(m meta, at string, config *yaml.Node) {
	if config = nonNull(config); config != nil {
		w.offered = append(w.offered, &meshMap{origin: m.origin, data: config, field: at})
	}
}

// chooseOffered reads the meshConfig of the one installer that has one. Several of which none is known to count leave nothing certain.
func (w *World) chooseOffered() {
	for i, from := range w.offered {
		if i > 0 && !sameValue(w.offered[0].data, from.data, 0) {
			w.addCloud(from.unread(w.offered[0].String() + " says something else, and the manifests do not say which istiod serves the gateways and ztunnel"))
			return
		}
	}
	if len(w.offered) > 0 {
		w.readMeshConfig(w.offered[0], w.offered[0].data)
	}
}
