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

// oldRoute is what a VirtualService of the simple kind says: one path that leads to one Service.
type oldRoute struct{ path, service, namespace, port, rewrite, prefix, timeout string }

// removeVirtualServices takes away those whose path has an HTTPRoute now. What no HTTPRoute of
// ours stands for is kept, and told with what to write: the old gateway lets nobody in any more.
func removeVirtualServices(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	input.Live(survey.IstioNetworking, "VirtualService", func(item *manifest.Item) {
		if !input.OnOldGateway(item) {
			return
		}
		old, why := readRoute(item)
		switch {
		case why == "" && old.service == "profiles-kfam" && old.namespace == profile.KubeflowNamespace:
			item.Removed = true
			notes.Note(diagnostic.UncodedInfo, item.String(), "leads to KFAM, whose policy lets no ingress in", "it was removed, and has no HTTPRoute")
		case why == "" && slices.ContainsFunc(wanted, old.is):
			item.Removed = true
		default:
			unknownRoute(plan, notes, item, old, why)
		}
	})
}

// is tells whether the object is the HTTPRoute for this path and Service.
func (r oldRoute) is(o generate.Object) bool {
	if o.Kind != "HTTPRoute" || o.Namespace != r.namespace {
		return false
	}
	rule := manifest.Field(o.Node(), "spec", "rules").Content[0]
	path := manifest.Value(manifest.Field(rule, "matches").Content[0], "path", "value")
	backend := manifest.Field(rule, "backendRefs").Content[0]
	// Kubeflow's prefix for gRPC is a part of the service's name.
	same := path == r.path || strings.HasPrefix(path, r.path+".")
	return same && manifest.Value(backend, "name") == r.service && (r.port == "" || manifest.Value(backend, "port") == r.port) && r.doesTheSame(rule)
}

// doesTheSame compares what happens to a request on the way.
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

func unknownRoute(plan generate.Plan, notes *survey.Notes, item *manifest.Item, old oldRoute, why string) {
	mesh := plan.Mesh
	remedy := fmt.Sprintf("write an HTTPRoute with parentRefs [{name: %s, namespace: %s}]", mesh.GatewayName, mesh.GatewayNamespace)
	if why == "" {
		why = fmt.Sprintf("leads %s to the Service %s/%s, which is no component that this function knows by that path", old.path, old.namespace, old.service)
		remedy = fmt.Sprintf("write an HTTPRoute in the namespace %s with parentRefs [{name: %s, namespace: %s}], matches [{path: {type: PathPrefix, value: %s}}]%s, backendRefs [{name: %s, port: %s}]",
			old.namespace, mesh.GatewayName, mesh.GatewayNamespace, old.path, old.filter(), old.service, old.port)
	}
	notes.Warn(diagnostic.Uncoded, item, why, "it was kept, but the old gateway lets nobody in any more: nobody gets there from outside", remedy+", and take this one away")
}

func (r oldRoute) filter() string {
	if r.rewrite == "" || r.rewrite == r.path {
		return ""
	}
	return fmt.Sprintf(", filters [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: %s}}}]", r.rewrite)
}

// readRoute reads a VirtualService of the simple kind; why says what makes it another.
func readRoute(item *manifest.Item) (r oldRoute, why string) {
	spec := manifest.Field(item.Node, "spec")
	http := manifest.Content(manifest.Field(spec, "http"))
	if len(http) != 1 || manifest.Field(spec, "tcp") != nil || manifest.Field(spec, "tls") != nil {
		return r, "has more than one HTTP route"
	}
	if hosts := manifest.Content(manifest.Field(spec, "hosts")); len(hosts) != 1 || hosts[0].Value != "*" {
		return r, "is for hosts of its own"
	}
	route := manifest.Dealias(http[0])
	matches, destinations := manifest.Content(manifest.Field(route, "match")), manifest.Content(manifest.Field(route, "route"))
	if len(matches) != 1 || len(destinations) != 1 {
		return r, "has more than one match, or more than one destination"
	}
	match := manifest.Dealias(matches[0])
	r.path = manifest.Value(match, "uri", "prefix")
	if r.path == "" || len(match.Content) != 2 {
		return r, "matches by something else than a prefix of the path"
	}
	for i := 0; i+1 < len(route.Content); i += 2 {
		if key := route.Content[i].Value; !slices.Contains([]string{"name", "match", "route", "rewrite", "timeout", "headers"}, key) {
			return r, "has " + key + ", which its HTTPRoute would lose"
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

// readHeaders reads the one header that Kubeflow sets; why says that there is more.
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
		return "changes headers, which its HTTPRoute would lose"
	}
	return ""
}

// removeGateways takes away the Istio Gateways of the old gateway that no VirtualService is left for.
func removeGateways(input *survey.Index) {
	used := map[manifest.ID]bool{}
	for _, item := range input.Items {
		if item.Group == survey.IstioNetworking && item.Kind == "VirtualService" && !item.Removed {
			for _, gateway := range survey.GatewaysOf(item) {
				used[gateway] = true
			}
		}
	}
	input.Live(survey.IstioNetworking, "Gateway", func(item *manifest.Item) {
		if input.SelectsOldGateway(manifest.Field(item.Node, "spec", "selector")) && !used[item.ID] {
			item.Removed = true
		}
	})
}

// removeDestinationRules takes away the sidecars' mTLS in the mesh: ztunnel and waypoints do it by
// themselves, and a rule on top would have them do it twice.
func removeDestinationRules(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	input.Live(survey.IstioNetworking, "DestinationRule", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		traffic := manifest.Field(spec, "trafficPolicy")
		host := strings.Split(manifest.Value(spec, "host"), ".")
		if len(host) == 1 {
			host = append(host, item.Namespace)
		}
		tls := manifest.Field(traffic, "tls")
		if !inMesh(plan, host[1]) || manifest.Value(tls, "mode") != "ISTIO_MUTUAL" {
			return
		}
		if len(spec.Content) == 4 && len(traffic.Content) == 2 && len(tls.Content) == 2 {
			item.Removed = true
			return
		}
		item.Drop(traffic, "tls")
		notes.Note(diagnostic.UncodedInfo, item.String(), "had tls.mode ISTIO_MUTUAL beside other settings", "the mode was removed, and the rest kept")
	})
}
