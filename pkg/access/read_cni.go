package access

import (
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// readCNI takes what istio-cni selects pods by (Istio 1.31: istio-cni/templates/configmap-cni.yaml; cni/pkg/cmd root.go reads it).
func (w *World) readCNI(m meta, n *yaml.Node) {
	data := field(n, "data")
	if enabled := field(data, "AMBIENT_ENABLED"); enabled != nil {
		if on, err := strconv.ParseBool(textOf(enabled)); err != nil || !on {
			w.capture.off = append(w.capture.off, installed(m, "data.AMBIENT_ENABLED", enabled, "istio-cni captures no pods"))
		}
	}
	if v6 := field(data, "AMBIENT_IPV6"); v6 != nil {
		if on, err := strconv.ParseBool(textOf(v6)); err != nil || !on {
			w.capture.noIPv6 = installed(m, "data.AMBIENT_IPV6", v6, whyNoIPv6)
		}
	}
	if excluded := field(data, "EXCLUDE_NAMESPACES"); excluded != nil {
		w.capture.excludedStated = true
		for ns := range strings.SplitSeq(textOf(excluded), ",") { // cni/pkg/util SplitExcludeNamespaces
			if ns = strings.TrimSpace(ns); ns != "" {
				w.capture.excluded = append(w.capture.excluded, ns)
			}
		}
	}
	if selectors := field(data, "AMBIENT_ENABLEMENT_SELECTOR"); selectors != nil {
		w.readEnablement(m, selectors)
	}
}

const whyNoIPv6 = "traffic to IPv6 addresses of pods does not meet ztunnel"

// readEnablement reads selectors of pods. Without selectors no pod is selected; if the value is not a list, istio-cni does not start (cni/pkg/cmd root.go).
func (w *World) readEnablement(m meta, text *yaml.Node) {
	var doc yaml.Node
	err := yaml.Unmarshal([]byte(textOf(text)), &doc)
	if err == nil && len(doc.Content) > 0 && nonNull(doc.Content[0]) != nil && doc.Content[0].Kind != yaml.SequenceNode || err != nil {
		w.capture.off = append(w.capture.off, installed(m, "data.AMBIENT_ENABLEMENT_SELECTOR", text, "it is not a list of selectors, so istio-cni does not start"))
		return
	}
	w.capture.selects = true
	if len(doc.Content) == 0 {
		return
	}
	for _, s := range list(doc.Content[0]) {
		w.capture.enablement = append(w.capture.enablement, injector{selectorOf(field(s, "namespaceSelector")), selectorOf(field(s, "podSelector"))})
	}
}

// cniChart is a chart of istio-cni: ambient mode is off in it unless its values or a profile say otherwise (Istio 1.31: istio-cni/values.yaml,
// helm-profiles/ambient.yaml).
type cniChart struct {
	meta
	on        bool
	elsewhere string // where else values come from
}

// noteCNI notes whether the values of a chart of istio-cni turn ambient mode on. A chart may be met with each of its values.
func (w *World) noteCNI(m meta, on bool, values *yaml.Node) {
	at := slices.IndexFunc(w.capture.charts, func(c cniChart) bool { return c.origin == m.origin })
	if at < 0 {
		at = len(w.capture.charts)
		w.capture.charts = append(w.capture.charts, cniChart{meta: m})
	}
	c := &w.capture.charts[at]
	c.on = c.on || on || asksAmbient(values)
	for _, path := range [2][]string{{"ambient", "enabled"}, {"cni", "ambient", "enabled"}} {
		c.on = c.on || valueAt(values, path...) != nil // chartSettings reads which
	}
}

// asksAmbient reports whether the values of a chart are on top of the profile for ambient mode (zzz_profile.yaml of each chart).
func asksAmbient(values *yaml.Node) bool {
	return textOf(field(values, "profile")) == "ambient" || textOf(valueAt(values, "global", "profile")) == "ambient"
}

// settleCNI decides what an istio-cni that captures no pods means. If Istio has only sidecars and ztunnel is yet to be installed, capture is assumed to be
// turned on together with ztunnel.
func (w *World) settleCNI() {
	c := &w.capture
	for i := range c.charts {
		switch chart := &c.charts[i]; {
		case chart.on:
		case chart.elsewhere != "":
			c.assumed = append(c.assumed, "istio-cni captures pods, as "+chart.elsewhere+" of "+chart.String()+" may say")
		default:
			c.off = append(c.off, installed(chart.meta, "", nil, "the chart of istio-cni captures no pods without profile: ambient or ambient.enabled: true"))
		}
	}
	sidecarsOnly := (len(w.istiods) > 0 || w.installed) && !c.ambient && len(w.ztunnels) == 0 && !w.ztunnelInstalled
	for _, off := range c.off {
		if !sidecarsOnly {
			w.addCloud(off)
			continue
		}
		c.assumed = append(c.assumed, "istio-cni captures pods, although "+off.says())
		c.comes = append(c.comes, off)
	}
	if c.noIPv6 == nil {
		return
	}
	for _, name := range w.names {
		for _, svc := range w.namespaces[name].services {
			if svc.ipv6 {
				c.noIPv6.why += ", and Service " + svc.id() + " has one"
				w.addCloud(c.noIPv6)
				return
			}
		}
	}
	c.assumed = append(c.assumed, "pods have no IPv6 addresses, which istio-cni leaves alone by "+c.noIPv6.field+" of "+c.noIPv6.String())
}

// says is what turns istio-cni's capture off, in words.
func (c *cloud) says() string {
	if _, key, ok := strings.Cut(c.field, "data."); ok && key == "AMBIENT_ENABLED" {
		return "its ConfigMap says AMBIENT_ENABLED: false"
	}
	return c.String() + " says otherwise: " + c.why
}

// ambientOff reports that the istio-cni of the manifests captures no pods, where that is taken to change.
func (a *selfCheck) ambientOff() {
	for _, off := range a.w.capture.comes {
		remedy := "set AMBIENT_ENABLED: \"true\" there, or install Istio with the ambient profile"
		if off.field != "data.AMBIENT_ENABLED" {
			remedy = "install Istio with the ambient profile"
		}
		a.reportField(diagnostic.AmbientOff, off.origin, off.field, off.at, "turns ambient mode off ("+off.why+")",
			"the labels of namespaces have no effect, no policy at pods is enforced, and every pod is open to every client", remedy)
	}
}
