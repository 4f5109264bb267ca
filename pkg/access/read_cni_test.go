package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

const (
	everyQuestion = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	anIstiod      = "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: 'pilot:1.31.0'ENV}]}}}"
	aZtunnel      = "\n---\nkind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: ztunnel, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: istio-proxy, image: 'ztunnel:1.31.0'}]}}}"
)

func cniConfig(data string) string {
	return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio-cni-config, namespace: istio-system}\ndata: {" + data + "}"
}

// An istio-cni that captures no pods leaves nothing certain, whatever the labels say.
func TestIstioCNIThatCapturesNothing(t *testing.T) {
	before := load(t, cloudWorld)
	ambientIstiod := strings.Replace(anIstiod, "ENV", ", env: [{name: PILOT_ENABLE_AMBIENT, value: 'true'}]", 1)
	sidecarIstiod := strings.Replace(anIstiod, "ENV", "", 1)
	chart := func(values string) string {
		return "\n---\nkind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {name: new, namespace: istio-system}\nspec: {chart: {spec: {chart: cni}}" + values + "}"
	}
	argo := func(helm string) string {
		return "\n---\nkind: Application\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: new, namespace: argocd}\nspec: {source: {chart: cni, repoURL: x, helm: {" + helm + "}}}"
	}
	sail := func(spec string) string {
		return "\n---\nkind: IstioCNI\napiVersion: sailoperator.io/v1\nmetadata: {name: default}\nspec: {" + spec + "}"
	}
	k3s := func(spec string) string {
		return "\n---\nkind: HelmChart\napiVersion: helm.cattle.io/v1\nmetadata: {name: new, namespace: kube-system}\nspec: {chart: istio/cni, " + spec + "}"
	}
	dual := "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: v6, namespace: b}\nspec: {ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]}"
	for _, c := range []struct{ text, want string }{
		{cniConfig("AMBIENT_ENABLED: 'true'"), ""},
		{cniConfig("AMBIENT_ENABLED: '1', AMBIENT_IPV6: 'true'") + dual, ""},
		{cniConfig("AMBIENT_ENABLED: 'false'"), everyQuestion},
		{cniConfig("AMBIENT_ENABLED: 'no'"), everyQuestion},
		{cniConfig("AMBIENT_ENABLED: ''"), everyQuestion},
		{cniConfig("AMBIENT_ENABLED: 'false'") + ambientIstiod, everyQuestion},
		{cniConfig("AMBIENT_ENABLED: 'false'") + sidecarIstiod + aZtunnel, everyQuestion},
		{cniConfig("AMBIENT_ENABLED: 'false'") + sidecarIstiod, ""}, // ambient mode is to come
		{cniConfig("AMBIENT_ENABLEMENT_SELECTOR: '{a: b}'"), everyQuestion},
		{cniConfig("AMBIENT_ENABLEMENT_SELECTOR: '['"), everyQuestion},
		{cniConfig("AMBIENT_IPV6: 'false'"), ""},
		{cniConfig("AMBIENT_IPV6: 'false'") + dual, everyQuestion},
		{cniConfig("AMBIENT_IPV6: 'false'") + strings.Replace(dual, "ipFamilyPolicy: PreferDualStack", "ipFamilies: [IPv6]", 1), everyQuestion},
		{cniConfig("AMBIENT_IPV6: 'false'") + strings.Replace(dual, "ipFamilyPolicy: PreferDualStack", "clusterIP: 'fd00::1'", 1), everyQuestion},
		{cniConfig("AMBIENT_IPV6: 'false'") + strings.Replace(dual, "ipFamilyPolicy: PreferDualStack", "ipFamilies: [IPv4], clusterIP: 10.0.0.1", 1), ""},

		{chart(""), everyQuestion},
		{chart(", values: {profile: ambient}"), ""},
		{chart(", values: {global: {profile: ambient}}"), ""},
		{chart(", values: {profile: stable}"), everyQuestion},
		{chart(", values: {ambient: {enabled: true}}"), ""},
		{chart(", values: {cni: {ambient: {enabled: true}}}"), ""},
		{chart(", values: {profile: ambient, ambient: {enabled: false}}"), everyQuestion},
		{chart(", valuesFrom: [{kind: ConfigMap, name: x}]"), ""},
		{chart(", values: {profile: ambient, ambient: {ipv6: false}}") + dual, everyQuestion},
		{strings.Replace(chart(""), "chart: cni", "chart: ambient", 1), ""},
		{strings.Replace(chart(", values: {cni: {ambient: {enabled: false}}}"), "chart: cni", "chart: ambient", 1), everyQuestion},
		{argo("values: 'x: y'"), everyQuestion},
		{argo("values: 'profile: ambient'"), ""},
		{argo("parameters: [{name: a, value: b}, {name: profile, value: ambient}]"), ""},
		{argo("valueFiles: [ambient.yaml]"), ""},
		{sail("version: v1.31.0"), everyQuestion},
		{sail("profile: ambient"), ""},
		{k3s("valuesContent: 'a: b'"), everyQuestion},
		{k3s("valuesContent: 'profile: ambient'"), ""},
		{k3s("set: {profile: ambient}"), ""},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:%s", got, c.want, c.text)
		}
	}
	assumed := func(text, want string) {
		t.Helper()
		if v := decides(t, load(t, cloudWorld+text), cloudQuestions["waypoint"], Allow); !strings.Contains(strings.Join(v.Assumed, "\n"), want) {
			t.Errorf("%q is not assumed, but %q", want, v.Assumed)
		}
	}
	assumed(cniConfig("AMBIENT_ENABLED: 'false'")+sidecarIstiod, "istio-cni captures pods, although its ConfigMap says AMBIENT_ENABLED: false")
	assumed(cniConfig("AMBIENT_IPV6: 'false'"), "pods have no IPv6 addresses, which istio-cni leaves alone by data.AMBIENT_IPV6 of ConfigMap istio-system/istio-cni-config")
	assumed(chart(", valuesFrom: [{kind: ConfigMap, name: x}]"), "as spec.valuesFrom[0] of HelmRelease istio-system/new may say")

	none := load(t, cloudWorld+cniConfig("AMBIENT_ENABLED: 'true', AMBIENT_ENABLEMENT_SELECTOR: '[]'"))
	decides(t, load(t, cloudWorld), cloudQuestions["pod"], Deny)
	decides(t, none, cloudQuestions["pod"], Allow) // nobody stands before the pods
	for _, empty := range []string{"''", "'null'"} {
		decides(t, load(t, cloudWorld+cniConfig("AMBIENT_ENABLED: 'true', AMBIENT_ENABLEMENT_SELECTOR: "+empty)), cloudQuestions["pod"], Allow)
	}
}

// During a move from sidecars, a finding reports that ambient mode is off.
func TestFindingOfAmbientModeThatIsOff(t *testing.T) {
	text := tenants(t) + cniConfig("AMBIENT_ENABLED: 'false'") + strings.Replace(anIstiod, "ENV", "", 1)
	var found []string
	for _, f := range load(t, text).Findings(twoTenants) {
		if f.Code == diagnostic.AmbientOff {
			found = append(found, f.Error())
		}
	}
	const want = "ConfigMap istio-system/istio-cni-config: data.AMBIENT_ENABLED: turns ambient mode off (istio-cni captures no pods); the labels of namespaces have no effect, " +
		"no policy at pods is enforced, and every pod is open to every client; set AMBIENT_ENABLED: \"true\" there, or install Istio with the ambient profile"
	if len(found) != 1 || !strings.Contains(found[0], want) {
		t.Errorf("%q", found)
	}
}
