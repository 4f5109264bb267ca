package fn

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

const serversConfig = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
	"spec: {ingress: {tlsSecret: kubeflow-tls}, cluster: {platform: {enabled: true}}, profiles: [{name: ann, owner: {name: ann@example.com}}]}\n"

// serversOf is Kubeflow's Gateway with some servers.
func serversOf(servers string) string {
	return "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: kubeflow-gateway, namespace: kubeflow}\nspec: {selector: {istio: ingressgateway}, servers: [" + servers + "]}\n"
}

const (
	redirecting = "{hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}, tls: {httpsRedirect: true}}"
	terminating = "{hosts: ['*'], port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: kubeflow-tls}}"
	ofTheShop   = "{hosts: [shop.example.com], port: {number: 443, name: shop, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: shop-tls}}"
)

// What a server of the old gateway did and the new one does not is reported, no matter who needs it.
func TestServersThatAreLost(t *testing.T) {
	withoutSecret := strings.Replace(serversConfig, "ingress: {tlsSecret: kubeflow-tls}, ", "", 1)
	for _, c := range []struct {
		name, config, servers string
		want                  []string
	}{
		{"what both do", serversConfig, "{hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}}, " + terminating, nil},
		{"a redirect", serversConfig, redirecting + ", " + terminating, []string{
			"[AP0642] Gateway kubeflow/kubeflow-gateway: spec.servers[0].tls.httpsRedirect: has the old gateway redirect HTTP to HTTPS; Gateway istio-system/ambient-ingressgateway serves the same routes in plain HTTP",
		}},
		{"a redirect to a listener that is not there", withoutSecret, redirecting + ", " + terminating, []string{"[AP0640] Gateway kubeflow/kubeflow-gateway: spec.servers[1].tls: "}},
		{"the certificate of another team", serversConfig, terminating + ", " + ofTheShop, []string{
			"[AP0643] Gateway kubeflow/kubeflow-gateway: spec.servers[1]: has the certificate shop-tls for shop.example.com; Gateway istio-system/ambient-ingressgateway serves every host with the certificate kubeflow-tls, which",
			"spec.servers[1].hosts: has shop.example.com; ",
		}},
		{"certificates of clients", serversConfig, strings.Replace(terminating, "SIMPLE", "MUTUAL", 1), []string{"spec.servers[0]: asks the clients of every host for a certificate; Gateway istio-system/ambient-ingressgateway does not, so clients without one get as far as the login"}},
		{"TLS that is passed through", serversConfig, "{hosts: [a.example.com, b.example.com], port: {number: 443, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}}", []string{"spec.servers[0]: passes TLS through for a.example.com and b.example.com; "}},
		{"a redirect for one host", serversConfig, strings.Replace(redirecting, "'*'", "kubeflow.example.com", 1) + ", " + terminating, []string{
			"[AP0642] Gateway kubeflow/kubeflow-gateway: spec.servers[0].tls.httpsRedirect: has the old gateway redirect HTTP to HTTPS; Gateway istio-system/ambient-ingressgateway serves the same routes in plain HTTP, so users may send their sessions in plain text; add " +
				"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: https-redirect, namespace: istio-system}, spec: {parentRefs: [{name: ambient-ingressgateway, namespace: istio-system, sectionName: default}], hostnames: [kubeflow.example.com], rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]}]}}$",
			"[AP0646] Gateway kubeflow/kubeflow-gateway: spec.servers[0].hosts: has kubeflow.example.com; Gateway istio-system/ambient-ingressgateway serves its routes for every host and of every namespace; ",
		}},
		{"a redirect to what a load balancer serves", withoutSecret, redirecting, []string{
			"[AP0642] Gateway kubeflow/kubeflow-gateway: spec.servers[0].tls.httpsRedirect: has the old gateway redirect HTTP to HTTPS, which it does not serve itself; Gateway istio-system/ambient-ingressgateway does not redirect, ",
		}},
		{"how TLS is served", serversConfig, strings.Replace(terminating, "mode: SIMPLE", "mode: SIMPLE, minProtocolVersion: TLSV1_3, cipherSuites: [AES128-SHA]", 1), []string{
			"spec.servers[0]: sets tls.minProtocolVersion: TLSV1_3 and tls.cipherSuites; Gateway istio-system/ambient-ingressgateway has Istio's defaults in their place, ",
		}},
		{"TLS as it is by default", serversConfig, strings.Replace(terminating, "mode: SIMPLE", "mode: SIMPLE, minProtocolVersion: TLSV1_2", 1), nil},
		{"an address", serversConfig, strings.Replace(terminating, "hosts:", "bind: 10.0.0.1, defaultEndpoint: 'unix:///a', hosts:", 1), []string{"spec.servers[0]: sets bind: 10.0.0.1 and defaultEndpoint: unix:///a; "}},
		{"two certificates", serversConfig, strings.Replace(terminating, "credentialName: kubeflow-tls", "credentialNames: [kubeflow-tls, ec-tls]", 1), []string{
			"spec.servers[0]: has the certificate ec-tls for every host; Gateway istio-system/ambient-ingressgateway serves every host with the certificate kubeflow-tls, ",
			"spec.servers[0]: sets tls.credentialNames; ",
		}},
		{"a certificate in a list", serversConfig, strings.Replace(terminating, "credentialName: kubeflow-tls", "credentialNames: ['kubernetes://kubeflow-tls']", 1), nil},
		{"VirtualServices of one namespace", serversConfig, strings.Replace(terminating, "'*'", "kubeflow/*", 1), []string{"spec.servers[0].hosts: has kubeflow/*; "}},
		{"a certificate, named in full", withoutSecret, strings.Replace(terminating, "kubeflow-tls", "'kubernetes://web-tls'", 1), []string{"in plain HTTP only; set spec.ingress.tlsSecret: web-tls$"}},
		{"a certificate of another namespace", withoutSecret, strings.Replace(terminating, "kubeflow-tls", "'kubernetes-gateway://team/web-tls'", 1), []string{"in plain HTTP only; copy Secret team/web-tls into namespace istio-system, and set spec.ingress.tlsSecret: web-tls$"}},
		{"a certificate and a gateway elsewhere", strings.Replace(withoutSecret, "spec: {", "spec: {ingress: {gateway: edge/front}, ", 1), terminating, []string{"in plain HTTP only; copy Secret istio-system/kubeflow-tls into namespace edge, and set spec.ingress.tlsSecret: kubeflow-tls$"}},
		{"a certificate that is not a Secret", withoutSecret, strings.Replace(terminating, "kubeflow-tls", "'configmap://team/web-tls'", 1), []string{"in plain HTTP only; set spec.ingress.tlsSecret to the name of a Secret with the certificate in namespace istio-system$"}},
		{"another port", serversConfig, "{hosts: ['*'], port: {number: 9000, name: grpc, protocol: GRPC}}", []string{"spec.servers[0]: serves port 9000 for every host; "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, findings := readerOf(t, c.config, serversOf(c.servers)).run()
			var got []string
			for _, d := range findings {
				if d.Code == diagnostic.TLSLost || d.Code == diagnostic.RedirectLost || d.Code == diagnostic.ServerLost || d.Code == diagnostic.ServerHostsLost || d.Code == diagnostic.ServerSettingsLost {
					got = append(got, d.Error())
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("%q", got)
			}
			for i, want := range c.want {
				part(t, "message", got[i]+"$", want)
			}
		})
	}
}

// The Gateway of another team stays, and its certificate with it.
func TestACertificateThatStaysOnTheOldGateway(t *testing.T) {
	shop := strings.NewReplacer("kubeflow-gateway", "shop", "namespace: kubeflow", "namespace: shop").Replace(serversOf(ofTheShop))
	route := "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop, namespace: shop}\nspec: {gateways: [shop], hosts: [shop.example.com], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}\n"
	code, _, stderr := treeRun(t, serversConfig, shop, route)
	if code != exitOK {
		t.Fatal(stderr)
	}
	part(t, "message", lineWith(stderr, "[AP0638] Gateway shop/shop:"), "so nobody reaches its hosts (shop.example.com), and the new gateway has no listener with the certificate shop-tls, and VirtualService shop/shop names it; "+
		"move its routes as the messages about its VirtualServices say, add a listener with the certificate in a patch that runs after this function, and delete it")
	part(t, "message", lineWith(stderr, "[AP0632] VirtualService shop/shop:"), "every user who is logged in does, and everybody on the paths of the login (/dex/, /oauth2/) whom no policy of shop keeps out, and nobody without a login does elsewhere")
}
