package survey

import (
	"strings"

	"istio.io/api/label"
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// The RequestAuthentications that this program writes for the ingress Gateway.
const (
	// DexJWT verifies the tokens of people.
	DexJWT = "dex-jwt"
	// TokenIssuer verifies the tokens of service accounts.
	TokenIssuer = "m2m-token-issuer"
)

// Gateway is the ingress Gateway as the configuration names it.
type Gateway struct {
	Namespace, Name, RootNamespace string
	// Account is the service account that its pods run as.
	Account string
	// Made: this run makes it, and moves to it what is in force at the old gateway.
	Made bool
}

func gatewayOf(spec profile.Spec) Gateway {
	namespace, name, _ := strings.Cut(spec.Ingress.Gateway, "/")
	return Gateway{namespace, name, spec.Cluster.RootNamespace, spec.Ingress.ServiceAccount, moves(spec)}
}

// moves reports whether this run moves Kubeflow's control plane.
func moves(spec profile.Spec) bool { return spec.Cluster.Enabled && spec.Cluster.Platform.Enabled }

// JWTRule is a rule by which the ingress Gateway accepts tokens.
type JWTRule struct {
	*security.JWTRule
	// Item has the rule, at Index; nil where it is one of ours.
	Item  *manifest.Item
	Index int
}

// Logins are the JWT rules of the input in force at the ingress Gateway, but those that an
// AmbientProfile of this name wrote before: they are written again, or gone. What a move brings to
// the Gateway counts.
type Logins struct {
	Rules []JWTRule
	// KeepsDex: the input's own rules for dex are kept, and ours are not written.
	KeepsDex bool
}

func (in *Index) logins(config profile.AmbientProfile, notes *Notes) Logins {
	dex := in.KeptDex()
	out := Logins{KeepsDex: dex != nil}
	for _, item := range in.Items {
		ours := OwnedBy(item) == config.Metadata.Name ||
			in.gateway.Made && dex == nil && item.ID == in.gateway.authentication(DexJWT) ||
			config.Spec.Cluster.Enabled && item.ID == in.gateway.authentication(TokenIssuer)
		if ours || !IsAuthentication(item) || !in.OnIngress(item) {
			continue
		}
		if item.Revision() != "" && item != dex { // from which the edits take the label
			warnRevisionOfLogin(notes, item, config.Spec.Identity.SessionIssuers != nil)
			continue
		}
		for i, rule := range manifest.Content(manifest.Field(item.Node, "spec", "jwtRules")) {
			out.Rules = append(out.Rules, JWTRule{ReadJWTRule(manifest.Dealias(rule)), item, i})
		}
	}
	return out
}

// KeptDex is the input's own RequestAuthentication for dex, which is on the ingress Gateway or
// moves there; else nil.
func (in *Index) KeptDex() *manifest.Item {
	if !in.gateway.Made {
		return nil
	}
	item := in.ByID[in.gateway.authentication(DexJWT)]
	if item == nil || OwnedBy(item) != "" {
		return nil
	}
	spec := manifest.Field(item.Node, "spec")
	refs := manifest.Content(manifest.Field(spec, "targetRefs"))
	on := len(refs) == 1 && in.gateway.isTarget(manifest.Dealias(refs[0])) && len(manifest.Dealias(refs[0]).Content) == 6
	comes := in.gateway.Namespace == OldGatewayNamespace && in.AtOldGateway(item) && in.OnlyOldGateway(manifest.Field(spec, "selector", "matchLabels"))
	if on || comes {
		return item
	}
	return nil
}

// authentication returns the RequestAuthentication of a name in the Gateway's namespace.
func (g Gateway) authentication(name string) manifest.ID {
	return manifest.NewID(IstioSecurity, "RequestAuthentication", g.Namespace, name)
}

// isTarget reports whether a targetRef names the Gateway.
func (g Gateway) isTarget(ref *yaml.Node) bool {
	return manifest.Value(ref, "group") == GatewayGroup && manifest.Value(ref, "kind") == "Gateway" && manifest.Value(ref, "name") == g.Name
}

// warnRevisionOfLogin reports that a RequestAuthentication at the ingress Gateway is not counted on.
func warnRevisionOfLogin(notes *Notes, item *manifest.Item, listed bool) {
	remedy := "remove the label"
	if !listed {
		remedy += ", or list the issuers in spec.identity.sessionIssuers"
	}
	notes.Warn(diagnostic.LoginOfAnotherRevision, item, "is for the ingress Gateway and has the label "+label.IoIstioRev.Name+": "+item.Revision(),
		"an istiod of another revision ignores it, so its issuers do not count as logins", remedy)
}

// IsAuthentication reports whether an item is a RequestAuthentication.
func IsAuthentication(item *manifest.Item) bool {
	return item.Group == IstioSecurity && item.Kind == "RequestAuthentication"
}

// ReadJWTRule reads what decides whose token a rule accepts and what it writes.
func ReadJWTRule(n *yaml.Node) *security.JWTRule {
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
