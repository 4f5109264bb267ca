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
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// oldRoute is a VirtualService of the simple form: one path that routes to one Service. Its hosts do not
// matter for Kubeflow's own: their HTTPRoutes are for every host.
type oldRoute struct{ path, service, namespace, port, rewrite, prefix, timeout string }

// removeVirtualServices removes those whose path has an HTTPRoute now, Kubeflow's or a profile's. It keeps
// the others and reports what to write instead, because the old gateway allows no request any more.
func removeVirtualServices(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	routes := map[string][]generate.Object{} // by namespace
	for _, o := range wanted {
		if o.Kind == "HTTPRoute" {
			routes[o.Namespace] = append(routes[o.Namespace], o)
		}
	}
	hosts := kubeflowHosts(input)
	input.Live(survey.IstioNetworking, "VirtualService", func(item *manifest.Item) {
		if !input.OnOldGateway(item) {
			return
		}
		old, why := readRoute(item)
		var shared string
		if _, others := input.OldGatewaysOf(item); len(others) > 0 {
			shared = "is also for " + gatewayName(others[0])
		}
		ours := routes[old.namespace]
		if why == "" && shared == "" && old.service == "profiles-kfam" && old.namespace == profile.KubeflowNamespace {
			item.Removed = true
			notes.Warn(diagnostic.RouteOfKFAMRemoved, item, "was removed without a replacement", "KFAM's policy does not allow the ingress Gateway, so the route could not be used", "")
			return
		}
		if at := slices.IndexFunc(ours, old.is); why == "" && at >= 0 {
			does := "does the same"
			if hosts := manifest.Strings(manifest.Field(item.Node, "spec", "hosts")); len(hosts) > 0 && !slices.Contains(hosts, "*") {
				does += " for every host, and not only for " + inWords(firstOf(hosts, 4)) + ","
			}
			same := fmt.Sprintf("HTTPRoute %s/%s %s at Gateway %s/%s", ours[at].Namespace, ours[at].Name, does, plan.Mesh.GatewayNamespace, plan.Mesh.GatewayName)
			if shared != "" {
				notes.Warn(diagnostic.RouteNotConverted, item, shared+", so it was kept", same, leaveOldGateway(input, item))
				return
			}
			item.Removed = true
			notes.Warn(diagnostic.RouteReplaced, item, "was removed", same, "")
			return
		}
		warnRoute(plan, input, notes, item, old, cmp.Or(why, shared), routes, hosts)
	})
}

// gatewayName is an Istio Gateway as a VirtualService names it.
func gatewayName(id manifest.ID) string {
	if id.Name == "mesh" {
		return "traffic inside of the mesh"
	}
	return "Gateway " + id.Namespace + "/" + id.Name
}

// is reports whether the object is the HTTPRoute for this path and Service, and does the same.
func (r oldRoute) is(o generate.Object) bool {
	return r.leads(o) && r.doesTheSame(manifest.Field(o.Node(), "spec", "rules").Content[0])
}

// leads reports whether the object is the HTTPRoute for this path and Service.
func (r oldRoute) leads(o generate.Object) bool {
	if o.Kind != "HTTPRoute" || o.Namespace != r.namespace || r.path == "" {
		return false
	}
	rule := manifest.Field(o.Node(), "spec", "rules").Content[0]
	path := manifest.Value(manifest.Field(rule, "matches").Content[0], "path", "value")
	backend := manifest.Field(rule, "backendRefs").Content[0]
	// Kubeflow's prefix for gRPC is a part of the gRPC service's name.
	same := path == r.path || strings.HasPrefix(path, r.path+".")
	return same && manifest.Value(backend, "name") == r.service && (r.port == "" || manifest.Value(backend, "port") == r.port)
}

// doesTheSame reports whether the rule of an HTTPRoute changes a request in the same way. A header that only
// Kubeflow's has tells a web app the path that it is at.
func (r oldRoute) doesTheSame(rule *yaml.Node) bool {
	path := manifest.Value(manifest.Field(rule, "matches").Content[0], "path", "value")
	rewrite, prefix := path, ""
	for _, filter := range manifest.Content(manifest.Field(rule, "filters")) {
		switch manifest.Value(filter, "type") {
		case "URLRewrite":
			rewrite = manifest.Value(filter, "urlRewrite", "path", "replacePrefixMatch")
		case "RequestHeaderModifier":
			prefix = manifest.Value(manifest.Field(filter, "requestHeaderModifier", "set").Content[0], "value")
		}
	}
	same := r.rewrite == rewrite || r.rewrite == r.path && rewrite == path
	timeout := manifest.Value(rule, "timeouts", "request")
	return same && (r.prefix == "" || r.prefix == prefix) && (r.timeout == timeout || timeout != "" && duration(r.timeout) == timeout)
}

// readRoute reads a VirtualService of the simple form; why says how it differs from that form.
func readRoute(item *manifest.Item) (r oldRoute, why string) {
	spec := manifest.Field(item.Node, "spec")
	http := manifest.Content(manifest.Field(spec, "http"))
	if len(http) != 1 || manifest.Field(spec, "tcp") != nil || manifest.Field(spec, "tls") != nil {
		return r, "has more than one HTTP route"
	}
	route := manifest.Dealias(http[0])
	matches, destinations := manifest.Content(manifest.Field(route, "match")), manifest.Content(manifest.Field(route, "route"))
	if len(matches) != 1 {
		return r, "does not match by one path prefix alone"
	}
	if len(destinations) != 1 {
		return r, "does not lead to one destination"
	}
	match := manifest.Dealias(matches[0])
	r.path = manifest.Value(match, "uri", "prefix")
	if r.path == "" || len(match.Content) != 2 {
		return r, "does not match by one path prefix alone"
	}
	destination := manifest.Field(manifest.Dealias(destinations[0]), "destination")
	host := manifest.Value(destination, "host")
	if r.service, r.namespace = serviceOf(host, item.Namespace); r.service == "" {
		return r, "leads to " + host + ", which is not a Service of the cluster"
	}
	r.port = manifest.Value(destination, "port", "number")
	r.rewrite, r.timeout = cmp.Or(manifest.Value(route, "rewrite", "uri"), r.path), manifest.Value(route, "timeout")
	for i := 0; i+1 < len(route.Content); i += 2 {
		if key := route.Content[i].Value; !slices.Contains([]string{"name", "match", "route", "rewrite", "timeout", "headers"}, key) {
			return r, "sets " + key
		}
	}
	if why := cmp.Or(
		beside("spec.http[0].route[0]", manifest.Dealias(destinations[0]), "destination", "weight"),
		beside("spec.http[0].route[0].destination", destination, "host", "port"),
		beside("spec.http[0].route[0].destination.port", manifest.Field(destination, "port"), "number"),
		beside("spec.http[0].rewrite", manifest.Field(route, "rewrite"), "uri"),
	); why != "" {
		return r, why
	}
	return r, r.readHeaders(manifest.Field(route, "headers"))
}

// beside says which key a map has beside some others, or "".
func beside(at string, n *yaml.Node, known ...string) string {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if key := n.Content[i].Value; !slices.Contains(known, key) {
			return "has " + at + "." + key
		}
	}
	return ""
}

// serviceOf is the Service that a host of a VirtualService means: NAME, NAME.NAMESPACE, or what follows with svc.
func serviceOf(host, namespace string) (name, of string) {
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1:
		return host, namespace
	case len(parts) == 2 || parts[2] == "svc":
		return parts[0], parts[1]
	}
	return "", ""
}

// readHeaders reads the one header that Kubeflow sets; why says that there are others.
func (r *oldRoute) readHeaders(headers *yaml.Node) (why string) {
	if headers == nil {
		return ""
	}
	request := manifest.Field(headers, "request")
	for _, change := range []string{"add", "set"} {
		if set := manifest.Field(request, change); set != nil && len(set.Content) == 2 && len(request.Content) == 2 && len(headers.Content) == 2 {
			r.prefix = manifest.Value(set, "x-forwarded-prefix")
		}
	}
	if r.prefix == "" {
		return "changes other headers than Kubeflow does"
	}
	return ""
}
