package enroll

import (
	"cmp"
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
	servers := manifest.Content(manifest.Field(item.Node, "spec", "servers"))
	plain, https := false, slices.ContainsFunc(servers, func(n *yaml.Node) bool { return terminates(manifest.Dealias(n)) })
	for i, server := range servers {
		server, at := manifest.Dealias(server), fmt.Sprintf("spec.servers[%d]", i)
		if terminates(server) && plan.Platform.TLSSecret == "" && !plain {
			plain = true
			warnTLS(plan, notes, item, at+".tls", secretsOf(server))
		}
		switch redirects := manifest.IsTrue(manifest.Field(server, "tls"), "httpsRedirect"); {
		case !redirects || redirectsToHTTPS(plan, input):
		case plan.Platform.TLSSecret != "":
			warnRedirect(plan, notes, item, at+".tls.httpsRedirect", manifest.Strings(manifest.Field(server, "hosts")))
		case !https:
			warnRedirectElsewhere(plan, notes, item, at+".tls.httpsRedirect")
		}
		warnServer(plan, notes, item, server, at)
	}
}

// terminates reports whether a server ends TLS.
func terminates(server *yaml.Node) bool {
	mode := manifest.Value(server, "tls", "mode")
	return mode != "" && !strings.HasSuffix(mode, "PASSTHROUGH")
}

// warnServer reports what of one server the ingress Gateway does not do.
func warnServer(plan generate.Plan, notes *survey.Notes, item *manifest.Item, server *yaml.Node, at string) {
	gateway := "Gateway " + plan.Mesh.GatewayNamespace + "/" + plan.Mesh.GatewayName
	lost := func(found, effect string) {
		notes.WarnAt(diagnostic.ServerLost, item, at, found, effect, "add a listener for that to the Gateway in a patch that runs after this function, and remove this server")
	}
	hosts, mode, own := hostsOf(server), manifest.Value(server, "tls", "mode"), plan.Platform.TLSSecret
	secrets := secretsOf(server)
	foreign := slices.IndexFunc(secrets, func(s secret) bool { return s.name != own })
	switch port := manifest.Value(server, "port", "number"); {
	case strings.HasSuffix(mode, "PASSTHROUGH"):
		lost("passes TLS through for "+hosts, gateway+" does not, so nobody reaches these hosts by TLS")
	case port != "" && port != "80" && port != "443":
		lost("serves port "+port+" for "+hosts, gateway+" has no such listener, so nobody reaches that port")
	case strings.HasSuffix(mode, "MUTUAL"):
		lost("asks the clients of "+hosts+" for a certificate", gateway+" does not, so clients without one get as far as the login")
	case terminates(server) && foreign >= 0 && own != "":
		lost("has the certificate "+secrets[foreign].text+" for "+hosts, gateway+" serves every host with the certificate "+own+", which the clients of these hosts may refuse")
	}
	if settings := settingsOf(server); len(settings) > 0 {
		notes.WarnAt(diagnostic.ServerSettingsLost, item, at, "sets "+inWords(settings), gateway+" has Istio's defaults in their place, so it may serve clients that the old gateway refused, or refuse others",
			"patch the Gateway after this function if they are needed, and remove them here")
	}
	if all := manifest.Strings(manifest.Field(server, "hosts")); len(all) > 0 && !slices.ContainsFunc(all, func(host string) bool { return host == "*" || host == "*/*" }) && !strings.HasSuffix(mode, "PASSTHROUGH") {
		notes.WarnAt(diagnostic.ServerHostsLost, item, at+".hosts", "has "+inWords(firstOf(all, 4)), gateway+" serves its routes for every host and of every namespace",
			"set hostname in the listeners of the Gateway in a patch that runs after this function if that matters, and write '*' here")
	}
}

// settingsOf are the fields of a server that change how it serves, and that have no counterpart at the ingress
// Gateway: all but those that have messages of their own. Istio's default is TLS 1.2 from below.
func settingsOf(server *yaml.Node) (fields []string) {
	see := func(prefix string, n *yaml.Node, known ...string) {
		for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, manifest.Dealias(n.Content[i+1]).Value
			if slices.Contains(known, key) || key == "minProtocolVersion" && (value == "TLSV1_2" || value == "TLS_AUTO") {
				continue
			}
			if value != "" {
				value = ": " + value
			}
			fields = append(fields, prefix+key+value)
		}
	}
	see("", server, "hosts", "port", "tls", "name")
	known := []string{"mode", "credentialName", "httpsRedirect"}
	if manifest.Field(server, "tls", "credentialName") == nil && len(secretsOf(server)) == 1 {
		known = append(known, "credentialNames")
	}
	see("tls.", manifest.Field(server, "tls"), known...)
	return fields
}

// secret is a certificate as a server names it: the Secret, and its namespace where the text has one.
type secret struct{ text, namespace, name string }

// secretsOf are the certificates of a server. Istio 1.31 (pilot/pkg/model/credentials, ParseResourceName): NAME
// or NAMESPACE/NAME, perhaps behind kubernetes:// or kubernetes-gateway://. The name is "" for what is not a
// Secret.
func secretsOf(server *yaml.Node) (out []secret) {
	texts := manifest.Strings(manifest.Field(server, "tls", "credentialNames"))
	if name := manifest.Value(server, "tls", "credentialName"); name != "" {
		texts = append([]string{name}, texts...)
	}
	for _, text := range texts {
		s := secret{text: text, name: strings.TrimPrefix(strings.TrimPrefix(text, "kubernetes://"), "kubernetes-gateway://")}
		if namespace, name, found := strings.Cut(s.name, "/"); found {
			s.namespace, s.name = namespace, name
		}
		if strings.ContainsAny(s.namespace+s.name, ":/") {
			s.namespace, s.name = "", ""
		}
		out = append(out, s)
	}
	return out
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
func warnTLS(plan generate.Plan, notes *survey.Notes, item *manifest.Item, at string, secrets []secret) {
	gateway := plan.Mesh.GatewayNamespace
	remedy := "set spec.ingress.tlsSecret to the name of a Secret with the certificate in namespace " + gateway
	if len(secrets) > 0 && secrets[0].name != "" {
		remedy = "set spec.ingress.tlsSecret: " + secrets[0].name
		if from := cmp.Or(secrets[0].namespace, survey.OldGatewayNamespace); from != gateway {
			remedy = "copy Secret " + from + "/" + secrets[0].name + " into namespace " + gateway + ", and " + remedy
		}
	}
	notes.WarnAt(diagnostic.TLSLost, item, at, "is how the old gateway serves HTTPS",
		"Gateway "+gateway+"/"+plan.Mesh.GatewayName+" has no TLS listener, so users reach Kubeflow in plain HTTP only", remedy)
}

// warnRedirectElsewhere reports a redirect to HTTPS that something in front of the gateway ends. Envoy's
// require_tls believes x-forwarded-proto, which no HTTPRoute does: a route that redirects would do it forever.
func warnRedirectElsewhere(plan generate.Plan, notes *survey.Notes, item *manifest.Item, at string) {
	notes.WarnAt(diagnostic.RedirectLost, item, at, "has the old gateway redirect HTTP to HTTPS, which it does not serve itself",
		"Gateway "+plan.Mesh.GatewayNamespace+"/"+plan.Mesh.GatewayName+" does not redirect, so users may send their sessions in plain text",
		"have the load balancer that serves HTTPS redirect, and remove the field, or set spec.ingress.tlsSecret")
}

// warnRedirect reports a redirect to HTTPS that the ingress Gateway does not have. Unless a listener is configured,
// the HTTPRoutes are for both, so that one which redirects is not enough.
func warnRedirect(plan generate.Plan, notes *survey.Notes, item *manifest.Item, at string, hosts []string) {
	mesh := plan.Mesh
	spec := generate.Fields{
		"parentRefs": []any{generate.Fields{"name": mesh.GatewayName, "namespace": mesh.GatewayNamespace, "sectionName": "default"}},
		"rules":      []any{generate.Fields{"filters": []any{generate.Fields{"type": "RequestRedirect", "requestRedirect": generate.Fields{"scheme": "https", "statusCode": 301}}}}},
	}
	effect := " serves the same routes in plain HTTP, so users may send their sessions in plain text"
	remedy := ", set spec.ingress.sectionName: https, and write sectionName: https in the parentRefs of your own HTTPRoutes"
	if mesh.SectionName != "" && mesh.SectionName != "default" {
		effect, remedy = " does not redirect, so users who ask in plain HTTP reach nothing", ""
	}
	if names := hostnamesFor(hosts); len(names) > 0 {
		spec["hostnames"] = names
		remedy = "" // Envoy looks for a path only among the routes of the closest host
	}
	route := flowOf(generate.Fields{
		"apiVersion": survey.GatewayGroup + "/v1", "kind": "HTTPRoute",
		"metadata": generate.Fields{"name": "https-redirect", "namespace": mesh.GatewayNamespace}, "spec": spec,
	})
	notes.Report(item.Report(diagnostic.RedirectLost, at, "has the old gateway redirect HTTP to HTTPS",
		"Gateway "+mesh.GatewayNamespace+"/"+mesh.GatewayName+effect, "add "+route+remedy).Writes(route))
}

// hostnamesFor are the hostnames of a route that is for some hosts of a server only; none is every host.
func hostnamesFor(hosts []string) (names []any) {
	for _, host := range hosts {
		if _, after, found := strings.Cut(host, "/"); found {
			host = after
		}
		if !hostName.MatchString(host) {
			return nil
		}
		names = append(names, host)
	}
	return names
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
		for _, s := range secretsOf(manifest.Dealias(server)) {
			if !slices.Contains(names, s.text) {
				names = append(names, s.text)
			}
		}
	}
	return names
}
