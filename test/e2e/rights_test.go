package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// A token that the API server signs carries what our manifests wait for: issuer, audience, and a subject that, copied
// raw into the header, is the value of the token policy. The proxy's own account may fetch the keys, and no more.
func TestTokensCarryWhatTheManifestsWaitFor(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	all := applyWithFixtures(ctx, t, append(render(t, configuration(alice, "")),
		object("v1", "ServiceAccount", "alice", "default-editor", nil)))

	authentication := find(all, "m2m-token-issuer")
	rules, _, _ := unstructured.NestedSlice(authentication.Object, "spec", "jwtRules")
	rule := list(any(rules))[0]
	audience := rule["audiences"].([]any)[0].(string)
	claims := claimsOf(t, token(t, "alice", "default-editor", audience))

	if claims.Issuer != rule["issuer"] {
		t.Errorf("tokens say issuer %q, the first rule waits for %q", claims.Issuer, rule["issuer"])
	}
	if !slices.Equal(claims.Audience, []string{audience}) {
		t.Errorf("tokens say audience %q, asked for %q", claims.Audience, audience)
	}
	policy, err := json.Marshal(find(all, "ns-l7-allow-k8s-token").Object)
	if err != nil || !strings.Contains(string(policy), `"`+claims.Subject+`"`) {
		t.Errorf("no rule of the token policy names the subject %q", claims.Subject)
	}

	proxy := rest.AnonymousClientConfig(plane.Admin)
	proxy.BearerToken = token(t, "istio-system", "cluster-jwks-proxy", "")
	for path, want := range map[string]int{"/openid/v1/jwks": 200, "/.well-known/openid-configuration": 200, "/api/v1/namespaces/alice/secrets": 403} {
		if got := statusOf(t, proxy, path); got != want {
			t.Errorf("the proxy's account gets %d for %s, want %d", got, path, want)
		}
	}
}

type claims struct {
	Issuer   string   `json:"iss"`
	Audience []string `json:"aud"`
	Subject  string   `json:"sub"`
}

func token(t *testing.T, namespace, account, audience string) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(plane.Admin)
	if err != nil {
		t.Fatal(err)
	}
	request := &authenticationv1.TokenRequest{}
	if audience != "" {
		request.Spec.Audiences = []string{audience}
	}
	answer, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), account, request, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status.Token
}

func claimsOf(t *testing.T, token string) (c claims) {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func statusOf(t *testing.T, as *rest.Config, path string) int {
	t.Helper()
	client, err := rest.HTTPClientFor(as)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Get(as.Host + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

const profileController = "system:serviceaccount:kubeflow:profiles-controller-service-account"

// What `controllers: Restrict` takes, asked of the API server's own RBAC: writing AuthorizationPolicies, as it says, and
// two things more, because the role names neither the status of a Profile nor the verb bind: nobody may bind a role that
// he does not hold himself. Contributors added in the dashboard fail with it, since KFAM runs under the same account.
func TestRestrictTakesTheControllersRights(t *testing.T) {
	needsControlPlane(t)
	ctx := t.Context()
	admin := object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "kubeflow-admin", nil)
	admin.Object["rules"] = []any{map[string]any{
		"apiGroups": []any{"kubeflow.org"}, "resources": []any{"notebooks"}, "verbs": []any{"create"},
	}}
	applyWithFixtures(ctx, t, append(render(t, configuration(alice, "cluster: {controllers: Restrict}\n")), admin))
	for _, right := range []struct {
		group, resource, subresource, verb string
		allowed                            bool
	}{
		{"", "namespaces", "", "create", true},
		{"", "serviceaccounts", "", "create", true},
		{"", "resourcequotas", "", "create", true},
		{"kubeflow.org", "profiles", "", "update", true},
		{"security.istio.io", "authorizationpolicies", "", "get", true},
		{"security.istio.io", "authorizationpolicies", "", "create", false},
		{"security.istio.io", "authorizationpolicies", "", "update", false},
		{"security.istio.io", "authorizationpolicies", "", "delete", false},
		{"kubeflow.org", "profiles", "status", "update", false},
	} {
		got := mayDo(ctx, t, &authorizationv1.ResourceAttributes{Namespace: "alice",
			Group: right.group, Resource: right.resource, Subresource: right.subresource, Verb: right.verb})
		if got != right.allowed {
			t.Errorf("%s %s/%s: allowed %t, want %t", right.verb, right.resource, right.subresource, got, right.allowed)
		}
	}
	if err := bindAsController(ctx, t, admin.GetName()); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "attempting to grant") {
		t.Errorf("a RoleBinding to kubeflow-admin: want it forbidden as an escalation, got %v", err)
	}
}

func mayDo(ctx context.Context, t *testing.T, what *authorizationv1.ResourceAttributes) bool {
	t.Helper()
	client, err := kubernetes.NewForConfig(plane.Admin)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: profileController, ResourceAttributes: what},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status.Allowed
}

// bindAsController tries what the profile-controller does for every owner.
func bindAsController(ctx context.Context, t *testing.T, role string) error {
	t.Helper()
	config := rest.CopyConfig(plane.Admin)
	config.Impersonate.UserName = profileController
	client, err := kube.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	binding := object("rbac.authorization.k8s.io/v1", "RoleBinding", "alice", "namespaceAdmin", nil)
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
	binding.Object["subjects"] = []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice@example.com"}}
	r, err := client.Resource(binding)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Create(ctx, binding, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}
