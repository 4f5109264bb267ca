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
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// oldRoute is a VirtualService of the simple form: one path that routes to one Service.
type oldRoute struct{ path, service, namespace, port, rewrite, prefix, timeout string }

// removeVirtualServices removes those whose path has an HTTPRoute now. It keeps the others and reports
// what to write instead, because the old gateway allows no request any more.
func removeVirtualServices(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	input.Live(survey.IstioNetworking, "VirtualService", func(item *manifest.Item) {
		if !input.OnOldGateway(item) {
			return
		}
		old, why := readRoute(item)
		switch {
		case why == "" && old.service == "profiles-kfam" && old.namespace == profile.KubeflowNamespace:
			item.Removed = true
			notes.Warn(diagnostic.RouteOfKFAMRemoved, item, "was removed without a replacement", "KFAM's policy does not allow the ingress Gateway, so the route could not be used", "")
		case why == "":
			at := slices.IndexFunc(wanted, old.is)
			if at < 0 {
				warnRoute(plan, input, notes, item, old, why)
				return
			}
			item.Removed = true
			notes.Warn(diagnostic.RouteReplaced, item, "was removed", fmt.Sprintf("HTTPRoute %s/%s does the same at Gateway %s/%s", wanted[at].Namespace, wanted[at].Name, plan.Mesh.GatewayNamespace, plan.Mesh.GatewayName), "")
		default:
			warnRoute(plan, input, notes, item, old, why)
		}
	})
}

// is reports whether the object is the HTTPRoute for this path and Service.
func (r oldRoute) is(o generate.Object) bool {
	if o.Kind != "HTTPRoute" || o.Namespace != r.namespace {
		return false
	}
	rule := manifest.Field(o.Node(), "spec", "rules").Content[0]
	path := manifest.Value(manifest.Field(rule, "matches").Content[0], "path", "value")
	backend := manifest.Field(rule, "backendRefs").Content[0]
	// Kubeflow's prefix for gRPC is a part of the gRPC service's name.
	same := path == r.path || strings.HasPrefix(path, r.path+".")
	return same && manifest.Value(backend, "name") == r.service && (r.port == "" || manifest.Value(backend, "port") == r.port) && r.doesTheSame(rule)
}

// doesTheSame reports whether the rule of an HTTPRoute changes a request in the same way.
func (r oldRoute) doesTheSame(rule *yaml.Node) bool {
	var rewrite, prefix string
	for _, filter := range manifest.Content(manifest.Field(rule, "filters")) {
		switch manifest.Value(filter, "type") {
		case "URLRewrite":
			rewrite = manifest.Value(filter, "urlRewrite", "path", "replacePrefixMatch")
		case "RequestHeaderModifier":
			prefix = manifest.Value(manifest.Field(filter, "requestHeaderModifier", "set").Content[0], "value")
		}
	}
	if r.rewrite != r.path && r.rewrite != rewrite {
		return false
	}
	return (r.prefix == "" || r.prefix == prefix) && (r.timeout == "" || r.timeout == manifest.Value(rule, "timeouts", "request"))
}

// readRoute reads a VirtualService of the simple form; why says how it differs from that form.
func readRoute(item *manifest.Item) (r oldRoute, why string) {
	spec := manifest.Field(item.Node, "spec")
	http := manifest.Content(manifest.Field(spec, "http"))
	if len(http) != 1 || manifest.Field(spec, "tcp") != nil || manifest.Field(spec, "tls") != nil {
		return r, "has more than one HTTP route"
	}
	if hosts := manifest.Content(manifest.Field(spec, "hosts")); len(hosts) != 1 || hosts[0].Value != "*" {
		return r, "names hosts"
	}
	route := manifest.Dealias(http[0])
	matches, destinations := manifest.Content(manifest.Field(route, "match")), manifest.Content(manifest.Field(route, "route"))
	if len(matches) != 1 || len(destinations) != 1 {
		return r, "has more than one match or destination"
	}
	match := manifest.Dealias(matches[0])
	r.path = manifest.Value(match, "uri", "prefix")
	if r.path == "" || len(match.Content) != 2 {
		return r, "does not match by a path prefix alone"
	}
	for i := 0; i+1 < len(route.Content); i += 2 {
		if key := route.Content[i].Value; !slices.Contains([]string{"name", "match", "route", "rewrite", "timeout", "headers"}, key) {
			return r, "sets " + key + ", which its HTTPRoute would not do"
		}
	}
	destination := manifest.Field(manifest.Dealias(destinations[0]), "destination")
	host := strings.Split(manifest.Value(destination, "host"), ".")
	r.service, r.namespace = host[0], item.Namespace
	if len(host) > 1 {
		r.namespace = host[1]
	}
	r.port = manifest.Value(destination, "port", "number")
	r.rewrite, r.timeout = manifest.Value(route, "rewrite", "uri"), manifest.Value(route, "timeout")
	if r.rewrite == "" {
		r.rewrite = r.path
	}
	return r, r.readHeaders(manifest.Field(route, "headers"))
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
		return "changes headers, which its HTTPRoute would not do"
	}
	return ""
}
