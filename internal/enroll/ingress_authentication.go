package enroll

import (
	"maps"
	"slices"
	"strings"

	"istio.io/api/label"
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
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
func (e *enrolment) ingressRules() []jwtRule {
	var dex generate.Object
	var kept *manifest.Item
	if e.plan.Platform != nil {
		dex = platform.DexJWT(e.plan.Mesh)
		if kept = e.kept(dex); kept != nil {
			dex = generate.Object{}
		}
	}
	var rules []jwtRule
	for _, item := range e.items {
		ours := ownedBy(item) == e.plan.Name || item.ID == idOf(dex) || e.plan.Cluster != nil && item.ID == e.tokenIssuer()
		if ours || item.Removed || !isAuthentication(item) || !e.onIngress(item) {
			continue
		}
		if item.Revision() != "" && item != kept { // from which switchOn takes the label
			e.tellRevisionOfLogin(item)
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
func (e *enrolment) tellRevisionOfLogin(item *manifest.Item) {
	remedy := "take the label off"
	if e.plan.Mesh.Tokens.SessionIssuers == nil {
		remedy += ", or list the issuers in spec.identity.sessionIssuers"
	}
	e.warn(item, "is for the ingress Gateway and has the label "+label.IoIstioRev.Name+": "+item.Revision(), "an istiod of another revision ignores it, so its issuers do not count as logins", remedy)
}

func (e *enrolment) tokenIssuer() manifest.ID {
	return manifest.NewID(istioSecurity, "RequestAuthentication", e.plan.Mesh.GatewayNamespace, generate.TokenIssuerName)
}

func isAuthentication(item *manifest.Item) bool {
	return item.Group == istioSecurity && item.Kind == "RequestAuthentication"
}

// onIngress reports whether a RequestAuthentication is in force at the ingress Gateway (Istio:
// ShouldAttachPolicy): by a targetRef of its namespace; or without one in that namespace or the
// root namespace, by its selector, or as it has none. One that stays at the old gateway is copied to
// the new one by the platform (copyToGateway).
func (e *enrolment) onIngress(item *manifest.Item) bool {
	mesh := e.plan.Mesh
	spec := manifest.Field(item.Node, "spec")
	if refs := targetsOf(spec); len(refs) > 0 {
		return item.Namespace == mesh.GatewayNamespace && slices.ContainsFunc(refs, func(ref *yaml.Node) bool {
			return manifest.Value(ref, "group") == gatewayGroup && manifest.Value(ref, "kind") == "Gateway" && manifest.Value(ref, "name") == mesh.GatewayName
		})
	}
	if e.plan.Platform != nil && e.atOldGateway(item) {
		return true
	}
	if item.Namespace != mesh.GatewayNamespace && item.Namespace != mesh.RootNamespace {
		return false
	}
	selector := labelsOf(manifest.Field(spec, "selector", "matchLabels"))
	return slices.ContainsFunc(e.gatewayPods(), func(pod labels) bool { return pod.cover(selector) })
}

// gatewayPods are the labels of the ingress Gateway's pods: those that Istio gives them, with the
// Gateway's own (Istio: deploymentcontroller extractInfrastructureLabels), and those of workloads
// of the input that run under the ingress's account.
func (e *enrolment) gatewayPods() []labels {
	if e.ingressPods != nil {
		return e.ingressPods
	}
	mesh := e.plan.Mesh
	_, account, _ := strings.Cut(mesh.Ingress, "/sa/")
	pod := map[string]string{
		"sidecar.istio.io/inject":             "false",
		"service.istio.io/canonical-name":     account,
		"service.istio.io/canonical-revision": "latest",
		"gateway.istio.io/managed":            "istio.io-gateway-controller",
	}
	for key, text := range e.gatewayLabels() {
		if !strings.HasPrefix(key, gatewayGroup+"/") {
			pod[key] = text
		}
	}
	class := "istio"
	if gateway := e.ingressGateway(); gateway != nil && e.plan.Platform == nil {
		class = manifest.Value(gateway.Node, "spec", "gatewayClassName")
	}
	pod[gatewayPods] = mesh.GatewayName
	pod[waypointClass] = class // Istio 1.31: kube-gateway.yaml
	e.ingressPods = []labels{labelsFrom(pod)}
	for _, w := range e.workloadsOf(mesh.GatewayNamespace) {
		if manifest.Value(workloadSpec(w.Item), "serviceAccountName") == account {
			e.ingressPods = append(e.ingressPods, w.labels)
		}
	}
	return e.ingressPods
}

// gatewayLabels are those that the ingress Gateway gives to its pods.
func (e *enrolment) gatewayLabels() map[string]string {
	own := map[string]string{}
	if gateway := e.ingressGateway(); gateway != nil {
		infrastructure := manifest.StringMap(manifest.Field(gateway.Node, "spec", "infrastructure", "labels"))
		if infrastructure != nil && e.plan.Platform == nil {
			return infrastructure
		}
		maps.Copy(own, manifest.StringMap(manifest.Field(gateway.Node, "metadata", "labels")))
	}
	if e.plan.Platform != nil {
		maps.Copy(own, platform.GatewayLabels(e.plan.Mesh))
	}
	return own
}

func workloadSpec(item *manifest.Item) *yaml.Node {
	if item.Kind == "Pod" {
		return manifest.Field(item.Node, "spec")
	}
	return podSpec(item)
}

func (e *enrolment) ingressGateway() *manifest.Item {
	return e.byID[manifest.NewID(gatewayGroup, "Gateway", e.plan.Mesh.GatewayNamespace, e.plan.Mesh.GatewayName)]
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
