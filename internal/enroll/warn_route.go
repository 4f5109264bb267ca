package enroll

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnRoute reports a VirtualService that was kept, with the HTTPRoute to write instead.
func warnRoute(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item, old oldRoute, why string) {
	mesh := plan.Mesh
	effect := "the old gateway no longer allows any request, so users cannot reach this path"
	parent := fmt.Sprintf("parentRefs: [{name: %s, namespace: %s}]", mesh.GatewayName, mesh.GatewayNamespace)
	if why != "" {
		notes.Warn(diagnostic.RouteNotConverted, item, why+", so it was kept", effect, "delete the VirtualService and, to keep the path, add an HTTPRoute with "+parent)
		return
	}
	service := old.service
	if old.namespace != item.Namespace {
		service = old.namespace + "/" + service
	}
	if policy := openToIngress(plan, input, old); policy != "" {
		effect += "; with an HTTPRoute, every user could, because AuthorizationPolicy " + policy + " allows every request from the ingress Gateway"
	}
	notes.Warn(diagnostic.RouteNotConverted, item,
		fmt.Sprintf("routes %s to Service %s, which is not a component that this function knows by that path, so it was kept", old.path, service), effect,
		fmt.Sprintf("delete the VirtualService and, to keep the path, add an HTTPRoute to namespace %s with spec: {%s, rules: [%s]}", old.namespace, parent, old.rule(input)))
}

// rule is the rule of an HTTPRoute that does what the VirtualService did, as YAML on one line.
func (r oldRoute) rule(input *survey.Index) string {
	fields := []string{"matches: [{path: {type: PathPrefix, value: " + flow(r.path) + "}}]"}
	var filters []string
	if r.rewrite != r.path {
		filters = append(filters, "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: "+flow(r.rewrite)+"}}}")
	}
	if r.prefix != "" {
		filters = append(filters, "{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-forwarded-prefix, value: "+flow(r.prefix)+"}]}}")
	}
	if len(filters) > 0 {
		fields = append(fields, "filters: ["+strings.Join(filters, ", ")+"]")
	}
	if r.timeout != "" {
		fields = append(fields, "timeouts: {request: "+flow(r.timeout)+"}")
	}
	fields = append(fields, "backendRefs: [{name: "+r.service+", port: "+r.backendPort(input)+"}]")
	return "{" + strings.Join(fields, ", ") + "}"
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

// flow is a string as it can be written within [] and {} in YAML.
func flow(text string) string {
	if strings.ContainsAny(text, "{}[],&*#?|<>=!%@:`'\" \\") || !manifest.IsText(text) {
		return strconv.Quote(text)
	}
	return text
}

// openToIngress returns the name of a policy at the waypoint that allows every request from the
// ingress Gateway to the Service, or "". It knows only the plain form: the principal of the ingress
// as the only source, and no condition. ztunnel does not see that principal behind a waypoint, so a
// policy with a selector opens nothing.
func openToIngress(plan generate.Plan, input *survey.Index, r oldRoute) (name string) {
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		if name != "" || item.Namespace != r.namespace || !targetsService(spec, r.service) || isMalformed(spec) ||
			survey.Action(spec) != "ALLOW" || survey.DryRun(item) || item.Revision() != "" {
			return
		}
		if slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool { return onlyIngress(plan, manifest.Dealias(rule)) }) {
			name = item.Name
		}
	})
	return name
}

func targetsService(spec *yaml.Node, name string) bool {
	return slices.ContainsFunc(survey.TargetsOf(spec), func(ref *yaml.Node) bool {
		return manifest.Value(ref, "kind") == "Service" && manifest.Value(ref, "name") == name
	})
}

// onlyIngress reports whether a rule allows every request from the ingress Gateway.
func onlyIngress(plan generate.Plan, rule *yaml.Node) bool {
	return onlyKeys(rule, "from") && slices.ContainsFunc(manifest.Content(manifest.Field(rule, "from")), func(from *yaml.Node) bool {
		source := manifest.Field(manifest.Dealias(from), "source")
		return onlyKeys(source, "principals") && slices.Contains(manifest.Strings(manifest.Field(source, "principals")), plan.Mesh.Ingress)
	})
}
