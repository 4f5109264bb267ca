package serve

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

const (
	// enrollLabel of a Namespace: it is left alone with any value but "true".
	enrollLabel = "ambient.kubeflow.org/enroll"
	// ownerAnnotation names the owner (profile-controller: it refuses a Namespace whose owner is another).
	ownerAnnotation = "owner"
	// ownerBinding is the RoleBinding that the profile-controller makes for the owner.
	ownerBinding = "namespaceAdmin"
)

// owner is who a Namespace belongs to, as far as that is certain.
type owner struct {
	kind, name, namespace string
	// labels are those of the Profile, which a selector may ask for.
	labels map[string]any
	// waits says what is not known yet, and contested who disagrees with whom. In both cases no user gets access.
	waits, contested string
}

// leave says why a Namespace is none of ours, or "".
func (s *Server) leave(r syncRequest) string {
	switch ns := r.Object; {
	case ns.isDeleted():
		return "it is being deleted"
	case !isEnrolled(ns):
		return fmt.Sprintf("it has the label %s: %q", enrollLabel, ns.label(enrollLabel))
	case ns.annotation(ownerAnnotation) == "":
		return "it has no annotation " + ownerAnnotation + ", so it belongs to no Profile"
	}
	if orphans := s.orphans(r); len(orphans) > 0 && len(r.Attachments.all()) == 0 {
		return fmt.Sprintf("%s of AmbientProfile %q was applied by another program", orphans[0].ref(), s.Name)
	}
	for _, o := range append([]object{r.Object}, r.inNamespace()...) {
		if by := o.annotation(profile.OwnedBy); by != "" && by != s.Name && !ofTenant(o) {
			return fmt.Sprintf("%s belongs to AmbientProfile %q", o.ref(), by)
		}
	}
	return ""
}

// isEnrolled reports whether a Namespace may be a tenant of ours. Who writes "no" or "False" wants it to be none.
func isEnrolled(ns object) bool {
	value, found := ns.below("metadata", "labels")[enrollLabel]
	return !found || value == "true"
}

// unclear says what is wrong with a label that says neither, or "".
func unclear(ns object) string {
	if isEnrolled(ns) || ns.isDeleted() || ns.label(enrollLabel) == "false" {
		return ""
	}
	return fmt.Sprintf(`it has the label %s: %q, so it is left alone; write "false" if it is to be, or "true", or remove the label`, enrollLabel, ns.label(enrollLabel))
}

// ofTenant reports whether tenants, or the dashboard for them, write objects of a kind that no AmbientProfile makes. With a mark on one of theirs they would
// keep the access of everyone as it is.
func ofTenant(o object) bool { return o.kind() == "Notebook" || o.kind() == "RoleBinding" }

// orphans carry the mark of this AmbientProfile, but metacontroller does not know them as what it made: another program applied
// them, or somebody took their owner reference away. It neither changes nor deletes them.
func (s *Server) orphans(r syncRequest) []object {
	attached := map[manifest.ID]bool{}
	for _, o := range r.Attachments.all() {
		attached[o.id()] = true
	}
	var out []object
	for _, o := range r.inNamespace() {
		if o.annotation(profile.OwnedBy) == s.Name && !attached[o.id()] {
			out = append(out, o)
		}
	}
	return out
}

// ownerOf is the owner by the Namespace's annotation. Its kind is that of the subject of the profile-controller's binding, or of
// the Profile. Who can write one of the three cannot make himself the owner.
func ownerOf(r syncRequest) owner {
	name := r.Object.name()
	annotated := r.Object.annotation(ownerAnnotation)
	var found []owner
	own := owner{name: annotated}
	for _, o := range r.Related.all() {
		switch {
		case o.kind() == "Profile" && o.group() == "kubeflow.org" && o.name() == name:
			own.labels = o.below("metadata", "labels")
			found = append(found, subject(o.below("spec", "owner"), "Profile "+name))
		case o.kind() == "RoleBinding" && o.namespace() == name && o.name() == ownerBinding:
			subjects, _ := o["subjects"].([]any)
			if len(subjects) != 1 {
				own.contested = fmt.Sprintf("%s has %d subjects, and the owner is one", o.ref(), len(subjects))
				return own
			}
			one, _ := subjects[0].(map[string]any)
			found = append(found, subject(one, o.ref()))
		}
	}
	for _, f := range found {
		switch {
		case f.name != annotated:
			own.contested = fmt.Sprintf("its annotation owner is %q, but %s names %q", annotated, f.waits, f.name)
		case own.kind != "" && (own.kind != f.kind || own.namespace != f.namespace):
			own.contested = fmt.Sprintf("its owner is a %s, but %s names a %s", own.kind, f.waits, f.kind)
		}
		own.kind, own.namespace = f.kind, f.namespace
	}
	if len(found) == 0 {
		own.waits = "neither its Profile nor RoleBinding " + ownerBinding + " says yet of which kind its owner is"
	}
	return own
}

// subject reads an rbac Subject. An absent kind is User in a Profile (profile-controller), and cannot be absent in a
// RoleBinding. In a Profile, an absent namespace of a ServiceAccount is the profile's own.
func subject(s map[string]any, source string) owner {
	o := owner{kind: text(s, "kind"), name: text(s, "name"), waits: source}
	if o.kind == "" {
		o.kind = "User"
	}
	if o.kind == "ServiceAccount" {
		o.namespace = text(s, "namespace")
	}
	return o
}

// profile is the Profile that the function reads.
func (o owner) profile(namespace string) object {
	owner := map[string]any{"kind": o.kind, "name": o.name}
	if o.namespace != "" {
		owner["namespace"] = o.namespace
	}
	metadata := map[string]any{"name": namespace}
	if o.labels != nil {
		metadata["labels"] = o.labels
	}
	return object{"apiVersion": "kubeflow.org/v1", "kind": "Profile", "metadata": metadata, "spec": map[string]any{"owner": owner}}
}
