package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// tenantJWT is a RequestAuthentication of an issuer that nobody logs in with.
func tenantJWT(name, namespace, target, rest string) string {
	return "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: " + name + ", namespace: " + namespace + "}\n" +
		"spec: {targetRefs: [" + target + "], jwtRules: [{issuer: https://tenant.example.com" + rest + "}]}"
}

const (
	alicesWaypoint = "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"
	serviceTet     = "{group: '', kind: Service, name: tet}"
	serviceLab     = "{group: '', kind: Service, name: lab}" // not in the manifests
	everyWaypoint  = "{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}"
)

// A RequestAuthentication that does not take the tokens of the login refuses them where it applies.
func TestLoginsThatAServiceRefuses(t *testing.T) {
	const at = "rejects (401) the tokens of the login " + dexIssuer
	dexAt := func(target string) string {
		return "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: also, namespace: alice}\n" +
			"spec: {targetRefs: [" + target + "], jwtRules: [{issuer: '" + dexIssuer + "', audiences: [x]}]}"
	}
	testLockouts(t, tenants(t), []lockoutCase{
		{"by one Service", tenantJWT("jwt", "alice", serviceTet, ""), []string{"RequestAuthentication alice/jwt: " + at + " at Service tet;"}},
		{"by a Service that is not there yet", tenantJWT("jwt", "alice", serviceLab, ""), []string{"RequestAuthentication alice/jwt: " + at + " at Service lab;"}},
		{"by two Services", tenantJWT("jwt", "alice", serviceTet+", "+serviceLab, ""), []string{"" + dexIssuer + " at Services tet and lab;"}},
		{"by two of them at one Service", tenantJWT("a", "alice", serviceTet, "") + tenantJWT("b", "alice", serviceTet, ""), []string{"RequestAuthentication alice/a: " + at + " at Service tet;"}},
		{"by every Service but one", tenantJWT("jwt", "alice", alicesWaypoint, "") + dexAt(serviceTet), []string{"RequestAuthentication alice/jwt: " + at + " at the waypoint alice/waypoint;"}},
		{"by every Service but one that refuses them, too", tenantJWT("jwt", "alice", alicesWaypoint, "") + tenantJWT("b", "alice", serviceLab, "") + dexAt(serviceTet), []string{"RequestAuthentication alice/jwt: " + at + " at the waypoint alice/waypoint;"}},
		{"by every waypoint, where one Service takes them", tenantJWT("jwt", "istio-system", everyWaypoint, "") + dexAt(serviceTet),
			[]string{"RequestAuthentication istio-system/jwt: " + at + " at the waypoint alice/waypoint;", "Namespace bob: denies its owner bob@example.com"}},
		{"by every Service", tenantJWT("jwt", "alice", alicesWaypoint, ""), []string{"Namespace alice: denies its owner alice@example.com at waypoint alice/waypoint (401"}},
		{"by every Service that has a rule", tenantJWT("jwt", "alice", alicesWaypoint, "") + tenantJWT("b", "alice", serviceLab, ""), []string{"Namespace alice: denies its owner"}},

		{"where another rule takes them", tenantJWT("jwt", "alice", serviceTet, "") + dexAt(serviceTet), nil},
		{"where the waypoint takes them", tenantJWT("jwt", "alice", serviceTet, "") + dexAt(alicesWaypoint), nil},
		{"where it takes any issuer", edit(t, tenantJWT("jwt", "alice", serviceTet, ""), "issuer: https://tenant.example.com", "jwksUri: https://tenant.example.com/keys"), nil},
		{"where it looks elsewhere", tenantJWT("jwt", "alice", serviceTet, ", fromHeaders: [{name: x-jwt}]"), nil},
		{"where it looks at a parameter", tenantJWT("jwt", "alice", serviceTet, ", fromParams: [token]"), nil},
		{"where the ingress goes past the waypoint", tenantJWT("jwt", "alice", serviceLab, "") + "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: lab, namespace: alice, labels: {istio.io/ingress-use-waypoint: 'false'}}\nspec: {selector: {app: lab}, ports: [{port: 80}]}",
			[]string{"Service alice/lab: has the label istio.io/ingress-use-waypoint"}},
		{"at another kind of target", tenantJWT("jwt", "alice", "{group: networking.istio.io, kind: ServiceEntry, name: lab}", ""), nil},
		{"of which nobody can say what it does", tenantJWT("jwt", "alice", serviceTet, "") + tenantJWT("bad", "alice", serviceTet, ", audiences: ['']"), nil},
	})
	keeps := strings.Replace(tenants(t), "    forwardOriginalToken: true\n", "", 1)
	testLockouts(t, keeps, []lockoutCase{{"which do not get there", tenantJWT("jwt", "alice", serviceTet, ""), nil}})
	elsewhere := edit(t, tenants(t), "claim: email, header: kubeflow-userid", "claim: email, header: x-other")
	testLockouts(t, elsewhere, []lockoutCase{{"of which no rule is known", tenantJWT("jwt", "alice", serviceTet, ""), nil}})
}

// If other logins get in, it may be intended: the finding is information, not a warning.
func TestOneOfSeveralLoginsIsRefused(t *testing.T) {
	second := "\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: second, namespace: istio-system}\n" +
		"spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], jwtRules: [{issuer: https://second.example.com, forwardOriginalToken: true, outputClaimToHeaders: [{claim: email, header: kubeflow-userid}]}]}"
	rule := edit(t, tenantJWT("jwt", "alice", serviceTet, ""), "https://tenant.example.com", "'"+dexIssuer+"'")
	found := load(t, tenants(t)+second+rule).Findings(twoTenants)
	if len(found) != 1 || found[0].Severity() != diagnostic.Info || !strings.Contains(found[0].Error(), "rejects (401) the tokens of the login https://second.example.com at Service tet;") {
		t.Errorf("%v", found)
	}
}

// The remedy is one for the point that denies the owner.
func TestRemedyForALockedOutOwner(t *testing.T) {
	policy := func(namespace, spec string) string {
		return "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: " + namespace + "}\nspec: " + spec
	}
	const atIngress = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}], "
	const nobody = "rules: [{from: [{source: {namespaces: [nobody]}}]}]}"
	for _, c := range []struct{ name, text, want string }{
		{"no ALLOW at the gateway", policy("istio-system", "{"+atIngress+nobody), "add an AuthorizationPolicy to istio-system with targetRefs to the Gateway ambient-ingressgateway and rules: [{}]"},
		{"a DENY at the gateway", policy("istio-system", "{action: DENY, "+atIngress+"rules: [{}]}"), "narrow rules[0] of AuthorizationPolicy istio-system/p"},
		{"a DENY at the waypoint", policy("alice", "{action: DENY, targetRefs: "+onAlicesWaypoint+", rules: [{}]}"), "narrow rules[0] of AuthorizationPolicy alice/p"},
		{"a DENY of what has no token", policy("alice", "{action: DENY, targetRefs: "+onAlicesWaypoint+", rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]}"),
			"have the ingress forward the login's token and a RequestAuthentication at the waypoint accept it, or narrow rules[0] of AuthorizationPolicy alice/p"},
		{"a DENY at the pods", policy("alice", "{action: DENY, rules: [{}]}"), "narrow rules[0] of AuthorizationPolicy alice/p"},
		{"a rule that refuses the token", tenantJWT("jwt", "alice", alicesWaypoint, ""), "add " + dexIssuer + " to the jwtRules of a RequestAuthentication at the waypoint, or turn on waypoint.verifyTokens"},
	} {
		t.Run(c.name, func(t *testing.T) { remedyIs(t, tenants(t)+c.text, c.want) })
	}
	t.Run("no ALLOW at the waypoint", func(t *testing.T) {
		remedyIs(t, strings.ReplaceAll(tenants(t), "alice@example.com", "alicia@example.com"), "allow the header value alice@example.com at the waypoint alice/waypoint")
	})
	t.Run("no ALLOW at the pods", func(t *testing.T) {
		remedyIs(t, strings.NewReplacer("cluster.local/ns/alice/sa/waypoint", "cluster.local/ns/alice/sa/other", "namespaces: [alice]", "namespaces: [other]").Replace(tenants(t)),
			"allow the principal cluster.local/ns/alice/sa/waypoint by an AuthorizationPolicy in alice without targetRefs")
	})
	t.Run("past the waypoint, where a DENY stands", func(t *testing.T) {
		remedyIs(t, strings.ReplaceAll(tenants(t), `istio.io/ingress-use-waypoint: "true"`, `istio.io/ingress-use-waypoint: "false"`)+policy("alice", "{action: DENY, rules: [{}]}"),
			`label the namespace istio.io/ingress-use-waypoint: "true", or narrow rules[0] of AuthorizationPolicy alice/p`)
	})
	t.Run("without a waypoint", func(t *testing.T) {
		remedyIs(t, strings.ReplaceAll(tenants(t), "istio.io/use-waypoint: waypoint", "istio.io/use-waypoint: none"), `label the namespace istio.io/use-waypoint and istio.io/ingress-use-waypoint: "true"`)
	})
	t.Run("a token that the ingress requires to have an audience", func(t *testing.T) {
		asks := strings.Replace(tenants(t), "  - issuer: "+dexIssuer, "  - issuer: "+dexIssuer+"\n    audiences: [people]", 1)
		remedyIs(t, asks+strings.Replace(tenantJWT("jwt", "alice", alicesWaypoint, ", audiences: [robots]"), "https://tenant.example.com", "'"+dexIssuer+"'", 1), "correct the jwtRules at the waypoint, or turn on waypoint.verifyTokens")
	})
	t.Run("past the waypoint", func(t *testing.T) {
		remedyIs(t, strings.ReplaceAll(tenants(t), `istio.io/ingress-use-waypoint: "true"`, `istio.io/ingress-use-waypoint: "false"`), `label the namespace istio.io/ingress-use-waypoint: "true"`)
	})
}

func remedyIs(t *testing.T, text, want string) {
	t.Helper()
	for _, f := range load(t, text).Findings(twoTenants) {
		if f.Code == diagnostic.OwnerLockedOut && f.Object.Name == "alice" {
			if f.Remedy != want {
				t.Errorf("got %q, want %q", f.Remedy, want)
			}
			return
		}
	}
	t.Error("nobody says that the owner is locked out")
}
