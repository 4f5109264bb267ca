package fn

import (
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

func readmeBlocks(t *testing.T) []string {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, "../README.md"), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// The configuration and the wiring that the README starts with are the quickstart's.
func TestReadmeStartsWithTheQuickstart(t *testing.T) {
	blocks := readmeBlocks(t)
	if want := read(t, filepath.Join(examplesDir, "quickstart", "ambientprofile.yaml")); blocks[0] != want {
		t.Error(firstDifference(want, blocks[0]))
	}
	if kustomization := read(t, filepath.Join(examplesDir, "quickstart", "kustomization.yaml")); !strings.HasSuffix(kustomization, blocks[1]) {
		t.Error(firstDifference(kustomization, blocks[1]))
	}
}

// The defaults that the README states are those that are in force.
func TestReadmeStatesTheDefaults(t *testing.T) {
	const head = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n"
	stated := parse(t, head+readmeBlocks(t)[2])
	inForce := parse(t, head+"spec:\n  profiles:\n  - name: alice\n    owner: {name: alice@x.io}\n")
	for _, p := range []*profile.AmbientProfile{&stated, &inForce} { // an empty list and none are the same here
		p.Spec.Access.Monitoring, p.Spec.Cluster.KServe.Ports = nil, nil
		p.Spec.Profiles[0].Contributors, p.Spec.Profiles[0].Notebooks = nil, nil
	}
	if !reflect.DeepEqual(stated, inForce) {
		t.Errorf("the README states\n%+v\nin force is\n%+v", stated, inForce)
	}
}

// The errors that the README shows are what the program says.
func TestReadmeShowsRealErrors(t *testing.T) {
	config := "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
		"spec:\n  profiles:\n  - {name: kube-system, owner: {name: a@x.io}}\n  acess: {}\n"
	readme := read(t, "../README.md")
	t.Chdir(t.TempDir())
	write(t, "tenants.yaml", config)
	_, _, stderr := execute(t, "", "tenants.yaml")
	for _, line := range strings.Split(strings.TrimSpace(stderr), "\n") {
		part(t, "README.md", readme, line)
	}
	if strings.Count(stderr, "\n") != 2 {
		t.Errorf("not the two errors:\n%s", stderr)
	}
}

// The table and the check that the README shows are real.
func TestReadmeShowsTheReferee(t *testing.T) {
	table := read(t, goldenDir+"/two-profiles-have-their-own-owners/want.access")
	shown := regexp.MustCompile("(?s)```text\n(.*?)```").FindStringSubmatch(read(t, "../README.md"))
	if !strings.HasPrefix(table, shown[1]) {
		t.Error(firstDifference(table, shown[1]))
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "check.yaml"), readmeBlocks(t)[3])
	manifests := read(t, goldenDir+"/two-profiles-have-their-own-owners/want.yaml")
	results, err := Check(filepath.Join(dir, "check.yaml"), nil, "", strings.NewReader(manifests), io.Discard)
	if err != nil || len(results) == 0 || access.Failed(results) > 0 {
		t.Errorf("%v: %+v", err, results)
	}
}

func parse(t *testing.T, text string) profile.AmbientProfile {
	t.Helper()
	return must(profile.Parse(yaml.MustParse(text).YNode()))
}
