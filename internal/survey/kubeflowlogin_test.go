package survey

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

const (
	nsKubeflow = "{apiVersion: v1, kind: Namespace, metadata: {name: kubeflow}}"
	nsAuth     = "{apiVersion: v1, kind: Namespace, metadata: {name: auth}}"
	nsProxy    = "{apiVersion: v1, kind: Namespace, metadata: {name: oauth2-proxy}}"
	meshNone   = "{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: 'rootNamespace: istio-system'}}"
	meshOurs   = "{apiVersion: v1, kind: ConfigMap, metadata: {name: istio-canary, namespace: istio-system}, data: {mesh: 'extensionProviders: [{name: other}, {name: oauth2-proxy}]'}}"
	keycloak   = "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: people, namespace: WHERE}, spec: {selector: {matchLabels: {istio: ingressgateway}}, jwtRules: [{issuer: 'https://sso.example.com', outputClaimToHeaders: [{claim: email, header: kubeflow-userid}]}]}}"
	service    = "{apiVersion: v1, kind: Service, metadata: {name: NAME, namespace: sso}, spec: {selector: {app: NAME}}}"
	filter     = "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: gatekeeper, namespace: istio-system}, spec: {workloadSelector: {labels: {istio: ingressgateway}}, configPatches: [{patch: {value: {name: envoy.filters.http.ext_authz}}}]}}"
)

// What of Kubeflow's login is missing, and what looks like another one.
func TestWhatIsMissingOfTheLogin(t *testing.T) {
	for _, test := range []struct {
		name   string
		items  []string
		want   string // d: dex, r: its rule, o: oauth2-proxy, p: the provider
		others string
	}{
		{"nothing in the input: all is assumed", nil, "", ""},
		{"other objects, and no Namespace kubeflow", []string{"{apiVersion: v1, kind: Service, metadata: {name: a, namespace: kubeflow}}"}, "", ""},
		{"kubeflow without its login, which may be elsewhere", []string{nsKubeflow}, "dro", ""},
		{"the whole login", []string{nsKubeflow, nsAuth, nsProxy, meshOurs}, "", ""},
		{"the login, without meshConfig", []string{nsKubeflow, nsAuth, nsProxy}, "", ""},
		{"a Service of the login, whose Namespace is elsewhere", []string{nsKubeflow, "{apiVersion: v1, kind: Service, metadata: {name: dex, namespace: auth}}", nsProxy}, "", ""},
		{"the policies of the login, whose Namespaces are elsewhere", []string{
			nsKubeflow, "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: people, namespace: istio-system}, spec: {jwtRules: [{issuer: '" + DexIssuer + "'}]}}",
			"{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ask, namespace: istio-system}, spec: {action: CUSTOM, provider: {name: oauth2-proxy}}}",
		}, "", ""},
		{"oauth2-proxy without dex", []string{nsKubeflow, nsProxy}, "dr", ""},
		{"meshConfig without the provider", []string{meshNone}, "p", ""},
		{"one of two meshConfigs has it", []string{meshNone, meshOurs}, "", ""},
		{"meshConfig that is not YAML", []string{strings.Replace(meshNone, "rootNamespace: istio-system", "{", 1)}, "", ""},
		{"an operator's meshConfig", []string{"{apiVersion: sailoperator.io/v1, kind: Istio, metadata: {name: default}, spec: {values: {meshConfig: {extensionProviders: [{name: x}]}}}}"}, "p", ""},
		{"objects of ours prove nothing", []string{nsKubeflow, "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: dex, namespace: auth, annotations: {" + profile.OwnedBy + ": kubeflow}}}", nsProxy}, "dr", ""},
		{"another issuer at the gateway, and nothing that makes dex's namespace", []string{strings.Replace(keycloak, "WHERE", "istio-system", 1), nsProxy, meshOurs}, "dr", ""},
		{"dex with a public issuer", []string{nsKubeflow, nsProxy, strings.NewReplacer("WHERE", "istio-system", "people", "dex-jwt").Replace(keycloak)}, "", ""},
		{"dex with a public issuer, for pods that are not known", []string{nsKubeflow, nsProxy, strings.NewReplacer("WHERE", "edge", "people", "dex-jwt").Replace(keycloak)}, "r", ""},
		{"dex with a public issuer, in another namespace", []string{nsKubeflow, nsProxy, strings.Replace(service, "NAME", "dex", 1), strings.NewReplacer("WHERE", "istio-system", "people", "dex-jwt").Replace(keycloak)}, "d", ""},
		{"another issuer at other pods", []string{strings.Replace(keycloak, "WHERE", "shop", 1)}, "", ""},
		{"an issuer at the gateway that names nobody", []string{strings.NewReplacer("WHERE", "istio-system", "kubeflow-userid", "x-team").Replace(keycloak)}, "", ""},
		{"Keycloak in the namespace of dex", []string{nsKubeflow, nsAuth, nsProxy, "{apiVersion: v1, kind: Service, metadata: {name: keycloak, namespace: auth}, spec: {selector: {app: keycloak}}}"}, "dr", ""},
		{"dex and oauth2-proxy in another namespace", []string{
			nsKubeflow, strings.Replace(service, "NAME", "dex", 1), strings.Replace(service, "NAME", "oauth2-proxy", 1),
			"{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ask, namespace: istio-system}, spec: {action: CUSTOM, provider: {name: oauth2-proxy}}}",
		}, "dro", ""},
		{"a filter that asks a server", []string{filter}, "drop", "EnvoyFilter istio-system/gatekeeper (filter ext_authz)"},
		{"a filter that asks a server, and the login", []string{filter, nsAuth, nsProxy, meshOurs}, "", "EnvoyFilter istio-system/gatekeeper (filter ext_authz)"},
		{"a script that writes the user", []string{strings.Replace(filter, "envoy.filters.http.ext_authz", "handle:headers():add('kubeflow-userid')", 1)}, "drop", "EnvoyFilter istio-system/gatekeeper (header kubeflow-userid)"},
		{"a filter that has nothing to do with users", []string{strings.Replace(filter, "ext_authz", "gzip", 1)}, "", ""},
		{"authservice", []string{nsAuth, "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: oidc-authservice, namespace: istio-system}}"}, "op", "StatefulSet istio-system/oidc-authservice (by its name)"},
		{"a load balancer that logs in", []string{"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge, namespace: istio-system, annotations: {alb.ingress.kubernetes.io/auth-type: cognito}}}"}, "drop", "Ingress istio-system/edge (alb.ingress.kubernetes.io/auth-type cognito)"},
		{"a load balancer that does not", []string{"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge, namespace: istio-system, annotations: {alb.ingress.kubernetes.io/auth-type: none}}}"}, "", ""},
		{"another provider", []string{"{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ask, namespace: istio-system}, spec: {selector: {matchLabels: {istio: ingressgateway}}, action: CUSTOM, provider: {name: sso}}}"}, "drop", "AuthorizationPolicy istio-system/ask (provider sso)"},
	} {
		in := indexOf(t, test.items...)
		spec := profile.Spec{}
		spec.Cluster.RootNamespace, spec.Identity.UserIDHeader = "istio-system", "kubeflow-userid"
		login := findKubeflowLogin(spec, in)
		var got, others string
		for letter, missing := range map[string]bool{"d": login.NoDex, "r": login.NoDexRule, "o": login.NoOAuth2Proxy, "p": login.NoProvider} {
			if missing != strings.Contains(test.want, letter) {
				got += letter
			}
		}
		for _, other := range login.Others {
			others += other.Item.String() + " (" + other.Why + ")"
		}
		if got != "" {
			t.Errorf("%s: %q is wrong", test.name, got)
		}
		if others != test.others {
			t.Errorf("%s: looks like a login: %q, want %q", test.name, others, test.others)
		}
	}
}

// Which routes of the input lead to a Service of the login that is in another namespace than Kubeflow's.
func TestALoginElsewhereIsRouted(t *testing.T) {
	for _, test := range []struct {
		route string
		want  bool
	}{
		{"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a, namespace: sso}, spec: {rules: [{backendRefs: [{name: dex, port: 80}]}]}}", true},
		{"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a, namespace: shop}, spec: {rules: [{backendRefs: [{name: dex, port: 80}]}]}}", false},
		{"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a, namespace: shop}, spec: {rules: [{backendRefs: [{name: dex, namespace: sso, port: 80}]}]}}", true},
		{"{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {http: [{route: [{destination: {host: dex.sso.svc.cluster.local}}]}]}}", true},
		{"{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: sso}, spec: {http: [{route: [{destination: {host: dex}}]}]}}", true},
		{"{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {http: [{route: [{destination: {host: dex}}]}]}}", false},
		{"{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: a, namespace: sso}, spec: {destination: {host: dex}}}", false},
	} {
		in := indexOf(t, strings.Replace(service, "NAME", "dex", 1), test.route)
		if got := in.elsewhere("dex", DexNamespace); got != (Elsewhere{"sso", test.want}) {
			t.Errorf("%s: %v", test.route, got)
		}
	}
}

// A policy at the gateways asks a provider that meshConfig does not define.
func TestAProviderThatIsNotDefined(t *testing.T) {
	const asks = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ask, namespace: istio-system}, spec: {WHERE, action: CUSTOM, provider: {name: sso}}}"
	old, front := "selector: {matchLabels: {istio: ingressgateway}}", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}]"
	for _, test := range []struct {
		name, where, mesh string
		want              int
	}{
		{"at the old gateway", old, meshNone, 1},
		{"at the new gateway", front, meshOurs, 1},
		{"elsewhere", "selector: {matchLabels: {app: shop}}", meshNone, 0},
		{"defined", old, strings.Replace(meshOurs, "other", "sso", 1), 0},
		{"meshConfig is not in the input", old, nsAuth, 0},
	} {
		spec := profile.Spec{}
		spec.Cluster.RootNamespace = "istio-system"
		if got := findKubeflowLogin(spec, indexOf(t, strings.Replace(asks, "WHERE", test.where, 1), test.mesh)).Undefined; len(got) != test.want {
			t.Errorf("%s: %v, want %d", test.name, got, test.want)
		}
	}
}

// What stays on the old gateway when users move to the new one.
func TestWhatStaysOnTheOldGateway(t *testing.T) {
	service := "{apiVersion: v1, kind: Service, metadata: {name: edge, namespace: istio-system}, spec: {selector: {istio: ingressgateway}, ports: [{port: 80}]}}"
	ingress := "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, namespace: istio-system}, spec: {rules: [{http: {paths: [{backend: {service: {name: NAME}}}]}}]}}"
	for _, test := range []struct {
		name, item string
		want       bool
	}{
		{"a filter of its pods", filter, true},
		{"a filter of every pod, from the root namespace", strings.Replace(filter, "workloadSelector: {labels: {istio: ingressgateway}}, ", "", 1), false},
		{"a filter of other pods", strings.Replace(filter, "istio: ingressgateway", "istio: egressgateway", 1), false},
		{"a filter in another namespace", strings.Replace(filter, "namespace: istio-system", "namespace: shop", 1), false},
		{"a filter of the new gateway", strings.Replace(filter, "workloadSelector: {labels: {istio: ingressgateway}}", "targetRefs: [{kind: Gateway, name: front}]", 1), false},
		{"a plugin of its pods", "{apiVersion: extensions.istio.io/v1alpha1, kind: WasmPlugin, metadata: {name: a, namespace: istio-system}, spec: {selector: {matchLabels: {app: istio-ingressgateway}}}}", true},
		{"an Ingress to its Service", strings.Replace(ingress, "NAME", "istio-ingressgateway", 1), true},
		{"an Ingress to another Service of its pods", strings.Replace(ingress, "NAME", "edge", 1), true},
		{"an Ingress to another Service", strings.Replace(ingress, "NAME", "shop", 1), false},
		{"an Ingress of another namespace", strings.NewReplacer("NAME", "istio-ingressgateway", "namespace: istio-system", "namespace: shop").Replace(ingress), false},
		{"an Ingress by default", "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, namespace: istio-system}, spec: {defaultBackend: {service: {name: istio-ingressgateway}}}}", true},
		{"an Ingress that the old gateway serves", "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, namespace: shop}, spec: {ingressClassName: istio}}", true},
		{"an Ingress of the old API", "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a, namespace: istio-system}, spec: {backend: {serviceName: istio-ingressgateway}}}", true},
	} {
		in := indexOf(t, test.item, service)
		item := in.Items[0]
		if got := in.IsExtensionOfOldGateway(item) || in.LeadsToOldGateway(item); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// The trust domains that meshConfig has besides the mesh's own, wherever it is.
func TestTrustDomainAliases(t *testing.T) {
	in := indexOf(t, strings.Replace(meshNone, "rootNamespace: istio-system", "trustDomainAliases: [old.example.com]", 1),
		"{apiVersion: sailoperator.io/v1, kind: Istio, metadata: {name: default}, spec: {values: {meshConfig: {trustDomainAliases: [older.example.com]}}}}",
		strings.NewReplacer("rootNamespace: istio-system", "trustDomainAliases: [foreign.example.com]", "namespace: istio-system", "namespace: shop").Replace(meshNone))
	if got := strings.Join(in.TrustDomainAliases(), " "); got != "old.example.com older.example.com" {
		t.Error(got)
	}
}
