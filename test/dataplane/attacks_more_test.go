package dataplane

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// secondIssuer sorts before dex, and its rule writes no header: Envoy 1.39 stops at the first rule that accepts, and so
// strips no header that another rule would write.
const secondIssuer = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: ci, namespace: istio-system}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]
  jwtRules: [{issuer: http://ci.example.com, jwksUri: http://ci.example.com/keys, forwardOriginalToken: true}]
`

const guard = "AuthorizationPolicy/istio-system/ambient-ingressgateway-no-forged-identity"

func TestASecondIssuerThatSortsFirst(t *testing.T) {
	needsPlane(t)
	ci, err := plane.AddIssuer("ci.example.com", "http://ci.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if said := warnings(t, secondIssuer); !strings.Contains(said, "istio-system/ci") {
		t.Errorf("the function does not name the second issuer:\n%s", said)
	}
	claims := ci.Session("job")
	delete(claims, "email")
	forged := world.Request{Host: question.Host, Path: "/notebook/alice/tet/lab",
		Headers: http.Header{"Authorization": {"Bearer " + ci.Sign(claims)}, "kubeflow-userid": {"alice@example.com"}}}
	guarded := add(t, base(t), secondIssuer)
	verified, _ := render(t, configured(t, "  cluster:\n", verifyTokens))
	for _, binary := range tools.Envoys {
		t.Run("Envoy "+binary.Version, func(t *testing.T) {
			restart(t, binary)
			without := settled(t, removes(guard)(t, guarded), forged)
			if shows := !strings.HasPrefix(binary.Version, "1.40."); (without == hole) != shows {
				t.Errorf("without a fix: %s; that it is a hole is expected: %v", without, shows)
			}
			with := settled(t, guarded, forged)
			if with != "403" {
				t.Errorf("with the guard at the ingress: %s", with)
			}
			again := settled(t, removes(guard)(t, add(t, verified, secondIssuer)), forged)
			if again != "401" { // an issuer that the waypoint does not know
				t.Errorf("with verifyTokens and without the guard: %s", again)
			}
			note("attack, Envoy %s, a second issuer that sorts first: without a fix %s; with no-forged-identity %s; with verifyTokens alone %s", binary.Version, without, with, again)
		})
	}
}

// settled is the outcome in a world, on a connection of that world.
func settled(t *testing.T, objects []*kube.Object, r world.Request) string {
	t.Helper()
	become(t, objects)
	awaitLogin(t)
	outcome(t, r)
	return outcome(t, r)
}

// warnings are what the function says about one more input.
func warnings(t *testing.T, input string) string {
	t.Helper()
	_, said := render(t, tools.BaseConfig(), inputFile(t, input))
	return said
}

// What a sidecar denied is denied after the function has converted it, and is lost when the policy is only applied.
func TestADenyOfTheSidecarEra(t *testing.T) {
	needsPlane(t)
	alice := http.Header{"Cookie": {"session=alice@example.com"}}
	admin := func(t *testing.T) string {
		return outcome(t, world.Request{Host: question.Host, Path: "/notebook/alice/tet/admin", Headers: alice})
	}
	fromUI := func(t *testing.T) string {
		got, err := plane.FromPod(context.Background(), "kubeflow/ml-pipeline-ui", "alice/tet:80",
			world.Request{Path: "/lab", Headers: http.Header{"kubeflow-userid": {"alice@example.com"}}})
		if err != nil {
			return err.Error()
		}
		if got.Reached != "" {
			return got.Reached
		}
		return "403"
	}
	for _, c := range []struct {
		name, policy, want string
		ask                func(*testing.T) string
	}{
		{"by path", policy("alice", "no-admin", `{action: DENY, rules: [{to: [{operation: {paths: ['/notebook/alice/tet/admin*']}}]}]}`), hole, admin},
		{"by path, with a selector", policy("alice", "no-admin", `{action: DENY, selector: {matchLabels: {app: tet}}, rules: [{to: [{operation: {paths: ['/notebook/alice/tet/admin*']}}]}]}`), hole, admin},
		{"by principal", policy("alice", "no-ui", `{action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/kubeflow/sa/ml-pipeline-ui]}}]}]}`), "alice/tet", fromUI},
	} {
		become(t, add(t, base(t), c.policy))
		awaitLogin(t)
		c.ask(t)
		if got := c.ask(t); got != c.want {
			t.Errorf("DENY %s, only applied: %s; nothing is lost, so the test proves nothing", c.name, got)
		}
		converted, _ := render(t, tools.BaseConfig(), inputFile(t, c.policy))
		become(t, converted)
		c.ask(t)
		if got := c.ask(t); got != "403" {
			t.Errorf("DENY %s, converted: %s", c.name, got)
		}
		note("attack, a DENY %s: only applied %s; converted 403", c.name, c.want)
	}
}

// A route that claims the host under which everybody comes takes all other paths of it away.
func TestAHostThatATenantTakes(t *testing.T) {
	needsPlane(t)
	claim := `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: claim, namespace: bob}
spec:
  hostnames: [` + question.Host + `]
  parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
    backendRefs: [{name: nb, port: 80}]
`
	alice := world.Request{Host: question.Host, Path: "/", Headers: http.Header{"Cookie": {"session=alice@example.com"}}}
	become(t, base(t))
	awaitLogin(t)
	if got := outcome(t, alice); got != "kubeflow/dashboard as alice@example.com" {
		t.Errorf("without the claim: %s", got)
	}
	guarded, _ := render(t, configured(t, "  cluster:\n", admission))
	become(t, guarded)
	awaitRefusals(t, claim, true)
	refusals := refused(t, claim)
	become(t, base(t))
	awaitRefusals(t, claim, false)
	become(t, add(t, base(t), claim))
	taken := outcome(t, alice)
	if taken != "403" {
		t.Errorf("with the claim alice's dashboard answers %s; the test proves nothing", taken)
	}
	note("attack, a host that a tenant takes: without a fix alice's dashboard answers %s; admission: %s", taken, strings.Join(refusals, "; "))
}

// Envoy 1.39 verifies no token for a CORS preflight, and strips no header from it.
func TestAPreflightWithAForgedHeader(t *testing.T) {
	needsPlane(t)
	open := base(t)
	for _, name := range []string{"istio-ingressgateway-require-jwt", "istio-ingressgateway-oauth2-proxy"} {
		open = removes("AuthorizationPolicy/istio-system/"+name)(t, open)
	}
	preflight := world.Request{Method: "OPTIONS", Host: question.Host, Path: "/notebook/alice/tet/lab", Headers: http.Header{
		"Origin": {"https://evil.example.com"}, "Access-Control-Request-Method": {"GET"}, "kubeflow-userid": {"alice@example.com"}}}
	restart(t, tools.Envoys[0])
	ask := func(objects []*kube.Object) string {
		become(t, objects)
		outcome(t, preflight)
		return outcome(t, preflight)
	}
	without, with := ask(removes(guard)(t, open)), ask(open)
	if without != hole {
		t.Errorf("without the guard: %s; the test proves nothing", without)
	}
	if with != "403" {
		t.Errorf("with the guard: %s", with)
	}
	note("attack, Envoy %s, a preflight with a forged header where no token is required: without no-forged-identity %s; with it %s", tools.Envoys[0].Version, without, with)
}
