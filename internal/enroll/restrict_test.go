package enroll

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Restrict names each object that it removes or stops, and removes only what is Kubeflow's own.
func TestRestrictNamesWhatItTakes(t *testing.T) {
	const (
		binding    = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: profiles-cluster-rolebinding"
		admin      = "}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: ["
		controller = "{kind: ServiceAccount, name: profiles-controller-service-account, namespace: kubeflow}"
		deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: kubeflow-pipelines-profile-controller, namespace: kubeflow}\nspec: {replicas: "
		policy     = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {namespace: alice, name: "
		artifacts  = "ml-pipeline-visualizationserver}\nspec: {selector: {matchLabels: {app: ml-pipeline-visualizationserver}}, rules: [{from: [{source: {principals: [cluster.local/ns/kubeflow/sa/ml-pipeline]}}]}]}"
		other      = ", annotations: {ambient.kubeflow.org/owned-by: another}"
	)
	for _, test := range []struct {
		name, object string
		want         diagnostic.Code // "" is no message
		says         string
		removed      bool
	}{
		{"Kubeflow's binding", binding + admin + controller + "]", diagnostic.RestrictApplied, "to cluster-admin", true},
		{"a binding of somebody as well", binding + admin + controller + ", {kind: User, name: ann}]", diagnostic.RestrictKept, "keeps the rights of ClusterRole/cluster-admin", false},
		{"a binding of somebody else", binding + admin + "{kind: User, name: ann}]", diagnostic.RestrictKept, "has no rights by it", false},
		{"a binding to less", binding + strings.Replace(admin, "cluster-admin", "view", 1) + controller + "]", diagnostic.RestrictKept, "keeps the rights of ClusterRole/view", false},
		{"a binding of another AmbientProfile", binding + other + admin + controller + "]", diagnostic.RestrictKept, "Restrict does not cover it", false},
		{"the pipelines profile controller", deployment + "1}", diagnostic.RestrictApplied, "would write its policy", false},
		{"the same, stopped", deployment + "0}", "", "", false},
		{"the policy for artifacts", policy + artifacts, diagnostic.RestrictApplied, "allow the owner", true},
		{"the same, with another rule", policy + strings.Replace(artifacts, "ml-pipeline]", "ml-pipeline, cluster.local/ns/tools/sa/bot]", 1), diagnostic.RestrictPolicyLost, "only its rules allowed", true},
		{"a DENY policy of that name", policy + "ns-owner-access-istio}\nspec: {action: DENY, rules: [{from: [{source: {namespaces: [tools]}}]}]}", diagnostic.RestrictPolicyLost, "no longer denies", true},
		{"an AUDIT policy of that name", policy + "ns-owner-access-istio}\nspec: {action: AUDIT, rules: [{}]}", diagnostic.RestrictPolicyLost, "AUDIT is lost", true},
		{"a policy of another AmbientProfile", policy + "ns-owner-access-istio" + other + "}\nspec: {rules: [{}]}", diagnostic.RestrictKept, "another owns it", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			findings, items := run(t, "{controllers: Restrict}", test.object)
			var code diagnostic.Code
			var text string
			for _, d := range findings {
				if d.Object == items[0].Ref() {
					code, text = d.Code, d.Found+"; "+d.Effect
				}
			}
			if code != test.want || !strings.Contains(text, test.says) || items[0].Removed != test.removed {
				t.Errorf("%s %s, removed %t", code, text, items[0].Removed)
			}
		})
	}
}
