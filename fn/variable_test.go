package fn

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var advisedPatch = regexp.MustCompile(`(?m)write in the kustomization (patches: \[.*\])$`)

// The patch that an error advises, where a variable of kustomize was not replaced, ends the error: kustomize finds the field with it.
func TestTheAdvisedPatchReplacesAVariable(t *testing.T) {
	const objects = "apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: NAME}\nspec: {owner: {kind: User, name: OWNER}}\n" +
		"---\napiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata: {name: LAB, namespace: team}\nspec: {}\n"
	config := strings.Replace(treeConfig, "profiles: [{name: alice, owner: {name: alice@example.com}}]", "profileSelector: {}", 1)
	for _, test := range []struct{ name, value, object string }{
		{"a name", "team", strings.NewReplacer("NAME", "$(profile-name)", "OWNER", "bob@example.com", "LAB", "tet").Replace(objects)},
		{"an owner", "bob@example.com", strings.NewReplacer("NAME", "team", "OWNER", "$(user)", "LAB", "tet").Replace(objects)},
		{"a notebook", "tet", strings.NewReplacer("NAME", "team", "OWNER", "bob@example.com", "LAB", "$(x.y)").Replace(objects)},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, _, stderr := treeRun(t, config, test.object)
			advised := advisedPatch.FindStringSubmatch(strings.TrimSpace(stderr))
			if code != exitError || advised == nil {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "objects.yaml"), test.object)
			write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [objects.yaml]\n"+strings.ReplaceAll(advised[1], "VALUE", test.value)+"\n")
			if code, _, stderr := treeRun(t, config, build(t, dir)); code != exitOK {
				t.Error(stderr)
			}
		})
	}
}
