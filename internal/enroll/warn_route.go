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

// warnRoute reports a VirtualService that was kept, with the HTTPRoute to write instead. why says what
// keeps it from being one of Kubeflow's own, routes are our HTTPRoutes, by namespace, and hosts are Kubeflow's own.
func warnRoute(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item, old oldRoute, why string, routes map[string][]generate.Object, hosts []string) {
	found := why
	if found == "" {
		found = fmt.Sprintf("routes %s to Service %s, which is not a component that this function knows by that path", old.path, qualified(item, old.namespace, old.service))
	}
	const kept, effect = ", so it was kept", "the old gateway no longer allows any request, so nobody reaches this path"
	remedy := leaveOldGateway(input, item)
	if at := slices.IndexFunc(routes[old.namespace], old.leads); at >= 0 {
		served := routes[old.namespace][at]
		if why == "" {
			found = fmt.Sprintf("routes %s to Service %s with another rewrite, header or timeout than Kubeflow", old.path, qualified(item, old.namespace, old.service))
		}
		notes.Warn(diagnostic.RouteNotConverted, item, found+kept, fmt.Sprintf("HTTPRoute %s/%s leads that path to the same Service, and does not do the same", served.Namespace, served.Name),
			remedy+" if that is enough, or patch the HTTPRoute")
		return
	}
	route, not := routeOf(plan, input, item, hosts)
	if not != "" {
		if why == "" {
			found += " and "
		} else {
			found = ""
		}
		found += not
		notes.Report(item.Report(diagnostic.RouteNotConverted, "", found+kept, effect, remedy+" and, to keep the path, add an HTTPRoute with "+parentRefs(plan)).Writes(parentRefs(plan)))
		return
	}
	if open := openToIngress(plan, input, route); open != "" {
		remedy = "delete " + open + ", which allows every user at the ingress Gateway, " + remedy
	}
	advised := flowOf(route.object(plan, input, item, routes[route.namespace]))
	notes.Report(item.Report(diagnostic.RouteNotConverted, "", found+kept, effect+audience(input, plan, route)+notCarried(route.lost)+route.alsoTaken(plan, input, routes), remedy+" and, to keep the path, add "+advised).Writes(advised))
}

// qualified is the name of a Service, with its namespace where that is another one than the item's.
func qualified(item *manifest.Item, namespace, name string) string {
	if namespace == item.Namespace {
		return name
	}
	return namespace + "/" + name
}

// leaveOldGateway is what to do with the VirtualService: other Gateways may still need it.
func leaveOldGateway(input *survey.Index, item *manifest.Item) string {
	old, others := input.OldGatewaysOf(item)
	if len(others) == 0 {
		return "delete the VirtualService"
	}
	return "remove " + old[0].Namespace + "/" + old[0].Name + " from its gateways"
}

// object is the HTTPRoute as a whole, with a name that no other has.
func (t newRoute) object(plan generate.Plan, input *survey.Index, item *manifest.Item, ours []generate.Object) generate.Fields {
	name := item.Name
	if input.ByID[manifest.NewID(survey.GatewayGroup, "HTTPRoute", t.namespace, name)] != nil ||
		slices.ContainsFunc(ours, func(o generate.Object) bool { return o.Name == name }) {
		name += "-at-" + plan.Mesh.GatewayName
	}
	return generate.Fields{
		"apiVersion": survey.GatewayGroup + "/v1", "kind": "HTTPRoute",
		"metadata": generate.Fields{"name": name, "namespace": t.namespace},
		"spec":     t.spec,
	}
}

// audience says who can use the route: at the ingress Gateway, everybody who is logged in. Where others share
// the old gateway, that is fewer than before: customers of a shop have no token.
func audience(input *survey.Index, plan generate.Plan, t newRoute) string {
	if len(t.services) == 0 {
		return ""
	}
	space := input.ByID[manifest.ID{Kind: "Namespace", Name: t.namespace}]
	users, others := "every user who is logged in does", ", and nobody without a login does"
	if paths := t.atLogin(plan); len(paths) > 0 {
		users += ", and everybody on the paths of the login (" + strings.Join(paths, ", ") + ")"
		others += " elsewhere"
	}
	others += ", because the Gateway requires a token"
	if t.everyHost != "" {
		others += "; the route is for every host, because a hostname would hide Kubeflow's own routes on " + t.everyHost
	}
	switch {
	case inMesh(plan, t.namespace):
		return "; with the advised HTTPRoute, those do whom the policies of " + t.namespace + " allow" + others
	case space != nil && space.Label("istio.io/dataplane-mode") == "" && space.Label("istio-injection") == "" && space.Label("istio.io/rev") == "":
		return "; with the advised HTTPRoute, " + users + ", because Namespace " + t.namespace + " is not in the mesh" + others
	}
	return "; with the advised HTTPRoute, " + users + " whom no policy of " + t.namespace + " keeps out" + others
}

// atLogin are the paths of the login that the route takes requests on: nobody has to be logged in there.
func (t newRoute) atLogin(plan generate.Plan) (found []string) {
	for _, open := range plan.Platform.LoginPaths {
		literal := strings.TrimRight(open, "*")
		if slices.ContainsFunc(t.paths, func(path string) bool {
			return strings.HasPrefix(literal, path) || literal != open && strings.HasPrefix(path, literal)
		}) && !slices.Contains(found, literal) {
			found = append(found, literal)
		}
	}
	return found
}

// alsoTaken names the HTTPRoutes of the ingress Gateway that are for a path of the route as well.
func (t newRoute) alsoTaken(plan generate.Plan, input *survey.Index, ours map[string][]generate.Object) string {
	var names []string
	see := func(namespace, name string, spec *yaml.Node) {
		if !sameHosts(manifest.Strings(manifest.Field(spec, "hostnames")), t.spec["hostnames"]) {
			return
		}
		for _, rule := range manifest.Content(manifest.Field(spec, "rules")) {
			for _, match := range manifest.Content(manifest.Field(manifest.Dealias(rule), "matches")) {
				path := manifest.Value(manifest.Dealias(match), "path", "value")
				if full := namespace + "/" + name; slices.ContainsFunc(t.paths, func(own string) bool {
					return own != "/" && strings.TrimRight(own, "/") == strings.TrimRight(path, "/")
				}) && !slices.Contains(names, full) {
					names = append(names, full)
				}
			}
		}
	}
	for _, namespace := range generate.SortedKeys(ours) {
		for _, o := range ours[namespace] {
			see(o.Namespace, o.Name, manifest.Field(o.Node(), "spec"))
		}
	}
	input.Live(survey.GatewayGroup, "HTTPRoute", func(item *manifest.Item) {
		if routesIngress(plan, item) {
			see(item.Namespace, item.Name, manifest.Field(item.Node, "spec"))
		}
	})
	if len(names) == 0 {
		return ""
	}
	return "; HTTPRoute " + inWords(firstOf(names, 4)) + " is for such a path as well, and of two routes that match equally Istio uses the older one"
}

// sameHosts reports whether two HTTPRoutes are for the same hostnames.
func sameHosts(theirs []string, own any) bool {
	hosts, _ := own.([]any)
	return len(theirs) == len(hosts) && !slices.ContainsFunc(hosts, func(host any) bool { return !slices.Contains(theirs, host.(string)) })
}

// notCarried says what the HTTPRoute does not do.
func notCarried(lost []string) string {
	if len(lost) == 0 {
		return ""
	}
	return ", but without " + inWords(lost)
}

// backendPort is the port of the Service. A VirtualService may omit it if the Service has only one.
func (r oldRoute) backendPort(input *survey.Index) string {
	if r.port != "" {
		return r.port
	}
	if service := input.ByID[manifest.ID{Kind: "Service", Namespace: r.namespace, Name: r.service}]; service != nil {
		if ports := manifest.Content(manifest.Field(service.Node, "spec", "ports")); len(ports) == 1 {
			return manifest.Value(manifest.Dealias(ports[0]), "port")
		}
	}
	return "PORT"
}

// openToIngress names the rules at the waypoint that allow every request from the ingress Gateway to a
// Service of the route, or "". It knows only the plain form: the principal of the ingress as the only
// source, and no condition. ztunnel does not see that principal behind a waypoint, so a policy with a
// selector opens nothing.
func openToIngress(plan generate.Plan, input *survey.Index, t newRoute) string {
	if !slices.ContainsFunc(plan.Namespaces, func(ns generate.Namespace) bool { return ns.Name == t.namespace }) {
		return "" // a route to Kubeflow's own Service is for every user
	}
	var open []string
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		if item.Namespace != t.namespace || isMalformed(spec) || survey.Action(spec) != "ALLOW" || survey.DryRun(item) || item.Revision() != "" ||
			!aimsAt(plan, spec, t.services) {
			return
		}
		for i, rule := range survey.RulesOf(spec) {
			if onlyIngress(plan, manifest.Dealias(rule)) {
				open = append(open, fmt.Sprintf("rules[%d] of AuthorizationPolicy %s/%s", i, item.Namespace, item.Name))
			}
		}
	})
	if len(open) == 0 {
		return ""
	}
	return inWords(open)
}

// aimsAt reports whether a policy is for one of the Services, or for the waypoint before all of them.
func aimsAt(plan generate.Plan, spec *yaml.Node, services []string) bool {
	return slices.ContainsFunc(survey.TargetsOf(spec), func(ref *yaml.Node) bool {
		kind, name := manifest.Value(ref, "kind"), manifest.Value(ref, "name")
		return kind == "Service" && slices.Contains(services, name) || kind == "Gateway" && name == plan.Mesh.Waypoint.Name
	})
}

// onlyIngress reports whether a rule allows every request from the ingress Gateway.
func onlyIngress(plan generate.Plan, rule *yaml.Node) bool {
	return onlyKeys(rule, "from") && slices.ContainsFunc(manifest.Content(manifest.Field(rule, "from")), func(from *yaml.Node) bool {
		source := manifest.Field(manifest.Dealias(from), "source")
		return onlyKeys(source, "principals") && slices.Contains(manifest.Strings(manifest.Field(source, "principals")), plan.Mesh.Ingress)
	})
}
