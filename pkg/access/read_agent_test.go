package access

import (
	"strings"
	"testing"
)

// ztunnel and istio-cni may be configured to enforce nothing, or to leave pods alone.
func TestAgents(t *testing.T) {
	const every = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	agent := func(name, image, more string) string {
		return "\n---\nkind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: " + name + ", namespace: istio-system}\nspec: {template: {spec: {containers: [{name: istio-proxy, image: " + image + more + "}]}}}"
	}
	ztunnel := func(env string) string {
		return agent("ztunnel", "docker.io/istio/ztunnel:1.31.0-distroless", ", env: ["+env+"]")
	}
	cni := func(more string) string {
		return agent("istio-cni-node", "docker.io/istio/install-cni:1.31.0", more)
	}
	object := func(apiVersion, kind, spec string) string {
		return "\n---\nkind: " + kind + "\napiVersion: " + apiVersion + "\nmetadata: {name: new, namespace: istio-system}\nspec: {" + spec + "}"
	}
	for _, c := range []struct{ text, want string }{
		{ztunnel("{name: XDS_ADDRESS, value: 'istiod.istio-system.svc:15012'}, {name: RUST_LOG, value: info}, {name: INPOD_ENABLED, value: 'true'}, {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: ISTIO_META_CLUSTER_ID, value: Kubernetes}, {name: ZTUNNEL_CPU_LIMIT, value: '2'}"), ""},
		{ztunnel("{name: XDS_ADDRESS, value: 'pilot.example.com:15012'}"), every},
		{ztunnel("{name: XDS_ADDRESS, valueFrom: {configMapKeyRef: {name: x, key: y}}}"), every},
		{ztunnel("{name: LOCAL_XDS_PATH, value: /etc/config.yaml}"), every},
		{ztunnel("{name: FAKE_CA, value: 'true'}"), every},
		{ztunnel("{name: INPOD_ENABLED, value: 'false'}"), every},
		{ztunnel("{name: NETWORK, value: west}"), every},
		{ztunnel("{name: NEVER_HEARD_OF, value: x}"), every},
		{agent("ztunnel", "istio/ztunnel:1.31.0", ", envFrom: [{configMapRef: {name: x}}]"), every},
		{agent("ztunnel", "example.com/proxy:1", ""), every},
		{agent("node-proxy", "mirror.example.com/istio/ztunnel:1.30.2", ", env: [{name: PROXY_MODE, value: dedicated}]"), every},
		{agent("ztunnel", "istio/ztunnel:1.24.1", ""), every},
		{agent("collector", "example.com/collector:1", ", env: [{name: LOCAL_XDS_PATH, value: x}]"), ""},
		{cni(", envFrom: [{configMapRef: {name: istio-cni-config}}], env: [{name: REPAIR_RUN_AS_DAEMON, value: 'true'}]"), ""},
		{cni(", envFrom: [{configMapRef: {name: another}}]"), every},
		{cni(", env: [{name: AMBIENT_ENABLED, value: 'false'}]"), every},
		{cni(", env: [{name: EXCLUDE_NAMESPACES, value: 'kube-system,a'}]"), every},
		{cni(", env: [{name: EXCLUDE_NAMESPACES, value: kube-system}, {name: AMBIENT_ENABLED, value: 'true'}]"), ""},
		{cni(", args: [--ambient-enabled=false]"), every},
		{cni(", args: [--log_output_level=info]"), ""},
		{object("sailoperator.io/v1alpha1", "ZTunnel", "values: {ztunnel: {env: {RUST_LOG: debug}}}"), ""},
		{object("sailoperator.io/v1alpha1", "ZTunnel", "values: {ztunnel: {env: {LOCAL_XDS_PATH: /x}}}"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: ztunnel}}, values: {image: example, hub: x}"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: ztunnel}}, values: {hub: mirror.example.com, tag: 1.31.0, logLevel: info}"), ""},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: ztunnel}}, values: {xdsAddress: 'pilot.example.com:15012'}"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: ztunnel}}, values: {xdsAddress: 'istiod-canary.istio-system.svc:15012'}"), ""},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: ambient}}, values: {ztunnel: {meshConfig: {defaultConfig: {proxyMetadata: {PROXY_MODE: dedicated}}}}}"), every},
		{object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "chart: {spec: {chart: cni}}, values: {env: {AMBIENT_ENABLED: false}}"), every},
		{object("argoproj.io/v1alpha1", "Application", "source: {chart: ztunnel, repoURL: x, helm: {parameters: [{name: env.FAKE_CA, value: 'true'}]}}"), every},
	} {
		if got := strings.Join(cloudedBy(t, load(t, cloudWorld), load(t, cloudWorld+c.text)), ", "); got != c.want {
			t.Errorf("clouds %q, want %q:%s", got, c.want, c.text)
		}
	}
	w := load(t, cloudWorld+agent("ztunnel", "istio/ztunnel:1.24.1", ""))
	w.SetRelease("1.31")
	decides(t, w, cloudQuestions["waypoint"], Allow)
}

// A gateway that is deployed by hand may have its own proxy settings.
func TestGatewaysByHandWithSettings(t *testing.T) {
	byHand := edit(t, cloudWorld, "spec: {gatewayClassName: istio,", "spec: {gatewayClassName: istio, addresses: [{type: Hostname, value: door.edge.svc.cluster.local}],") + `
---
kind: Service
apiVersion: v1
metadata: {name: door, namespace: edge}
spec: {selector: {app: door}, ports: [{port: 80}]}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: door, namespace: edge}
spec: {template: {metadata: {labels: {app: door}, annotations: {ANNOTATION}}, spec: {serviceAccountName: door, containers: [{name: istio-proxy, image: auto, env: [ENV]}]}}}
`
	with := func(annotation, env string) *World {
		return load(t, strings.NewReplacer("ANNOTATION", annotation, "ENV", env).Replace(byHand))
	}
	before := with("inject.istio.io/templates: gateway", "{name: PROXY_CONFIG, value: '{}'}")
	for _, c := range []struct{ annotation, env, want string }{
		{"example.com/x: y", "{name: LOG, value: x}", ""},
		{"inject.istio.io/templates: custom", "", "gateway, gateway no"},
		{"proxy.istio.io/config: x", "", "gateway, gateway no"},
		{"", "{name: PROXY_CONFIG, value: '{customConfigFile: /x}'}", "gateway, gateway no"},
		{"", "{name: PROXY_CONFIG, valueFrom: {configMapKeyRef: {name: x, key: y}}}", "gateway, gateway no"},
	} {
		if got := strings.Join(cloudedBy(t, before, with(c.annotation, c.env)), ", "); got != c.want {
			t.Errorf("%+v clouds %q", c, got)
		}
	}
}
