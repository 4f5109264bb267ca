package fn

import (
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// blocksOf are the code blocks of a page in one language.
func blocksOf(t *testing.T, page, language string) []string {
	t.Helper()
	var blocks []string
	for _, m := range fence.FindAllStringSubmatch(read(t, page), -1) {
		if m[1] == language {
			blocks = append(blocks, m[2])
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no block in %q", page, language)
	}
	return blocks
}

// The files that the README has its reader write are the quickstart's.
func TestReadmeStartsWithTheQuickstart(t *testing.T) {
	commands := strings.Join(blocksOf(t, "../README.md", "sh"), "")
	for _, file := range []string{"profile.yaml", "ambientprofile.yaml", "kustomization.yaml"} {
		part(t, "README.md", commands, "cat > "+file+" <<'EOF'\n"+read(t, filepath.Join(examplesDir, "quickstart", file))+"EOF\n")
	}
}

// The README is read to the end: its prose, without the blocks, has at most 1,100 words.
func TestReadmeIsShort(t *testing.T) {
	prose := fence.ReplaceAllString(read(t, "../README.md"), "")
	if n := len(regexp.MustCompile(`[^\s|]*\w[^\s|]*`).FindAllString(prose, -1)); n > 1100 || n < 500 {
		t.Errorf("%d words; move what not everyone needs to docs", n)
	}
}

// The failing build that the README shows is the one of examples/access-check.
func TestReadmeShowsAFailingBuild(t *testing.T) {
	shown := blocksOf(t, "../README.md", "text")[0]
	part(t, "output.err", read(t, examplesDir+"/access-check/output.err"), shown)
	part(t, "README.md", shown, "\nFAIL ")
}

// The defaults that the reference states are those that are in force.
func TestConfigurationPageStatesTheDefaults(t *testing.T) {
	const head = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n"
	stated := parse(t, head+blocksOf(t, "../docs/configuration.md", "yaml")[0])
	inForce := parse(t, head+"spec:\n  profiles:\n  - name: alice\n    owner: {name: alice@x.io}\n")
	for _, p := range []*profile.AmbientProfile{&stated, &inForce} { // an empty list and none are the same here
		p.Spec.Access.Monitoring, p.Spec.Cluster.KServe.Ports = nil, nil
		p.Spec.Profiles[0].Contributors, p.Spec.Profiles[0].Notebooks = nil, nil
	}
	if !reflect.DeepEqual(stated, inForce) {
		t.Errorf("the page states\n%+v\nin force is\n%+v", stated, inForce)
	}
}

// The file with all fields names each field of the schema.
func TestConfigurationPageNamesEveryField(t *testing.T) {
	file := blocksOf(t, "../docs/configuration.md", "yaml")[0]
	_, tables, _ := strings.Cut(read(t, "../docs/configuration.md"), "\n## `spec`\n")
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(tables, -1)
	if len(rows) < 60 {
		t.Fatalf("%d fields", len(rows))
	}
	for _, row := range rows {
		if !regexp.MustCompile(`\b` + row[1] + `\b`).MatchString(file) {
			t.Errorf("the file lacks the field %s", row[1])
		}
	}
}

// The errors that the reference shows are what the program says.
func TestConfigurationPageShowsRealErrors(t *testing.T) {
	config := "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\n" +
		"spec:\n  profiles:\n  - {name: kube-system, owner: {name: a@x.io}}\n  acess: {}\n"
	page := read(t, "../docs/configuration.md")
	t.Chdir(t.TempDir())
	write(t, "tenants.yaml", config)
	_, _, stderr := execute(t, "", "tenants.yaml")
	for _, line := range strings.Split(strings.TrimSpace(stderr), "\n") {
		part(t, "docs/configuration.md", page, line)
	}
	if strings.Count(stderr, "\n") != 2 {
		t.Errorf("not the two errors:\n%s", stderr)
	}
}

// The table and the check that the README shows are real.
func TestReadmeShowsTheReferee(t *testing.T) {
	table := read(t, goldenDir+"/two-profiles-have-their-own-owners/want.access")
	if shown := blocksOf(t, "../README.md", "text")[1]; !strings.HasPrefix(table, shown) {
		t.Error(firstDifference(table, shown))
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "check.yaml"), blocksOf(t, "../README.md", "yaml")[0])
	manifests := read(t, goldenDir+"/two-profiles-have-their-own-owners/want.yaml")
	results, err := Check(filepath.Join(dir, "check.yaml"), nil, "", strings.NewReader(manifests), io.Discard)
	if err != nil || len(results) < 2 || access.Failed(results) > 0 {
		t.Errorf("%v: %+v", err, results)
	}
}

// The default denies to copy are those that cluster.platform writes.
func TestPrerequisitesShowTheDefaultDenies(t *testing.T) {
	specs := func(text string) map[string]string {
		found := map[string]string{}
		for _, object := range must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()) {
			if spec := object.Field("spec"); spec != nil {
				found[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = spec.Value.MustString()
			}
		}
		return found
	}
	written, shown := specs(read(t, examplesDir+"/platform/output.yaml")), specs(blocksOf(t, "../docs/prerequisites.md", "yaml")[0])
	if len(shown) != 2 {
		t.Fatalf("%d objects", len(shown))
	}
	for name, got := range shown {
		if want := written[name]; got != want {
			t.Errorf("%s: the page has %q, and platform writes %q", name, got, want)
		}
	}
}

func parse(t *testing.T, text string) profile.AmbientProfile {
	t.Helper()
	return must(profile.Parse(yaml.MustParse(text).YNode()))
}
