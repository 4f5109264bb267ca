package survey

import (
	"cmp"
	"slices"
	"strings"

	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Kubeflow's login: dex names people, and oauth2-proxy keeps their sessions. The extension provider
// has the name of the latter.
const (
	DexNamespace = "auth"
	OAuth2Proxy  = "oauth2-proxy"
	// DexIssuer is how Kubeflow configures dex.
	DexIssuer = "http://dex.auth.svc.cluster.local:5556/dex"
)

// KubeflowLogin is what the input shows to be missing of Kubeflow's login. The zero value is an input
// that shows nothing of the kind, as one without Kubeflow's objects: there the login is assumed.
type KubeflowLogin struct {
	// NoDex and NoOAuth2Proxy: nothing in the input makes their namespaces, or refers to them.
	NoDex, NoOAuth2Proxy bool
	// NoDexRule: nor does the input have a rule for the tokens of dex. Ours would trust an issuer that is
	// the tool that makes that namespace.
	NoDexRule bool
	// DexElsewhere and ProxyElsewhere are where the Service is, if not in the namespace of Kubeflow.
	DexElsewhere, ProxyElsewhere Elsewhere
	// NoProvider: meshConfig does not define the extension provider; or it is not in the input, which
	// has another login.
	NoProvider bool
	// Undefined are policies of the input at the gateways that ask a provider which meshConfig does not
	// define.
	Undefined []*manifest.Item
	// Others are what looks like another login.
	Others []OtherLogin
}

// OtherLogin is an object of the input that looks like a login, and why.
type OtherLogin struct {
	Item *manifest.Item
	Why  string
}

// Elsewhere is the namespace of a Service, "" if there is none, and whether a route of the input leads there.
type Elsewhere struct {
	Namespace string
	Routed    bool
}

// IsComplete reports whether nothing is missing.
func (l KubeflowLogin) IsComplete() bool {
	return !l.LacksDex() && !l.LacksOAuth2Proxy() && !l.NoProvider
}

// LacksDex reports whether no route leads to dex after this run.
func (l KubeflowLogin) LacksDex() bool { return l.NoDex && !l.DexElsewhere.Routed }

// LacksOAuth2Proxy reports whether no route leads to oauth2-proxy after this run.
func (l KubeflowLogin) LacksOAuth2Proxy() bool { return l.NoOAuth2Proxy && !l.ProxyElsewhere.Routed }

// findKubeflowLogin looks for the login. Only an input that has another one, or has the Namespace
// kubeflow, shows that this one is missing.
func findKubeflowLogin(spec profile.Spec, in *Index) KubeflowLogin {
	l := KubeflowLogin{Others: otherLogins(spec, in), DexElsewhere: in.elsewhere("dex", DexNamespace), ProxyElsewhere: in.elsewhere(OAuth2Proxy, OAuth2Proxy)}
	asked := slices.ContainsFunc(in.Items, func(item *manifest.Item) bool { return OwnedBy(item) == "" && ProviderOf(item) == OAuth2Proxy })
	whole := in.ByID[manifest.ID{Kind: "Namespace", Name: profile.KubeflowNamespace}] != nil || len(l.Others) > 0
	if whole || in.hasOtherSession(spec) {
		dex := in.hasDex(spec)
		l.NoDex = !dex && (!in.hasDexJWT() || l.DexElsewhere.Namespace != "")
		l.NoDexRule = !dex && in.KeptDex() == nil
	}
	l.NoOAuth2Proxy = whole && !in.holds(OAuth2Proxy, OAuth2Proxy) && (!asked || l.ProxyElsewhere.Namespace != "")
	defined, known := in.definedProviders(spec)
	if !known {
		l.NoProvider = l.NoOAuth2Proxy && !asked && len(l.Others) > 0
		return l
	}
	l.NoProvider = !slices.Contains(defined, OAuth2Proxy)
	for _, item := range in.Items {
		if provider := ProviderOf(item); provider != "" && OwnedBy(item) == "" && (in.AtOldGateway(item) || in.isAtGateway(item)) && !slices.Contains(defined, provider) {
			l.Undefined = append(l.Undefined, item)
		}
	}
	return l
}

// isAtGateway reports whether a policy targets the ingress Gateway.
func (in *Index) isAtGateway(item *manifest.Item) bool {
	return item.Namespace == in.gateway.Namespace && slices.ContainsFunc(TargetsOf(manifest.Field(item.Node, "spec")), in.gateway.isTarget)
}

// hasDex reports whether people log in with dex in its namespace: the configuration names dex, or the input
// has it, or a rule for its tokens.
func (in *Index) hasDex(spec profile.Spec) bool {
	return slices.Contains(spec.Identity.SessionIssuers, DexIssuer) || in.holds(DexNamespace, "dex") ||
		slices.ContainsFunc(in.Items, func(item *manifest.Item) bool {
			return IsAuthentication(item) && OwnedBy(item) == "" && slices.ContainsFunc(rulesOfAuthentication(item), func(rule *yaml.Node) bool {
				return manifest.Value(manifest.Dealias(rule), "issuer") == DexIssuer
			})
		})
}

// hasDexJWT reports whether a rule has the name of Kubeflow's for dex, which may have a public issuer.
func (in *Index) hasDexJWT() bool {
	return slices.ContainsFunc(in.Items, func(item *manifest.Item) bool {
		return IsAuthentication(item) && OwnedBy(item) == "" && item.Name == DexJWT
	})
}

// hasOtherSession reports whether people log in with another issuer than dex: the configuration lists one,
// or a rule at the ingress Gateway writes the user header for its tokens.
func (in *Index) hasOtherSession(spec profile.Spec) bool {
	if listed := spec.Identity.SessionIssuers; listed != nil {
		return !slices.Contains(listed, DexIssuer)
	}
	return slices.ContainsFunc(in.Items, func(item *manifest.Item) bool {
		return IsAuthentication(item) && OwnedBy(item) == "" && item.Name != DexJWT && in.OnIngress(item) && slices.ContainsFunc(rulesOfAuthentication(item), func(n *yaml.Node) bool {
			rule := ReadJWTRule(manifest.Dealias(n))
			return rule.Issuer != DexIssuer && !slices.Contains(spec.Cluster.Tokens.Issuers, rule.Issuer) &&
				slices.ContainsFunc(rule.OutputClaimToHeaders, func(c *security.ClaimToHeader) bool { return strings.EqualFold(c.Header, spec.Identity.UserIDHeader) })
		})
	})
}

func rulesOfAuthentication(item *manifest.Item) []*yaml.Node {
	return manifest.Content(manifest.Field(item.Node, "spec", "jwtRules"))
}

// ProviderOf is the extension provider that a CUSTOM policy asks, or "".
func ProviderOf(item *manifest.Item) string {
	spec := manifest.Field(item.Node, "spec")
	if item.Group != IstioSecurity || item.Kind != "AuthorizationPolicy" || Action(spec) != "CUSTOM" {
		return ""
	}
	return manifest.Value(spec, "provider", "name")
}

// holds reports whether the input has a Namespace, or something of others in it, and the Service if it has
// Services there: Keycloak may be in the namespace auth.
func (in *Index) holds(namespace, service string) bool {
	has, services := false, in.ServicesOf(namespace)
	for _, item := range in.Items {
		has = has || OwnedBy(item) == "" && (item.Namespace == namespace || item.Group == "" && item.Kind == "Namespace" && item.Name == namespace)
	}
	return has && (len(services) == 0 || slices.ContainsFunc(services, func(s Service) bool { return s.Name == service }))
}

// elsewhere looks for a Service in other namespaces than its own, and for a VirtualService or an HTTPRoute
// that leads there.
func (in *Index) elsewhere(service, own string) (found Elsewhere) {
	for _, item := range in.Items {
		if item.Group != "" || item.Kind != "Service" || item.Name != service || item.Namespace == own || OwnedBy(item) != "" {
			continue
		}
		routed := slices.ContainsFunc(in.Items, func(route *manifest.Item) bool { return leadsTo(route, service, item.Namespace) })
		if found.Namespace == "" || routed {
			found = Elsewhere{item.Namespace, routed}
		}
	}
	return found
}

// leadsTo reports whether a VirtualService or an HTTPRoute names a Service as a destination.
func leadsTo(route *manifest.Item, service, namespace string) (leads bool) {
	isRoute := route.Group == GatewayGroup && route.Kind == "HTTPRoute"
	if !isRoute && (route.Group != IstioNetworking || route.Kind != "VirtualService") {
		return false
	}
	manifest.Walk(manifest.Field(route.Node, "spec"), func(key string, n *yaml.Node) {
		switch {
		case isRoute && key == "backendRefs":
			for _, ref := range manifest.Content(n) {
				ref = manifest.Dealias(ref)
				leads = leads || manifest.Value(ref, "name") == service && cmp.Or(manifest.Value(ref, "namespace"), route.Namespace) == namespace
			}
		case !isRoute && key == "destination":
			host := manifest.Value(n, "host")
			leads = leads || host == service && route.Namespace == namespace || host == service+"."+namespace || strings.HasPrefix(host, service+"."+namespace+".svc")
		}
	})
	return leads
}

// loginFilters are filters of Envoy that decide who a client is.
var loginFilters = []string{"ext_authz", "oauth2", "jwt_authn", "basic_auth", "api_key_auth"}

// loginAnnotations make Ingress controllers log users in: AWS's load balancer, nginx.
var loginAnnotations = []string{"alb.ingress.kubernetes.io/auth-type", "nginx.ingress.kubernetes.io/auth-url", "nginx.ingress.kubernetes.io/auth-signin"}

// otherLogins are objects that look like a login which is not Kubeflow's, as Kubeflow 1.8
// (oidc-authservice) and AWS's distribution (Cognito) have them.
func otherLogins(spec profile.Spec, in *Index) []OtherLogin {
	var found []OtherLogin
	for _, item := range in.Items {
		if OwnedBy(item) != "" {
			continue
		}
		if why := whyLogin(spec, in, item); why != "" {
			found = append(found, OtherLogin{item, why})
		}
	}
	return found
}

func whyLogin(spec profile.Spec, in *Index, item *manifest.Item) string {
	switch {
	case item.Group == "apps" && strings.HasSuffix(item.Name, "authservice") && (item.Kind == "Deployment" || item.Kind == "StatefulSet"):
		return "by its name"
	case item.Kind == "Ingress":
		for _, key := range loginAnnotations {
			if value := item.Annotation(key); value != "" && value != "none" {
				return key + " " + value
			}
		}
	case in.IsExtensionOfOldGateway(item):
		return filterOf(item, cmp.Or(spec.Identity.UserIDHeader, "kubeflow-userid"))
	case in.AtOldGateway(item):
		if provider := ProviderOf(item); provider != "" && provider != OAuth2Proxy {
			return "provider " + provider
		}
	}
	return ""
}

// filterOf says what in an extension decides who a client is: a filter of Envoy, or the user header.
func filterOf(item *manifest.Item, header string) (why string) {
	see := func(text string) {
		for _, filter := range loginFilters {
			if strings.Contains(text, "."+filter) {
				why = cmp.Or(why, "filter "+filter)
			}
		}
		if strings.Contains(strings.ToLower(text), strings.ToLower(header)) {
			why = cmp.Or(why, "header "+header)
		}
	}
	manifest.Walk(manifest.Field(item.Node, "spec"), func(key string, n *yaml.Node) {
		see(key)
		see(n.Value)
		for _, text := range manifest.Content(n) {
			if n.Kind == yaml.SequenceNode {
				see(manifest.Dealias(text).Value)
			}
		}
	})
	return why
}
