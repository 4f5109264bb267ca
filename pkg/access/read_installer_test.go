package access

import (
	"strings"
	"testing"
)

func helmValues(key, text string) string {
	return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: v, namespace: istio-system}\ndata: {" + key + ": '" + text + "'}"
}

// Operators and charts make istiod and istio-cni with settings that are not in any ConfigMap.
func TestInstallers(t *testing.T) {
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	object := func(apiVersion, kind, spec string) string {
		return "\n---\nkind: " + kind + "\napiVersion: " + apiVersion + "\nmetadata: {name: new, namespace: istio-system}\nspec: {" + spec + "}"
	}
	sail := func(values string) string {
		return object("sailoperator.io/v1", "Istio", "version: v1.31.0, values: {"+values+"}")
	}
	flux := func(chart, values string) string {
		return object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: "+chart+"}}, values: {"+values+"}")
	}
	argo := func(helm string) string {
		return object("argoproj.io/v1alpha1", "Application", "source: {chart: istiod, repoURL: x, helm: {"+helm+"}}")
	}
	for _, c := range []struct{ text, want string }{
		{sail(""), ""},
		{sail("profile: ambient, pilot: {env: {PILOT_ENABLE_AMBIENT: 'true'}}, meshConfig: {accessLogFile: /dev/stdout, trustDomain: cluster.local}"), ""},
		{sail("meshConfig: {discoverySelectors: [{matchLabels: {x: y}}]}"), every},
		{sail("meshConfig: {newSetting: x}"), every},
		{sail("pilot: {env: {PILOT_ENABLE_AMBIENT: 'false'}}"), every},
		{sail("sidecarInjectorWebhook: {enableNamespacesByDefault: true}"), every},
		{sail("sidecarInjectorWebhook: {enableNamespacesByDefault: false}"), ""},
		{sail("global: {istioNamespace: mesh}"), every},
		{sail("meshConfig: {accessLogFile: x}") + object("install.istio.io/v1alpha1", "IstioOperator", "meshConfig: {accessLogFile: y}"), every},
		{object("install.istio.io/v1alpha1", "IstioOperator", "meshConfig: {discoverySelectors: [{}]}"), every},
		{object("install.istio.io/v1alpha1", "IstioOperator", "values: {cni: {excludeNamespaces: [a]}}"), every},
		{object("sailoperator.io/v1", "IstioCNI", "values: {cni: {excludeNamespaces: [a]}}"), every},
		{object("sailoperator.io/v1", "IstioCNI", "profile: ambient, values: {cni: {excludeNamespaces: [kube-system]}}"), ""},
		{flux("istiod", "env: {PILOT_ENABLE_AMBIENT: 'false'}"), every},
		{flux("oci://x/istiod", "meshConfig: {discoverySelectors: [{}]}"), every},
		{flux("ambient", "istiod: {meshConfig: {discoverySelectors: [{}]}}"), every},
		{flux("cni", "ambient: {enabled: false}"), every},
		{flux("mysql", "meshConfig: {discoverySelectors: [{}]}"), ""},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: istiod}}, valuesFrom: [{kind: ConfigMap, name: v}]") + helmValues("values.yaml", "meshConfig: {discoverySelectors: [{}]}"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: istiod}}, valuesFrom: [{kind: ConfigMap, name: v, valuesKey: more}]") + helmValues("more", "meshConfig: {discoverySelectors: [{}]}"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: istiod}}, valuesFrom: [{kind: ConfigMap, name: v}]") + helmValues("more", "meshConfig: {discoverySelectors: [{}]}"), ""},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: istiod}}, valuesFrom: [{kind: ConfigMap, name: v, targetPath: meshConfig.trustDomain}]") + helmValues("values.yaml", "x"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: mysql}}, valuesFrom: [{kind: ConfigMap, name: v}]") + helmValues("values.yaml", "meshConfig: {discoverySelectors: [{}]}"), ""},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: istiod}}, valuesFrom: [{kind: Secret, name: v}]"), ""},
		{argo("valuesObject: {meshConfig: {discoverySelectors: [{}]}}"), every},
		{argo("values: 'meshConfig: {discoverySelectors: [{}]}'"), every},
		{argo("parameters: [{name: meshConfig.discoverySelectors, value: x}]"), every},
		{argo("parameters: [{name: profile, value: ambient}]"), ""},
		{object("argoproj.io/v1alpha1", "ApplicationSet", "template: {spec: {sources: [{chart: istiod, helm: {valuesObject: {meshConfig: {discoverySelectors: [{}]}}}}]}}"), every},
		{object("helm.cattle.io/v1", "HelmChart", "chart: istiod, valuesContent: 'meshConfig: {discoverySelectors: [{}]}'"), every},
	} {
		if got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, cloudWorld+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:%s", got, c.want, c.text)
		}
	}
	// meshConfig that is simple is read.
	q := cloudQuestions["waypoint"]
	decides(t, load(t, cloudWorld+sail("meshConfig: {trustDomain: corp.example}")), q, Deny)
	decides(t, load(t, edit(t, cloudWorld, "cluster.local/", "corp.example/")+sail("meshConfig: {trustDomain: corp.example}")), q, Allow)
	decides(t, load(t, cloudWorld+sail("meshConfig: {trustDomain: corp.example}")+meshConfigMap("istio", "cluster.local")), q, Allow)
	v := decides(t, load(t, cloudWorld+argo("valueFiles: [x.yaml]")), q, Allow)
	if !strings.Contains(strings.Join(v.Assumed, "\n"), "meshConfig as it is by default") {
		t.Error(v.Assumed)
	}
}
