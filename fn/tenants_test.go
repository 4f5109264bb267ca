package fn

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// A tenant may write what it likes in its own namespace: nothing changes for the others, but that
// its own pods may lose the way to them.
func TestPropertyATenantsObjectsStayItsOwn(t *testing.T) {
	tried := 0
	eachConfig(t, 4, func(t *testing.T, r *rand.Rand, c randomConfig) {
		if len(c.tenants) == 1 {
			c.tenants = append(c.tenants, newTenant(r, 9))
		}
		eve, victims := c.tenants[0], c.tenants[1:]
		var written strings.Builder
		for range 1 + r.IntN(6) {
			written.WriteString("---\n" + strings.NewReplacer("NS", eve.name, "VICTIM", victims[0].name, "WAYPOINT", c.waypoint, "HEADER", c.header).Replace(pick(r, tenantsObjects...)))
			tried++
		}
		before, after := worldOf(t, rendered(t, c, c.cluster())), worldOf(t, rendered(t, c, distinct(c.cluster()+written.String())))
		for _, victim := range victims {
			for _, q := range append(c.fromOutside(victim), c.fromInside(r, victim)...) {
				a, b := before.Decide(q.Request), after.Decide(q.Request)
				itsOwn := strings.HasPrefix(q.From.ServiceAccount, eve.name+"/")
				// A route at the tenant's own Service that leads on to another's behind the waypoint is not followed, and so NOT JUDGED. Nothing else may be.
				notFollowed := b.Outcome == access.NotJudged && strings.HasPrefix(b.Why, "HTTPRoute "+eve.name+"/") && strings.HasSuffix(b.Why, "which is not followed")
				if a.Outcome != b.Outcome && (b.Outcome == access.Allow || !itsOwn) && !notFollowed {
					t.Errorf("%s, %s -> %+v: %s, but %s (%s) after %s wrote\n%s", q.name, q.From, q.To, a.Outcome, b.Outcome, b.By(), eve.name, written.String())
				}
			}
		}
	})
	t.Logf("%d objects", tried)
}

// distinct leaves out objects that were picked twice.
func distinct(stream string) string {
	seen := map[string]bool{}
	var out []string
	for _, document := range strings.Split(stream, "\n---\n") {
		if document = strings.TrimSpace(strings.TrimPrefix(document, "---\n")); document != "" && !seen[document] {
			seen[document] = true
			out = append(out, document)
		}
	}
	return strings.Join(out, "\n---\n")
}

const anyPolicy = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"

// tenantsObjects are what someone could try who may write in the namespace NS and wants into VICTIM.
var tenantsObjects = []string{
	anyPolicy + "metadata: {name: all, namespace: NS}\nspec: {rules: [{}]}\n",
	anyPolicy + "metadata: {name: all-l7, namespace: NS}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: WAYPOINT}], rules: [{}]}\n",
	anyPolicy + "metadata: {name: their-service, namespace: NS}\nspec: {targetRefs: [{kind: Service, name: tet, namespace: VICTIM}], rules: [{}]}\n",
	anyPolicy + "metadata: {name: class, namespace: NS}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{}]}\n",
	anyPolicy + "metadata: {name: old, namespace: NS}\nspec: {rules: [{when: [{key: 'request.headers[HEADER]', values: ['*']}]}]}\n",
	anyPolicy + "metadata: {name: old-deny, namespace: NS}\nspec: {action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}\n",
	anyPolicy + "metadata: {name: selected, namespace: NS}\nspec: {selector: {matchLabels: {app: tet}}, rules: [{to: [{operation: {paths: ['/*']}}]}]}\n",
	anyPolicy + "metadata: {name: shared, namespace: NS, labels: &x {app: tet}, annotations: *x}\nspec: {selector: {matchLabels: *x}, rules: [{when: [{key: 'request.headers[HEADER]', values: ['*']}]}]}\n",
	"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: mallory, namespace: NS, annotations: {user: mallory@example.com, role: admin}}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-admin}\nsubjects: [{kind: User, name: mallory@example.com}]\n",
	"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: lie, namespace: NS, annotations: {user: '*', role: admin}}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-view}\nsubjects: [{kind: Group, name: 'system:authenticated'}]\n",
	"apiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata: {name: nb, namespace: NS, annotations: {notebooks.kubeflow.org/http-rewrite-uri: /notebook/VICTIM/tet/, " +
		"notebooks.kubeflow.org/http-headers-request-set: '{\"HEADER\": \"ann@example.com\", \"X-A\": \"b\"}'}}\n",
	"apiVersion: v1\nkind: Service\nmetadata: {name: theirs, namespace: NS}\nspec: {type: ExternalName, externalName: tet.VICTIM.svc.cluster.local}\n",
	"apiVersion: v1\nkind: Service\nmetadata: {name: past, namespace: NS, labels: {istio.io/use-waypoint: none}}\nspec: {selector: {app: tet}, ports: [{port: 80}]}\n",
	"apiVersion: v1\nkind: Service\nmetadata: {name: through, namespace: NS, labels: {istio.io/use-waypoint: WAYPOINT, istio.io/use-waypoint-namespace: VICTIM}}\nspec: {selector: {app: tet}, ports: [{port: 80}]}\n",
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: NS, labels: {istio.io/dataplane-mode: none, istio.io/use-waypoint-namespace: VICTIM}}\n",
	"apiVersion: v1\nkind: Pod\nmetadata: {name: pod, namespace: NS, labels: {app: tet, istio.io/dataplane-mode: none}}\nspec: {serviceAccountName: WAYPOINT, hostNetwork: true}\n",
	"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: mine, namespace: NS, annotations: {gateway.istio.io/service-account: default-editor}}\n" +
		"spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {namespaces: {from: All}}}]}\n",
	"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: grab, namespace: NS}\nspec: {parentRefs: [{kind: Service, group: '', name: tet, namespace: NS}], " +
		"rules: [{backendRefs: [{name: tet, namespace: VICTIM, port: 80}]}]}\n",
	"apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: grant, namespace: NS}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: VICTIM}], to: [{group: '', kind: Service}]}\n",
	"apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: jwt, namespace: NS}\nspec: {jwtRules: [{issuer: https://evil.example.com, jwks: '{}', outputClaimToHeaders: [{header: HEADER, claim: name}]}]}\n",
	"apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: any, namespace: NS}\nspec: {mtls: {mode: DISABLE}}\n",
}
