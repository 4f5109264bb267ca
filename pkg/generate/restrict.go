package generate

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// The names under which the profile-controller has its rights.
const (
	profilesRole = "profiles-cluster-admin"
	// ProfilesServiceAccount is that of its pods.
	ProfilesServiceAccount = "profiles-controller-service-account"
	// ProfilesBinding is our binding in place of Kubeflow's.
	ProfilesBinding = "ambient-profile-profiles-controller"
)

// profilesRule is one rule of a ClusterRole.
type profilesRule struct {
	APIGroups []string `yaml:"apiGroups"`
	Resources []string `yaml:"resources"`
	Verbs     []string `yaml:"verbs"`
}

// profilesClusterRole is all that the profile-controller needs but the right to write
// AuthorizationPolicies, which it may only read.
func profilesClusterRole() Object {
	read := []string{"get", "list", "watch"}
	write := []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
	return Object{
		APIVersion: survey.RBACGroup + "/v1", Kind: "ClusterRole", Name: profilesRole,
		Fields: Fields{"rules": []profilesRule{
			{[]string{""}, []string{
				"pods", "pods/log", "pods/exec", "services", "serviceaccounts", "endpoints",
				"configmaps", "secrets", "resourcequotas", "namespaces",
			}, write},
			{[]string{survey.RBACGroup}, []string{"rolebindings", "roles"}, write},
			{[]string{survey.IstioSecurity}, []string{"authorizationpolicies"}, read},
			{[]string{"kubeflow.org"}, []string{"profiles"}, write},
		}},
	}
}

// profilesClusterRoleBinding has a name of its own: a roleRef is immutable, so the stock binding
// is replaced, never edited.
func profilesClusterRoleBinding() Object {
	return Object{
		APIVersion: survey.RBACGroup + "/v1", Kind: "ClusterRoleBinding", Name: ProfilesBinding,
		Fields: Fields{
			"roleRef":  roleRef{survey.RBACGroup, "ClusterRole", profilesRole},
			"subjects": []subject{{Kind: "ServiceAccount", Name: ProfilesServiceAccount, Namespace: profile.KubeflowNamespace}},
		},
	}
}
