package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func (r *refusals) profiles(s Spec) {
	const path = "spec.profiles"
	switch {
	case s.Profiles == nil && s.ProfileSelector == nil:
		r.missing(path, "list at least one profile, with name and owner")
	case s.Profiles != nil && len(s.Profiles) == 0:
		r.add(path, "[]", "is empty", "list at least one profile, or leave the field out and select Profile objects")
	}
	reserved := s.reserved()
	seen := map[string]string{}
	for i, p := range s.Profiles {
		item := at(path, i)
		if p.Name == "" {
			r.missing(item+".name", "write the namespace of the profile")
		} else if r.label(item+".name", p.Name) {
			r.unreserved(item+".name", p.Name, reserved)
			r.unique(seen, item+".name", p.Name)
		}
		if s.ProfileSelector == nil || p.Owner != (Owner{Kind: "User"}) { // else a selected Profile may say it
			r.owner(item+".owner", p.Owner)
		}
		r.serviceAccounts(item+".serviceAccounts", p.ServiceAccounts)
		r.contributors(item+".contributors", p.Contributors)
		r.notebooks(item+".notebooks", p.Notebooks)
	}
}

// CheckFound refuses what Parse would, in a profile that was found in the input; object says where.
// The error joins every Refusal.
func (s Spec) CheckFound(object string, p Profile) error {
	var r refusals
	if r.label(object+": metadata.name", p.Name) {
		r.unreserved(object+": metadata.name", p.Name, s.reserved())
	}
	r.owner(object+": spec.owner", p.Owner)
	return r.err()
}

// CheckContributor refuses a contributor that was found in the input; path says where.
func CheckContributor(path string, c Contributor) error {
	var r refusals
	r.contributor(path, c)
	return r.err()
}

// CheckContributors refuses contributors of one namespace that KFAM could not tell apart.
func CheckContributors(path string, contributors []Contributor) error {
	var r refusals
	r.contributors(path, contributors)
	return r.err()
}

// CheckNotebook refuses a notebook that was found in the input; path says where.
func CheckNotebook(path string, n Notebook) error {
	var r refusals
	r.notebook(path, n)
	return r.err()
}

// Complete fills in what a profile that was found in the input leaves out.
func (p Profile) Complete() Profile {
	p.complete()
	return p
}

// reserved names the namespaces that the control plane lives in. A user's policies there would
// cut off a component or, in the root namespace, the whole mesh; in the login's, nobody could log
// in, and the profile's owner would own dex.
func (s Spec) reserved() map[string]string {
	names := map[string]string{}
	for _, ref := range []struct{ namespace, why string }{
		{s.Identity.ServiceAccounts.PipelinesUI, "spec.identity.serviceAccounts.pipelinesUI"},
		{s.Identity.ServiceAccounts.PipelinesAPI, "spec.identity.serviceAccounts.pipelinesAPI"},
		{s.Identity.ServiceAccounts.NotebookController, "spec.identity.serviceAccounts.notebookController"},
		{s.Ingress.Gateway, "spec.ingress.gateway"},
		{s.Cluster.RootNamespace, "spec.cluster.rootNamespace"},
		{s.Cluster.KServe.Namespace, "spec.cluster.kserve.namespace"},
		{"kubeflow", "Kubeflow itself"},
		{"istio-system", "Istio itself"},
		{"auth", "dex"},
		{"oauth2-proxy", "oauth2-proxy itself"},
		{"knative-serving", "Knative itself"},
		{"cert-manager", "cert-manager itself"},
	} {
		namespace, _, _ := strings.Cut(ref.namespace, "/")
		names[namespace] = ref.why
	}
	return names
}

func (r *refusals) unreserved(path, name string, reserved map[string]string) {
	why, found := reserved[name]
	if strings.HasPrefix(name, "kube-") {
		why, found = "Kubernetes itself", true
	}
	if found {
		r.add(path, name, "is the namespace of "+why, "name the namespace of a user")
	}
}

func (r *refusals) owner(path string, o Owner) {
	r.oneOf(path+".kind", o.Kind, "User", "ServiceAccount", "Group")
	switch {
	case o.Name == "":
		r.missing(path+".name", "write the owner as the Profile has it")
	case o.Kind == "ServiceAccount":
		r.serviceAccount(path+".name", o.Name)
	default:
		r.user(path+".name", o.Name)
	}
}

// user refuses a name that could match more than one user's header.
func (r *refusals) user(path, name string) {
	if len(name) > 320 {
		r.add(path, name, "is longer than 320 characters", "write the user's name or e-mail")
		return
	}
	r.value(path, name)
}

func (r *refusals) serviceAccounts(path string, accounts []string) {
	seen := map[string]string{}
	for i, account := range accounts {
		r.serviceAccount(at(path, i), account)
		r.unique(seen, at(path, i), account)
	}
}

func (r *refusals) serviceAccount(path, account string) {
	if strings.Contains(account, "/") {
		r.namespaced(path, account)
		return
	}
	r.subdomain(path, account)
}

func (r *refusals) contributors(path string, contributors []Contributor) {
	seen := map[string]Contributor{}
	for i, c := range contributors {
		item := at(path, i)
		r.contributor(item, c)
		if c.Name == "" {
			continue
		}
		binding := c.BindingName()
		if other, found := seen[binding]; found {
			r.add(item+".name", c.Name, fmt.Sprintf("has the RoleBinding of %q, %s", other.Name, binding), "KFAM cannot tell them apart; let in one of the two")
		}
		seen[binding] = c
	}
}

func (r *refusals) contributor(path string, c Contributor) {
	if c.Role == "" {
		r.missing(path+".role", "write admin, edit or view")
	} else {
		r.oneOf(path+".role", c.Role, "admin", "edit", "view")
	}
	if c.Name == "" {
		r.missing(path+".name", "write the contributor as the userid header has it")
		return
	}
	r.user(path+".name", c.Name)
	if len(c.BindingName()) > 253 {
		r.add(path+".name", c.Name, "gives a RoleBinding name of more than 253 characters", "shorten it")
	}
}

// BindingName is what KFAM calls the contributor's RoleBinding and AuthorizationPolicy
// (KFAM: getBindingName replaces in the name, then once more in the whole).
func (c Contributor) BindingName() string {
	return dashed("user-" + dashed(c.Name) + "-clusterrole-" + c.Role)
}

// dashed has one dash for whatever is neither letter nor digit, and no upper case.
func dashed(text string) string {
	out := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		switch {
		case 'A' <= c && c <= 'Z':
			out = append(out, c-'A'+'a')
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			out = append(out, c)
		case len(out) == 0 || out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	return string(out)
}

func (r *refusals) notebooks(path string, notebooks []Notebook) {
	seen := map[string]string{}
	for i, n := range notebooks {
		item := at(path, i)
		r.notebook(item, n)
		if n.Name != "" {
			r.unique(seen, item+".name", n.Name)
		}
	}
}

func (r *refusals) notebook(path string, n Notebook) {
	if n.Name == "" {
		r.missing(path+".name", "write the name of the Notebook")
	} else {
		r.label(path+".name", n.Name)
	}
	switch {
	case n.Rewrite == "":
	case !literalPath.MatchString(n.Rewrite):
		r.add(path+".rewrite", n.Rewrite, "is not a path", "begin with /, without *, {}, ? or #")
	case len(n.Rewrite) > 1024: // Gateway API: HTTPPathModifier
		r.add(path+".rewrite", n.Rewrite, "is longer than 1024 characters", "shorten it")
	}
}

// warnings tells what would lock an owner out, or let nobody in.
func (p Profile) warnings(path string) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	if p.Owner.Kind == "Group" {
		found = append(found, warning(path+".owner", "the owner is the group "+p.Owner.Name, "no header names a single group, so no rule lets its members in", "list the members as contributors"))
	}
	var users []string
	if p.Owner.Kind == "User" {
		users = append(users, p.Owner.Name)
	}
	for _, c := range p.Contributors {
		users = append(users, c.Name)
	}
	for _, user := range users {
		if strings.ContainsFunc(user, unicode.IsUpper) {
			found = append(found, warning(path, fmt.Sprintf("the user %q has upper case letters", user), "who logs in with another case is locked out: the header must match exactly", "write the name as the identity provider sends it"))
		}
		if i := strings.IndexFunc(user, func(c rune) bool { return c > unicode.MaxASCII }); i >= 0 {
			found = append(found, warning(path, fmt.Sprintf("the user %q has characters beyond ASCII, the first of them %U", user, []rune(user[i:])[0]), "it may be another user than the one whose name looks the same: whoever has this one gets in", "compare the name with what the identity provider sends, character by character"))
		}
	}
	return found
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
