package profile

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

func (r *refusals) profiles(s Spec) {
	const path = "spec.profiles"
	switch {
	case s.Profiles == nil && s.ProfileSelector == nil:
		r.missing(path, "list at least one profile, for example profiles: [{name: alice, owner: {name: alice@example.com}}]", "spec.profileSelector")
	case s.Profiles != nil && len(s.Profiles) == 0:
		r.add(diagnostic.ConfigEmptyList, path, "is an empty list", "list at least one profile, or write profileSelector: {} instead to select the Profiles of the input")
	}
	reserved := s.reserved()
	seen := map[string]string{}
	for i, p := range s.Profiles {
		item := at(path, i)
		if p.Name == "" {
			r.missing(item+".name", "write the name of the Profile, which is its namespace, for example name: alice")
		} else if r.namespace(item+".name", p.Name) {
			r.unreserved(item+".name", p.Name, reserved)
			r.unique(seen, item+".name", p.Name)
		}
		if s.ProfileSelector == nil || p.Owner != (Owner{Kind: "User"}) { // else a selected Profile may say it
			r.owner(item+".owner", p)
		}
		r.serviceAccounts(item+".serviceAccounts", p.ServiceAccounts)
		r.contributors(item+".contributors", p.Contributors)
		r.notebooks(item+".notebooks", p.Notebooks)
	}
}

// namespace refuses what is not the name of a user's namespace.
func (r *refusals) namespace(path, name string) bool {
	if strings.Contains(name, "@") {
		r.add(diagnostic.ConfigBadName, path, quote(name)+" is a login, not a namespace",
			"write the name of the Profile here (see kubectl get profiles), and the login in owner: {name: "+flow(name)+"}")
		return false
	}
	return r.label(path, "namespace name", name)
}

// CheckFound refuses what Parse would, in a profile that was found in the input. The fields are those
// of a Profile; the object and the position are for the caller to fill in.
func (s Spec) CheckFound(p Profile) []diagnostic.Diagnostic {
	var r refusals
	if r.label("metadata.name", "namespace name", p.Name) {
		r.unreserved("metadata.name", p.Name, s.reserved())
	}
	r.owner("spec.owner", p)
	return r.diagnostics()
}

// CheckContributor refuses a contributor that was found in the input, with its name and its role in
// the fields name and role.
func CheckContributor(c Contributor, name, role string) []diagnostic.Diagnostic {
	var r refusals
	r.contributor(name, role, c)
	return r.diagnostics()
}

// CheckContributors refuses the contributors of one namespace that KFAM could not tell from earlier
// ones, by their index.
func CheckContributors(contributors []Contributor) iter.Seq2[int, diagnostic.Diagnostic] {
	return func(yield func(int, diagnostic.Diagnostic) bool) {
		seen := map[string]Contributor{}
		for i, c := range contributors {
			if c.Name == "" {
				continue
			}
			binding := c.BindingName()
			if other, found := seen[binding]; found && !yield(i, diagnostic.Diagnostic{
				Code:   diagnostic.ConfigSameBinding,
				Found:  fmt.Sprintf("%s has the same RoleBinding as %s, %s, so KFAM cannot tell them apart", quote(c.Name), quote(other.Name), binding),
				Remedy: "remove one of the two contributors",
			}) {
				return
			}
			seen[binding] = c
		}
	}
}

// CheckNotebook refuses a notebook that was found in the input, with its name and its path in the
// fields name and rewrite.
func CheckNotebook(n Notebook, name, rewrite string) []diagnostic.Diagnostic {
	var r refusals
	r.notebook(name, rewrite, n)
	return r.diagnostics()
}

// CheckApp refuses a server of a kind that was found in the input, with its name and its path in the
// fields name and rewrite.
func CheckApp(a App, kind, name, rewrite string) []diagnostic.Diagnostic {
	var r refusals
	r.label(name, "Service name of the "+kind, a.Service)
	r.rewrite(rewrite, a.Rewrite)
	return r.diagnostics()
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
		{KubeflowNamespace, "Kubeflow itself"},
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
	if !found {
		return
	}
	remedy := "list user namespaces only"
	if name == KubeflowNamespace {
		remedy += ", and to move Kubeflow as well write cluster: {platform: {enabled: true}}"
	}
	r.add(diagnostic.ConfigReservedNamespace, path, quote(name)+" is the namespace of "+why, remedy)
}

func (r *refusals) owner(path string, p Profile) {
	o := p.Owner
	r.oneOf(path+".kind", o.Kind, "User", "ServiceAccount", "Group")
	switch {
	case o.Name == "":
		r.missingOwner(path, p.Name)
	case o.Kind == "ServiceAccount":
		r.serviceAccount(path+".name", o.Name)
	default:
		r.user(path+".name", o.Name)
	}
}

// missingOwner refuses a profile without an owner, or an owner without a name.
func (r *refusals) missingOwner(path, name string) {
	login := flow(cmp.Or(name, "alice") + "@example.com")
	if r.top == nil { // a Profile that was found in the input
		r.missing(path+".name", "write the owner, for example owner: {kind: User, name: "+login+"}")
		return
	}
	if _, found := manifest.Find(r.top, path); found {
		r.missing(path+".name", "copy spec.owner.name of the Profile, for example name: "+login)
		return
	}
	remedy := "for example owner: {name: " + login + "}"
	if name != "" {
		remedy = "copy spec.owner of Profile " + name + ", " + remedy
	} else {
		remedy = "copy spec.owner of the Profile, " + remedy
	}
	r.missing(path, remedy)
}

// user refuses a name that could match more than one user's header.
func (r *refusals) user(path, name string) {
	if len(name) > 320 {
		r.add(diagnostic.ConfigTooLong, path, quote(name)+" is longer than 320 characters", "write the user's name or e-mail address")
		return
	}
	if found, remedy := notRendered(name); found != "" {
		r.add(diagnostic.ConfigNotRendered, path, quote(name)+" "+found, remedy)
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
		r.namespaced(path, account, "")
		return
	}
	if !r.userName(path, account) {
		r.subdomain(path, "ServiceAccount name", account)
	}
}

func (r *refusals) contributors(path string, contributors []Contributor) {
	for i, c := range contributors {
		r.contributor(at(path, i)+".name", at(path, i)+".role", c)
	}
	for i, d := range CheckContributors(contributors) {
		first := slices.IndexFunc(contributors[:i], func(c Contributor) bool { return c.Name == contributors[i].Name && c.Role == contributors[i].Role })
		if first >= 0 {
			d.Code, d.Found, d.Remedy = diagnostic.ConfigListedTwice, quote(contributors[i].Name)+" is listed twice, first at "+at(path, first), "remove one of the two"
		}
		r.add(d.Code, at(path, i)+".name", d.Found, d.Remedy)
	}
}

func (r *refusals) contributor(name, role string, c Contributor) {
	if kind := strings.TrimSuffix(name, ".name") + ".kind"; c.Kind != "" {
		r.oneOf(kind, c.Kind, "User", "Group")
	}
	if c.Role == "" {
		r.missing(role, "write role: admin, role: edit or role: view")
	} else {
		r.oneOf(role, c.Role, "admin", "edit", "view")
	}
	if c.Name == "" {
		r.missing(name, "write the user as the login sends it, for example name: bob@example.com")
		return
	}
	r.user(name, c.Name)
	if len(c.BindingName()) > 253 {
		r.add(diagnostic.ConfigTooLong, name, quote(c.Name)+" gives a RoleBinding name of more than 253 characters", "use a shorter name")
	}
}

// BindingName is what KFAM calls the contributor's RoleBinding and AuthorizationPolicy
// (KFAM: getBindingName begins with the subject's kind; it replaces in the name, then once more in the whole).
func (c Contributor) BindingName() string {
	return dashed(cmp.Or(c.Kind, "User") + "-" + dashed(c.Name) + "-clusterrole-" + c.Role)
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
		name := at(path, i) + ".name"
		r.notebook(name, at(path, i)+".rewrite", n)
		if n.Name != "" {
			r.unique(seen, name, n.Name)
		}
	}
}

func (r *refusals) notebook(name, rewrite string, n Notebook) {
	if n.Name == "" {
		r.missing(name, "write the name of the Notebook, for example name: lab")
	} else {
		r.label(name, "Notebook name", n.Name)
	}
	r.rewrite(rewrite, n.Rewrite)
}

// rewrite checks a path that replaces the prefix of a route; "" is none.
func (r *refusals) rewrite(field, path string) {
	switch {
	case path == "":
	case !literalPath.MatchString(path):
		r.malformed(diagnostic.ConfigBadPath, field, path, "is not a path", "start it with /, and leave out *, {}, ? and #")
	case len(path) > 1024: // Gateway API: HTTPPathModifier
		r.add(diagnostic.ConfigTooLong, field, quote(path)+" is longer than 1024 characters", "use a shorter path")
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
