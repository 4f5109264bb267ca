package profile

import (
	"fmt"
	"strings"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Warnings reports what p, which Parse read from document, may say but seldom means.
func Warnings(document *yaml.Node, p AmbientProfile) []diagnostic.Diagnostic {
	all := p.Spec.claimWarnings()
	for i, profile := range p.Spec.Profiles {
		path := at("spec.profiles", i)
		all = append(all, p.Spec.OwnerWarnings(path+".owner", profile.Owner)...)
		for j, c := range profile.Contributors {
			all = append(all, p.Spec.ContributorWarnings(at(path+".contributors", j)+".name", c)...)
		}
	}
	if p.Spec.Cluster.Controllers == Restrict {
		all = append(all, diagnostic.Diagnostic{
			Code: diagnostic.ConfigRestrict, Field: "spec.cluster.controllers",
			Found:  "Restrict revokes the profile-controller's right to write AuthorizationPolicies",
			Effect: "every new Profile stops halfway, without ServiceAccounts, RoleBindings or quota, and the dashboard cannot add contributors",
			Remedy: "use Keep, unless something other than the profile-controller makes the ServiceAccounts, RoleBindings and quota of new Profiles and the contributors",
		})
	}
	for i := range all {
		n, _ := manifest.Find(top(document), all[i].Field)
		all[i].Object, all[i].Position = p.object(), positionOf(n)
	}
	return all
}

// UserWarnings reports what would lock a user out, or allow another one, by the name in a field.
func UserWarnings(field, name string) []diagnostic.Diagnostic {
	var all []diagnostic.Diagnostic
	if strings.ContainsFunc(name, unicode.IsUpper) {
		all = append(all, diagnostic.Diagnostic{
			Code: diagnostic.ConfigUppercase, Field: field,
			Found:  quote(name) + " contains uppercase letters",
			Effect: "the header is compared case-sensitively, so a login in another case is denied",
			Remedy: "write the name exactly as the identity provider sends it",
		})
	}
	if i := strings.IndexFunc(name, func(c rune) bool { return c > unicode.MaxASCII }); i >= 0 {
		all = append(all, diagnostic.Diagnostic{
			Code: diagnostic.ConfigBeyondASCII, Field: field,
			Found:  fmt.Sprintf("%s contains characters beyond ASCII, the first of them %U", quote(name), []rune(name[i:])[0]),
			Effect: "names that look the same can belong to different users, and the user with exactly this name gets access",
			Remedy: "compare it with the name that the identity provider sends, character by character",
		})
	}
	return all
}
