package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// Fields of rbac.authorization.k8s.io/v1.
type (
	roleRef struct {
		APIGroup string `yaml:"apiGroup"`
		Kind     string `yaml:"kind"`
		Name     string `yaml:"name"`
	}
	subject struct {
		APIGroup  string `yaml:"apiGroup"`
		Kind      string `yaml:"kind"`
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	}
)

// contributorRoleBinding gives a contributor Kubernetes rights, under KFAM's name and with its
// annotations, so that the dashboard lists and removes it as its own.
func contributorRoleBinding(ns Namespace, c Contributor) Object {
	return Object{
		APIVersion: survey.RBACGroup + "/v1", Kind: "RoleBinding", Namespace: ns.Name, Name: c.Binding,
		Annotations: c.annotations(),
		Fields: Fields{
			"roleRef":  roleRef{survey.RBACGroup, "ClusterRole", "kubeflow-" + c.Role},
			"subjects": []subject{{APIGroup: survey.RBACGroup, Kind: c.Kind, Name: c.Name}},
		},
	}
}

// allowContributorL7: the contributor, when the ingress Gateway or the pipelines UI vouches for
// the header, or the members of a group by their verified tokens; all roles alike, as Kubernetes rights
// do not show in HTTP.
func allowContributorL7(ns Namespace, c Contributor) Object {
	who := from(ns.Ingress, ns.PipelinesUI).when(header(ns.UserIDHeader, c.Header))
	if c.Kind == "Group" {
		who = ns.members(c.Name)
	}
	o := policy(ns.Name, c.Binding, allow(onGateway(ns.Waypoint.Name), who))
	o.Annotations = c.annotations()
	return o
}

// annotations are those by which KFAM finds a contributor.
func (c Contributor) annotations() map[string]string {
	return map[string]string{"user": c.Name, "role": c.Role}
}
