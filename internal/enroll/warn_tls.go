package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnServers reports what a Gateway of Kubeflow serves and the ingress Gateway, which replaces it, does not.
func warnServers(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item) {
	gateway := "Gateway " + plan.Mesh.GatewayNamespace + "/" + plan.Mesh.GatewayName
	plain := false
	for i, server := range manifest.Content(manifest.Field(item.Node, "spec", "servers")) {
		server, at := manifest.Dealias(server), fmt.Sprintf("spec.servers[%d]", i)
		tls := manifest.Field(server, "tls")
		mode, secret := manifest.Value(tls, "mode"), manifest.Value(tls, "credentialName")
		terminates := mode != "" && mode != "PASSTHROUGH" && mode != "AUTO_PASSTHROUGH"
		if terminates && plan.Platform.TLSSecret == "" && !plain {
			plain = true
			warnTLS(plan, notes, item, at+".tls", secret)
		}
		if manifest.IsTrue(tls, "httpsRedirect") && plan.Platform.TLSSecret != "" && !redirectsToHTTPS(plan, input) {
			warnRedirect(plan, notes, item, at+".tls.httpsRedirect")
		}
		lost := func(found, effect string) {
			notes.WarnAt(diagnostic.ServerLost, item, at, found, effect, "add a listener for that to the Gateway in a patch that runs after this function, and remove this server")
		}
		hosts := hostsOf(server)
		switch port := manifest.Value(server, "port", "number"); {
		case strings.HasSuffix(mode, "PASSTHROUGH"):
			lost("passes TLS through for "+hosts, gateway+" does not, so nobody reaches these hosts by TLS")
		case port != "" && port != "80" && port != "443":
			lost("serves port "+port+" for "+hosts, gateway+" has no such listener, so nobody reaches that port")
		case strings.HasSuffix(mode, "MUTUAL"):
			lost("asks the clients of "+hosts+" for a certificate", gateway+" does not, so clients without one get as far as the login")
		case terminates && secret != "" && plan.Platform.TLSSecret != "" && secret != plan.Platform.TLSSecret:
			lost("has the certificate "+secret+" for "+hosts, gateway+" serves every host with the certificate "+plan.Platform.TLSSecret+", which the clients of these hosts may refuse")
		}
	}
}

// hostsOf are the hosts of a server in a sentence.
func hostsOf(server *yaml.Node) string {
	hosts := manifest.Strings(manifest.Field(server, "hosts"))
	if len(hosts) == 0 || slices.Contains(hosts, "*") {
		return "every host"
	}
	return inWords(firstOf(hosts, 4))
}

// warnTLS reports a server with TLS where the ingress Gateway has none: users would send their sessions in
// plain text.
func warnTLS(plan generate.Plan, notes *survey.Notes, item *manifest.Item, at, secret string) {
	remedy := "set spec.ingress.tlsSecret to the name of a Secret with the certificate in namespace " + plan.Mesh.GatewayNamespace
	if secret != "" {
		remedy = "set spec.ingress.tlsSecret: " + secret
	}
	notes.WarnAt(diagnostic.TLSLost, item, at, "is how the old gateway serves HTTPS",
		"Gateway "+plan.Mesh.GatewayNamespace+"/"+plan.Mesh.GatewayName+" has no TLS listener, so users reach Kubeflow in plain HTTP only", remedy)
}

// warnRedirect reports a redirect to HTTPS that the ingress Gateway does not have. The HTTPRoutes are for
// both listeners, so that one which redirects is not enough.
func warnRedirect(plan generate.Plan, notes *survey.Notes, item *manifest.Item, at string) {
	mesh := plan.Mesh
	route := flowOf(generate.Fields{
		"apiVersion": survey.GatewayGroup + "/v1", "kind": "HTTPRoute",
		"metadata": generate.Fields{"name": "https-redirect", "namespace": mesh.GatewayNamespace},
		"spec": generate.Fields{
			"parentRefs": []any{generate.Fields{"name": mesh.GatewayName, "namespace": mesh.GatewayNamespace, "sectionName": "default"}},
			"rules":      []any{generate.Fields{"filters": []any{generate.Fields{"type": "RequestRedirect", "requestRedirect": generate.Fields{"scheme": "https", "statusCode": 301}}}}},
		},
	})
	notes.Report(item.Report(diagnostic.RedirectLost, at, "has the old gateway redirect HTTP to HTTPS",
		"Gateway "+mesh.GatewayNamespace+"/"+mesh.GatewayName+" serves the same routes in plain HTTP, so users may send their sessions in plain text",
		"add "+route+" and, in a patch that runs after this function, write sectionName https in the parentRefs of the other HTTPRoutes").Writes(route))
}

// redirectsToHTTPS reports whether an HTTPRoute of the input at the ingress Gateway redirects to HTTPS.
func redirectsToHTTPS(plan generate.Plan, input *survey.Index) bool {
	return slices.ContainsFunc(input.Items, func(item *manifest.Item) bool {
		if item.Group != survey.GatewayGroup || item.Kind != "HTTPRoute" || item.Removed || !routesIngress(plan, item) {
			return false
		}
		var found bool
		manifest.Walk(manifest.Field(item.Node, "spec"), func(key string, n *yaml.Node) {
			found = found || key == "requestRedirect" && manifest.Value(n, "scheme") == "https"
		})
		return found
	})
}

// certificatesOf are the Secrets that an Istio Gateway serves TLS with.
func certificatesOf(item *manifest.Item) (names []string) {
	for _, server := range manifest.Content(manifest.Field(item.Node, "spec", "servers")) {
		if name := manifest.Value(manifest.Dealias(server), "tls", "credentialName"); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
