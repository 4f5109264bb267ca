package enroll

import (
	"maps"
	"slices"
	"strings"

	"istio.io/api/label"
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/platform"
)

// jwtRule is a rule by which the ingress Gateway accepts tokens.
type jwtRule struct {
	*security.JWTRule
	// item has the rule; nil where it is one of ours.
	item  *manifest.Item
	index int
}

// ingressRules are the JWT rules in force at the ingress Gateway, but those of the cluster's own
// issuers that we write. What an AmbientProfile of this name wrote before is written again, or gone.
func rulesAtIngress(plan generate.Plan, input *survey.Index, notes *survey.Notes) []jwtRule {
	var dex generate.Object
	var keptDex *manifest.Item
	if plan.Platform != nil {
		dex = platform.DexJWT(plan.Mesh)
		if keptDex = kept(plan, input, dex); keptDex != nil {
			dex = generate.Object{}
		}
	}
	var rules []jwtRule
	for _, item := range input.Items {
		ours := survey.OwnedBy(item) == plan.Name || item.ID == idOf(dex) || plan.Cluster != nil && item.ID == tokenIssuer(plan)
		if ours || item.Removed || !isAuthentication(item) || !onIngress(plan, input, item) {
			continue
		}
		if item.Revision() != "" && item != keptDex { // from which switchOn takes the label
			tellRevisionOfLogin(plan, notes, item)
			continue
		}
		for i, rule := range manifest.Content(manifest.Field(item.Node, "spec", "jwtRules")) {
			rules = append(rules, jwtRule{readJWTRule(manifest.Dealias(rule)), item, i})
		}
	}
	if dex.Name != "" {
		for i, rule := range dex.Fields["spec"].(*security.RequestAuthentication).JwtRules {
			rules = append(rules, jwtRule{rule, nil, i})
		}
	}
	return rules
}

// tellRevisionOfLogin says that a RequestAuthentication at the ingress Gateway is not counted on.
func tellRevisionOfLogin(plan generate.Plan, notes *survey.Notes, item *manifest.Item) {
	remedy := "take the label off"
	if plan.Mesh.Tokens.SessionIssuers == nil {
		remedy += ", or list the issuers in spec.identity.sessionIssuers"
	}
	notes.Warn(diagnostic.Uncoded, item, "is for the ingress Gateway and has the label "+label.IoIstioRev.Name+": "+item.Revision(), "an istiod of another revision ignores it, so its issuers do not count as logins", remedy)
}

func tokenIssuer(plan generate.Plan) manifest.ID {
	return manifest.NewID(survey.IstioSecurity, "RequestAuthentication", plan.Mesh.GatewayNamespace, generate.TokenIssuerName)
}

func isAuthentication(item *manifest.Item) bool {
	return item.Group == survey.IstioSecurity && item.Kind == "RequestAuthentication"
}

// onIngress reports whether a RequestAuthentication is in force at the ingress Gateway (Istio:
// ShouldAttachPolicy): by a targetRef of its namespace; or without one in that namespace or the
// root namespace, by its selector, or as it has none. One that stays at the old gateway is copied to
// the new one by the platform (copyToGateway).
func onIngress(plan generate.Plan, input *survey.Index, item *manifest.Item) bool {
	mesh := plan.Mesh
	spec := manifest.Field(item.Node, "spec")
	if refs := survey.TargetsOf(spec); len(refs) > 0 {
		return item.Namespace == mesh.GatewayNamespace && slices.ContainsFunc(refs, func(ref *yaml.Node) bool {
			return manifest.Value(ref, "group") == survey.GatewayGroup && manifest.Value(ref, "kind") == "Gateway" && manifest.Value(ref, "name") == mesh.GatewayName
		})
	}
	if plan.Platform != nil && input.AtOldGateway(item) {
		return true
	}
	if item.Namespace != mesh.GatewayNamespace && item.Namespace != mesh.RootNamespace {
		return false
	}
	selector := survey.LabelsOf(manifest.Field(spec, "selector", "matchLabels"))
	return slices.ContainsFunc(podsOfGateway(plan, input), func(pod survey.Labels) bool { return pod.Cover(selector) })
}

// gatewayPods are the labels of the ingress Gateway's pods: those that Istio gives them, with the
// Gateway's own (Istio: deploymentcontroller extractInfrastructureLabels), and those of workloads
// of the input that run under the ingress's account.
func podsOfGateway(plan generate.Plan, input *survey.Index) []survey.Labels {
	if input.IngressPods != nil {
		return input.IngressPods
	}
	mesh := plan.Mesh
	_, account, _ := strings.Cut(mesh.Ingress, "/sa/")
	pod := map[string]string{
		"sidecar.istio.io/inject":             "false",
		"service.istio.io/canonical-name":     account,
		"service.istio.io/canonical-revision": "latest",
		"gateway.istio.io/managed":            "istio.io-gateway-controller",
	}
	for key, text := range gatewayLabels(plan, input) {
		if !strings.HasPrefix(key, survey.GatewayGroup+"/") {
			pod[key] = text
		}
	}
	class := "istio"
	if gateway := ingressGateway(plan, input); gateway != nil && plan.Platform == nil {
		class = manifest.Value(gateway.Node, "spec", "gatewayClassName")
	}
	pod[survey.GatewayPods] = mesh.GatewayName
	pod[survey.WaypointClass] = class // Istio 1.31: kube-gateway.yaml
	input.IngressPods = []survey.Labels{survey.LabelsFrom(pod)}
	for _, w := range input.WorkloadsOf(mesh.GatewayNamespace) {
		if manifest.Value(workloadSpec(w.Item), "serviceAccountName") == account {
			input.IngressPods = append(input.IngressPods, w.Labels)
		}
	}
	return input.IngressPods
}

// gatewayLabels are those that the ingress Gateway gives to its pods.
func gatewayLabels(plan generate.Plan, input *survey.Index) map[string]string {
	own := map[string]string{}
	if gateway := ingressGateway(plan, input); gateway != nil {
		infrastructure := manifest.StringMap(manifest.Field(gateway.Node, "spec", "infrastructure", "labels"))
		if infrastructure != nil && plan.Platform == nil {
			return infrastructure
		}
		maps.Copy(own, manifest.StringMap(manifest.Field(gateway.Node, "metadata", "labels")))
	}
	if plan.Platform != nil {
		maps.Copy(own, platform.GatewayLabels(plan.Mesh))
	}
	return own
}

func workloadSpec(item *manifest.Item) *yaml.Node {
	if item.Kind == "Pod" {
		return manifest.Field(item.Node, "spec")
	}
	return survey.PodSpec(item)
}

func ingressGateway(plan generate.Plan, input *survey.Index) *manifest.Item {
	return input.ByID[manifest.NewID(survey.GatewayGroup, "Gateway", plan.Mesh.GatewayNamespace, plan.Mesh.GatewayName)]
}

// readJWTRule reads what decides whose token a rule accepts and what it writes.
func readJWTRule(n *yaml.Node) *security.JWTRule {
	rule := &security.JWTRule{
		Issuer:               manifest.Value(n, "issuer"),
		Audiences:            manifest.Strings(manifest.Field(n, "audiences")),
		JwksUri:              manifest.Value(n, "jwksUri"),
		Jwks:                 manifest.Value(n, "jwks"),
		FromParams:           manifest.Strings(manifest.Field(n, "fromParams")),
		FromCookies:          manifest.Strings(manifest.Field(n, "fromCookies")),
		SpaceDelimitedClaims: manifest.Strings(manifest.Field(n, "spaceDelimitedClaims")),
		ForwardOriginalToken: manifest.IsTrue(n, "forwardOriginalToken"),
	}
	if rule.JwksUri == "" {
		rule.JwksUri = manifest.Value(n, "jwks_uri") // Istio: the CRD takes both names
	}
	for _, h := range manifest.Content(manifest.Field(n, "fromHeaders")) {
		h = manifest.Dealias(h)
		rule.FromHeaders = append(rule.FromHeaders, &security.JWTHeader{Name: manifest.Value(h, "name"), Prefix: manifest.Value(h, "prefix")})
	}
	for _, c := range manifest.Content(manifest.Field(n, "outputClaimToHeaders")) {
		c = manifest.Dealias(c)
		rule.OutputClaimToHeaders = append(rule.OutputClaimToHeaders, &security.ClaimToHeader{Claim: manifest.Value(c, "claim"), Header: manifest.Value(c, "header")})
	}
	return rule
}
