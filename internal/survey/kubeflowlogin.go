package survey

import (
	"cmp"
	"slices"
	"strings"

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
	// NoDexRule: nor is dex the login, because the input has another one.
	NoDexRule bool
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

// IsComplete reports whether nothing is missing.
func (l KubeflowLogin) IsComplete() bool { return !l.NoDex && !l.NoOAuth2Proxy && !l.NoProvider }

// findKubeflowLogin looks for the login. Only an input that has another one, or has the Namespace
// kubeflow, shows that this one is missing.
func findKubeflowLogin(spec profile.Spec, in *Index) KubeflowLogin {
	l := KubeflowLogin{Others: otherLogins(spec, in)}
	if kubeflow := in.ByID[manifest.ID{Kind: "Namespace", Name: profile.KubeflowNamespace}]; kubeflow != nil || len(l.Others) > 0 {
		l.NoDex = !in.hasDex(spec)
		l.NoOAuth2Proxy = !in.hasOAuth2Proxy()
	}
	l.NoDexRule = l.NoDex && len(l.Others) > 0
	defined, known := in.definedProviders(spec)
	if !known {
		l.NoProvider = l.NoOAuth2Proxy && len(l.Others) > 0
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

func (in *Index) hasDex(spec profile.Spec) bool {
	return slices.Contains(spec.Identity.SessionIssuers, DexIssuer) || in.hasNamespace(DexNamespace) ||
		slices.ContainsFunc(in.Items, func(item *manifest.Item) bool {
			return IsAuthentication(item) && OwnedBy(item) == "" && (item.Name == DexJWT || slices.ContainsFunc(manifest.Content(manifest.Field(item.Node, "spec", "jwtRules")), func(rule *yaml.Node) bool {
				return manifest.Value(manifest.Dealias(rule), "issuer") == DexIssuer
			}))
		})
}

func (in *Index) hasOAuth2Proxy() bool {
	return in.hasNamespace(OAuth2Proxy) || slices.ContainsFunc(in.Items, func(item *manifest.Item) bool {
		return OwnedBy(item) == "" && ProviderOf(item) == OAuth2Proxy
	})
}

// ProviderOf is the extension provider that a CUSTOM policy asks, or "".
func ProviderOf(item *manifest.Item) string {
	spec := manifest.Field(item.Node, "spec")
	if item.Group != IstioSecurity || item.Kind != "AuthorizationPolicy" || Action(spec) != "CUSTOM" {
		return ""
	}
	return manifest.Value(spec, "provider", "name")
}

// hasNamespace reports whether the input has a Namespace, or something of others in it.
func (in *Index) hasNamespace(name string) bool {
	return slices.ContainsFunc(in.Items, func(item *manifest.Item) bool {
		return OwnedBy(item) == "" && (item.Namespace == name || item.Group == "" && item.Kind == "Namespace" && item.Name == name)
	})
}

// definedProviders are the names of the extension providers in meshConfig. They are known where the
// input has meshConfig in a form that is understood.
func (in *Index) definedProviders(spec profile.Spec) (names []string, known bool) {
	for _, item := range in.Items {
		for _, mesh := range meshConfigs(spec, item) {
			known = true
			for _, n := range manifest.Content(manifest.Field(mesh, "extensionProviders")) {
				names = append(names, manifest.Value(manifest.Dealias(n), "name"))
			}
		}
	}
	return names, known
}

// meshConfigs are the meshConfigs that an item has: a ConfigMap of istiod (istio, istio-REVISION), or
// what Istio's operators make one of.
func meshConfigs(spec profile.Spec, item *manifest.Item) []*yaml.Node {
	var found []*yaml.Node
	switch {
	case item.Group == "" && item.Kind == "ConfigMap" && item.Namespace == spec.Cluster.RootNamespace && (item.Name == "istio" || strings.HasPrefix(item.Name, "istio-")):
		if mesh, err := manifest.Embedded(manifest.Value(item.Node, "data", "mesh")); err == nil {
			found = append(found, mesh)
		}
	case item.Group == "install.istio.io" && item.Kind == "IstioOperator":
		found = []*yaml.Node{manifest.Field(item.Node, "spec", "meshConfig"), manifest.Field(item.Node, "spec", "values", "meshConfig")}
	case item.Group == "sailoperator.io" && item.Kind == "Istio":
		found = []*yaml.Node{manifest.Field(item.Node, "spec", "values", "meshConfig")}
	}
	return slices.DeleteFunc(found, func(n *yaml.Node) bool { return n == nil || n.Kind != yaml.MappingNode })
}

// loginFilters are filters of Envoy that decide who a client is.
var loginFilters = []string{"ext_authz", "oauth2", "jwt_authn", "basic_auth", "api_key_auth"}

// loginAnnotations are how Ingress controllers are told to log people in: AWS's load balancer, nginx.
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
