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

// An object of others that no policy or route can be for stays as it is, and stops nothing.
func TestWhatCannotBeNamedIsPassedOver(t *testing.T) {
	const config = "{profiles: [{name: alice, owner: {name: alice@example.com}}]}"
	notebook := func(name, rewrite string) string {
		return "apiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata:\n  name: " + name + "\n  namespace: alice\n  annotations: {notebooks.kubeflow.org/http-rewrite-uri: '" + rewrite + "'}\n"
	}
	for _, test := range []struct{ item, want string }{
		{binding("all", "'*'", "edit"), `in.yaml:6:23: [AP0310] RoleBinding alice/all: metadata.annotations.user: "*" contains *, and Istio would read it as a pattern that matches others; the contributor gets no access; write one exact value`},
		{binding("some", "'*@example.com'", "edit"), `[AP0310] RoleBinding alice/some: metadata.annotations.user: "*@example.com" contains *`},
		{binding("long", strings.Repeat("b", 250)+"@x.io", "edit"), "[AP0310] RoleBinding alice/long: "},
		{notebook("MyLab", ""), `in.yaml:4:9: [AP0309] Notebook alice/MyLab: metadata.name: "MyLab" is not a valid Notebook name; it gets no route; `},
		{notebook("lab", "https://example.com"), `[AP0309] Notebook alice/lab: metadata.annotations.notebooks.kubeflow.org/http-rewrite-uri: "https://example.com" is not a path; it gets no route; `},
	} {
		warnings, err := found(t, config, test.item, binding("bob", "bob@example.com", "edit"))
		if err != nil {
			t.Errorf("%s: %v", test.item, err)
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], test.want) {
			t.Errorf("%q, want %q", warnings, test.want)
		}
	}
	if _, err := found(t, config, binding("new", "$(user)", "edit")); err == nil {
		t.Error("a variable that was not replaced was passed over")
	}
}
