package access

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// quietZtunnel are the variables of ztunnel that change no verdict, or begin the names of those (ztunnel 44beaef: src/config.rs; Istio 1.31: charts/ztunnel,
// daemonset.yaml). Of any other, nobody knows whether it still protects pods.
var quietZtunnel = []string{
	"CA_ADDRESS", "CA_ROOT_CA", "XDS_ROOT_CA", "CA_HEADER_", "XDS_HEADER_", "CRL_PATH", "CLUSTER_ID", "ISTIO_META_", "INSTANCE_IP", "NODE_NAME", "POD_NAME", "POD_NAMESPACE",
	"SERVICE_ACCOUNT", "SECRET_TTL", "LOG_", "RUST_", "ZTUNNEL_", "TERMINATION_GRACE_PERIOD_SECONDS", "CONNECTION_TERMINATION_DEADLINE", "POOL_", "HTTP2_", "KEEPALIVE_", "IPV6_ENABLED",
	"DNS_", "STATS_ADDR", "ADMIN_ADDR", "READINESS_ADDR", "GOMEMLIMIT", "GOMAXPROCS",
}

// usualZtunnel are the values of other variables that are as by default.
var usualZtunnel = map[string]string{"INPOD_ENABLED": "true", "PROXY_MODE": "shared", "NETWORK": "", "FAKE_CA": "false", "LOCAL_XDS_PATH": "", "ENABLE_ORIG_SRC": "true", "XDS_ADDRESS": ""}

// istiodAddress is that of an istiod in the namespace where Istio is installed by default.
var istiodAddress = regexp.MustCompile(`^(?:https://)?istiod(?:-[-a-z0-9]+)?\.istio-system(?:\.svc(?:\.cluster\.local)?)?:\d+$`)

// ztunnelVariable is why a variable of ztunnel leaves nothing certain, "" where it does not.
func ztunnelVariable(name, value string) string {
	usual, known := usualZtunnel[name]
	switch {
	case slices.ContainsFunc(quietZtunnel, func(q string) bool { return name == q || strings.HasSuffix(q, "_") && strings.HasPrefix(name, q) }):
		return ""
	case known && (value == usual || name == "XDS_ADDRESS" && istiodAddress.MatchString(value)):
		return ""
	case name == "XDS_ADDRESS":
		return "another control plane than istiod says what ztunnel enforces"
	case known:
		return "ztunnel does not enforce policies as by default"
	}
	return "ambient-profile does not know the variable of ztunnel"
}

// cniVariables are those of istio-cni that change which pods are in the mesh, with the values that do not (Istio 1.31: cni/pkg/constants; their names are
// those of the ConfigMap istio-cni-config, which readCNI reads).
var cniVariables = map[string][]string{
	"AMBIENT_ENABLED": {"true"}, "EXCLUDE_NAMESPACES": {"kube-system", ""}, "AMBIENT_ENABLEMENT_SELECTOR": nil, "SYSTEM_NAMESPACE": {"istio-system"}, "AMBIENT_ENABLEMENT_SELECTORS": nil,
}

func cniVariable(name, value string) string {
	if usual, known := cniVariables[name]; known && !slices.Contains(usual, value) {
		return "it changes which pods are in the mesh"
	}
	return ""
}

// readAgent reads a DaemonSet that is ztunnel or istio-cni, by its image or its own name: its variables and arguments.
func (w *World) readAgent(m meta, template *yaml.Node) {
	if m.kind != "DaemonSet" {
		return
	}
	for _, c := range list(valueAt(template, "spec", "containers")) {
		image, _ := imageTag(textOf(field(c, "image")))
		cloud := func(field string, at *yaml.Node, why string) {
			w.addCloud(installed(m, "spec.template.spec.containers."+field, at, why))
		}
		named := strings.Contains(image, "ztunnel")
		switch {
		case named || m.name == "ztunnel":
			w.ztunnels = append(w.ztunnels, istiod{origin: m.in(w.space(m.namespace)), image: textOf(field(c, "image"))})
			if !named && textOf(field(c, "name")) == "istio-proxy" {
				cloud("image", field(c, "image"), "it is not Istio's ztunnel")
			}
			if from := field(c, "envFrom"); len(list(from)) > 0 {
				cloud("envFrom", from, "which variables of ztunnel come from there is not judged")
			}
			readVariables(c, ztunnelVariable, cloud)
		case strings.Contains(image, "install-cni") || strings.Contains(image, "istio-cni") || m.name == "istio-cni-node" && textOf(field(c, "name")) == "install-cni":
			for _, from := range list(field(c, "envFrom")) {
				if name := textOf(valueAt(from, "configMapRef", "name")); name != "istio-cni-config" {
					cloud("envFrom", from, "which variables of istio-cni come from there is not judged")
				}
			}
			for _, a := range list(field(c, "args")) {
				if flag := textOf(deref(a)); strings.HasPrefix(flag, "--ambient-enable") || strings.HasPrefix(flag, "--exclude-namespaces") {
					cloud("args", a, "it changes which pods are in the mesh")
				}
			}
			readVariables(c, cniVariable, cloud)
		}
	}
}

// readVariables asks of each variable of a container why it counts.
func readVariables(c *yaml.Node, why func(name, value string) string, cloud func(field string, at *yaml.Node, why string)) {
	for _, e := range list(field(c, "env")) {
		name, value := textOf(field(e, "name")), textOf(field(e, "value"))
		if from := field(e, "valueFrom"); from != nil {
			value = "valueFrom"
		}
		if found := why(name, value); found != "" {
			cloud("env, the variable "+name, e, found)
		}
	}
}

// readAgentValues takes from the values of the charts of ztunnel and istio-cni what their variables say.
func (w *World) readAgentValues(m meta, component, at string, values *yaml.Node) {
	why, tables := cniVariable, [][]string{{"env"}, {"cni", "env"}}
	if component == "ztunnel" {
		why, tables = ztunnelVariable, [][]string{{"env"}, {"ztunnel", "env"}, {"meshConfig", "defaultConfig", "proxyMetadata"}, {"ztunnel", "meshConfig", "defaultConfig", "proxyMetadata"}}
	}
	for _, address := range [2]*yaml.Node{nonNull(field(values, "xdsAddress")), nonNull(valueAt(values, "ztunnel", "xdsAddress"))} {
		if found := why("XDS_ADDRESS", textOf(address)); found != "" {
			w.addCloud(installed(m, at+".xdsAddress", address, found))
		}
	}
	for _, path := range tables {
		for name, value := range pairs(valueAt(values, path...)) {
			if found := why(name, textOf(value)); found != "" {
				w.addCloud(installed(m, at+"."+strings.Join(path, ".")+", the variable "+name, value, found))
			}
		}
	}
}

// readProxyVariables notes settings of the proxy itself, in the variable from which its agent reads them (Istio 1.31: pkg/bootstrap, PROXY_CONFIG).
func (w *workload) readProxyVariables(container *yaml.Node) {
	for _, e := range list(field(container, "env")) {
		if name := textOf(field(e, "name")); name == "PROXY_CONFIG" {
			config := embedded(field(e, "value"))
			w.proxyConfig = w.proxyConfig || field(e, "valueFrom") != nil || config != nil && len(config.Content) > 0 || config == nil && textOf(field(e, "value")) != ""
		}
	}
}

// handMade returns a setting of the proxy that is not judged, in the pods of a gateway that is deployed by hand (Istio 1.31: the annotations are the injector's).
func (w *workload) handMade() *cloud {
	for _, key := range [...]string{"proxy.istio.io/config", "proxy.istio.io/overrides", "sidecar.istio.io/bootstrapOverride", "inject.istio.io/templates"} {
		if value, ok := w.annotations.get(key); ok && (key != "inject.istio.io/templates" || value != "gateway") {
			return &cloud{origin: w.madeBy, field: "the annotation " + key + " on its pods", at: w.madeBy.place, why: "it changes the proxy itself"}
		}
	}
	if w.proxyConfig {
		return &cloud{origin: w.madeBy, field: "the variable PROXY_CONFIG", at: w.madeBy.place, why: "it changes the proxy itself"}
	}
	return nil
}

// settleHandMade clouds Gateways whose pods are deployed by hand with settings that are not judged.
func (w *World) settleHandMade() {
	for _, g := range w.ingresses {
		if !g.byHand {
			continue
		}
		for _, k := range w.deployedAs(g) {
			g.cloud = firstCloud(g.cloud, k.pod.handMade())
		}
	}
}
