package enroll

import (
	"maps"
	"slices"
	"strings"

	"istio.io/api/label"
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/platform"
)

// jwtRule is a rule by which the ingress Gateway accepts tokens.
type jwtRule struct {
	*security.JWTRule
	// item has the rule; nil where it is one of ours.
	item  *Item
	index int
}

// ingressRules are the JWT rules in force at the ingress Gateway, but those of the cluster's own
// issuers that we write. What an AmbientProfile of this name wrote before is written again, or gone.
func (e *enrolment) ingressRules() []jwtRule {
	var dex generate.Object
	var kept *Item
	if e.plan.Platform != nil {
		dex = platform.DexJWT(e.plan.Mesh)
		if kept = e.kept(dex); kept != nil {
			dex = generate.Object{}
		}
	}
	var rules []jwtRule
	for _, item := range e.items {
		ours := item.owner() == e.plan.Name || item.ID == idOf(dex) || e.plan.Cluster != nil && item.ID == e.tokenIssuer()
		if ours || e.removed[item] || !isAuthentication(item) || !e.onIngress(item) {
			continue
		}
		if item.revision() != "" && item != kept { // from which switchOn takes the label
			e.tellRevisionOfLogin(item)
			continue
		}
		for i, rule := range content(field(field(item.Node, "spec"), "jwtRules")) {
			rules = append(rules, jwtRule{readJWTRule(dealias(rule)), item, i})
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
func (e *enrolment) tellRevisionOfLogin(item *Item) {
	remedy := "take the label off"
	if e.plan.Mesh.Tokens.SessionIssuers == nil {
		remedy += ", or list the issuers in spec.identity.sessionIssuers"
	}
	e.warn(item, "is for the ingress Gateway and has the label "+label.IoIstioRev.Name+": "+item.revision(), "an istiod of another revision ignores it, so its issuers do not count as logins", remedy)
}

func (e *enrolment) tokenIssuer() ID {
	return ID{istioSecurity, "RequestAuthentication", e.plan.Mesh.GatewayNamespace, generate.TokenIssuerName}
}

func isAuthentication(item *Item) bool {
	return item.Group == istioSecurity && item.Kind == "RequestAuthentication"
}

// onIngress reports whether a RequestAuthentication is in force at the ingress Gateway (Istio:
// ShouldAttachPolicy): by a targetRef of its namespace; or without one in that namespace or the
// root namespace, by its selector, or as it has none. One that stays at the old gateway is copied to
// the new one by the platform (copyToGateway).
func (e *enrolment) onIngress(item *Item) bool {
	mesh := e.plan.Mesh
	spec := field(item.Node, "spec")
	if refs := targetsOf(spec); len(refs) > 0 {
		return item.Namespace == mesh.GatewayNamespace && slices.ContainsFunc(refs, func(ref *yaml.Node) bool {
			return value(ref, "group") == gatewayGroup && value(ref, "kind") == "Gateway" && value(ref, "name") == mesh.GatewayName
		})
	}
	if e.plan.Platform != nil && e.atOldGateway(item) {
		return true
	}
	if item.Namespace != mesh.GatewayNamespace && item.Namespace != mesh.RootNamespace {
		return false
	}
	selector := labelsOf(field(field(spec, "selector"), "matchLabels"))
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
		class = value(field(gateway.Node, "spec"), "gatewayClassName")
	}
	pod[gatewayPods] = mesh.GatewayName
	pod[waypointClass] = class // Istio 1.31: kube-gateway.yaml
	e.ingressPods = []labels{labelsFrom(pod)}
	for _, w := range e.workloadsOf(mesh.GatewayNamespace) {
		if value(workloadSpec(w.Item), "serviceAccountName") == account {
			e.ingressPods = append(e.ingressPods, w.labels)
		}
	}
	return e.ingressPods
}

// gatewayLabels are those that the ingress Gateway gives to its pods.
func (e *enrolment) gatewayLabels() map[string]string {
	own := map[string]string{}
	if gateway := e.ingressGateway(); gateway != nil {
		infrastructure := texts(field(field(field(gateway.Node, "spec"), "infrastructure"), "labels"))
		if infrastructure != nil && e.plan.Platform == nil {
			return infrastructure
		}
		maps.Copy(own, texts(field(field(gateway.Node, "metadata"), "labels")))
	}
	if e.plan.Platform != nil {
		maps.Copy(own, platform.GatewayLabels(e.plan.Mesh))
	}
	return own
}

func workloadSpec(item *Item) *yaml.Node {
	if item.Kind == "Pod" {
		return field(item.Node, "spec")
	}
	return podSpec(item)
}

func (e *enrolment) ingressGateway() *Item {
	return e.byID[ID{gatewayGroup, "Gateway", e.plan.Mesh.GatewayNamespace, e.plan.Mesh.GatewayName}]
}

// readJWTRule reads what decides whose token a rule accepts and what it writes.
func readJWTRule(n *yaml.Node) *security.JWTRule {
	rule := &security.JWTRule{
		Issuer:               value(n, "issuer"),
		Audiences:            values(field(n, "audiences")),
		JwksUri:              value(n, "jwksUri"),
		Jwks:                 value(n, "jwks"),
		FromParams:           values(field(n, "fromParams")),
		FromCookies:          values(field(n, "fromCookies")),
		SpaceDelimitedClaims: values(field(n, "spaceDelimitedClaims")),
		ForwardOriginalToken: isTrue(n, "forwardOriginalToken"),
	}
	if rule.JwksUri == "" {
		rule.JwksUri = value(n, "jwks_uri") // Istio: the CRD takes both names
	}
	for _, h := range content(field(n, "fromHeaders")) {
		h = dealias(h)
		rule.FromHeaders = append(rule.FromHeaders, &security.JWTHeader{Name: value(h, "name"), Prefix: value(h, "prefix")})
	}
	for _, c := range content(field(n, "outputClaimToHeaders")) {
		c = dealias(c)
		rule.OutputClaimToHeaders = append(rule.OutputClaimToHeaders, &security.ClaimToHeader{Claim: value(c, "claim"), Header: value(c, "header")})
	}
	return rule
}
