package survey

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// found is what users says about items next to a configuration.
func found(t *testing.T, spec string, items ...string) (warnings []string, refused error) {
	t.Helper()
	p, err := profile.Parse(yaml.MustParse("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec: " + spec + "\n").YNode())
	if err != nil {
		t.Fatal(err)
	}
	var input []*manifest.Item
	for _, text := range items {
		item := manifest.NewItem(yaml.MustParse(text).YNode())
		item.File = "in.yaml"
		input = append(input, item)
	}
	notes := &Notes{Config: p.Metadata.Name}
	_, err = users(p, input, notes)
	for _, d := range notes.Findings {
		warnings = append(warnings, d.Error())
	}
	return warnings, err
}

func binding(name, user, role string) string {
	return "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: " + name + "\n  namespace: alice\n  annotations: {user: " + user + ", role: " + role + "}\n" +
		"roleRef: {kind: ClusterRole, name: kubeflow-" + role + "}\nsubjects: [{kind: User, name: " + user + "}]\n"
}

const aliceOwns = "apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: alice}\nspec: {owner: {kind: User, name: Alice@example.com}}\n"

// Who was found in the input is warned about where that is: the configuration has no line for it.
func TestWhoWasFoundIsWarnedAboutThere(t *testing.T) {
	const user = "contains uppercase letters; the header is compared case-sensitively, so a login in another case is denied; write the name exactly as the identity provider sends it"
	for _, spec := range []string{"{profileSelector: {}}", "{profiles: [{name: alice}], profileSelector: {}}"} {
		warnings, err := found(t, spec, aliceOwns, binding("x", "Bob@example.com", "edit"))
		if err != nil {
			t.Fatal(err)
		}
		want := `in.yaml:4:34: [AP0252] Profile alice: spec.owner.name: "Alice@example.com" ` + user + "\n" +
			`in.yaml:6:23: [AP0252] RoleBinding alice/x: metadata.annotations.user: "Bob@example.com" ` + user
		if got := strings.Join(warnings, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", spec, got, want)
		}
	}
	// The configuration says the same, and profile.Warnings warns about it.
	warnings, err := found(t, "{profiles: [{name: alice, owner: {name: Alice@example.com}, contributors: [{name: Bob@example.com, role: edit}]}]}", aliceOwns, binding("x", "Bob@example.com", "edit"))
	if err != nil || len(warnings) > 0 {
		t.Errorf("%v, %v", warnings, err)
	}
}

// A RoleBinding whose contributor KFAM could not tell from another is refused by its own name.
func TestContributorsThatWereFoundCollide(t *testing.T) {
	for _, spec := range []string{
		"{profiles: [{name: alice, owner: {name: alice@example.com}, contributors: [{name: a.b@x.io, role: edit}]}]}",
		"{profiles: [{name: alice, owner: {name: alice@example.com}}]}",
	} {
		_, err := found(t, spec, binding("x", "a.b@x.io", "edit"), binding("y", "a-b@x.io", "edit"), binding("z", "a-b@x.io", "view"))
		want := `in.yaml:6:23: [AP0227] RoleBinding alice/y: metadata.annotations.user: "a-b@x.io" has the same RoleBinding as "a.b@x.io", user-a-b-x-io-clusterrole-edit, so KFAM cannot tell them apart; remove one of the two contributors`
		if err == nil || err.Error() != want {
			t.Errorf("%s: got\n%v\nwant\n%s", spec, err, want)
		}
	}
}
