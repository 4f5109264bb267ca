package survey

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Where a RoleBinding of KFAM names the contributor.
const (
	userField = "metadata.annotations.user"
	roleField = "metadata.annotations.role"
)

// contributor reads the contributor that a RoleBinding with KFAM's annotations names. It ignores a
// RoleBinding whose annotations disagree with its subject or role.
func (s *sources) contributor(item *manifest.Item) {
	p := s.of(item.Namespace)
	user, role := item.Annotation("user"), item.Annotation("role")
	// profile-controller: namespaceAdmin is the owner's own binding, with the same annotations.
	if p == nil || user == "" || role == "" || item.Name == "namespaceAdmin" {
		return
	}
	if why := mismatch(item, user, role); why != "" {
		s.Warn(diagnostic.RoleBindingMismatch, item, fmt.Sprintf("its annotations name %q as a contributor with role %q, but %s", user, role, why),
			"the contributor gets no access", "make the annotations match the binding, as KFAM writes them")
		return
	}
	c := profile.Contributor{Name: user, Role: role, Bound: true}
	if !s.isNew(item.Namespace, user, role) || s.passesOver(diagnostic.RoleBindingIgnored, item, profile.CheckContributor(c, userField, roleField), "the contributor gets no access") {
		return
	}
	s.bindings[[3]string{item.Namespace, user, role}] = item
	s.warnAll(item, profile.UserWarnings(userField, user))
	p.Contributors = append(p.Contributors, c)
}

// mismatch returns how a RoleBinding differs from its annotations, or "".
func mismatch(item *manifest.Item, user, role string) string {
	ref := manifest.Field(item.Node, "roleRef")
	if manifest.Value(ref, "kind") != "ClusterRole" || manifest.Value(ref, "name") != "kubeflow-"+role {
		return "it grants another role"
	}
	subjects := manifest.Field(item.Node, "subjects")
	if subjects == nil || len(subjects.Content) != 1 {
		return "it does not have exactly one subject"
	}
	subject := manifest.Dealias(subjects.Content[0])
	if manifest.Value(subject, "kind") != "User" || manifest.Value(subject, "name") != user {
		return "its subject is someone else"
	}
	return ""
}
