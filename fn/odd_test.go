package fn

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	kubectl "sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

// oddConfig lists a profile for each of n Namespaces in odd YAML, which the function labels.
func oddConfig(n int) string {
	var out strings.Builder
	out.WriteString("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata:\n  name: kubeflow\nspec:\n  cluster: {enabled: false}\n  profiles:\n")
	for i := range n {
		fmt.Fprintf(&out, "  - {name: %s, owner: {name: %s@example.com}}\n", load.Name(i), load.Name(i))
	}
	return out.String()
}

// oddFiles are n Namespaces in odd YAML, by their names.
func oddFiles(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		files[load.Name(i)] = load.Odd(rand.New(rand.NewPCG(uint64(i), 20)), load.Name(i))
	}
	return files
}

var (
	oddComment = regexp.MustCompile(`# comment [0-9]+\.`)
	ourLabels  = map[string]any{"istio-injection": "disabled", "istio.io/dataplane-mode": "ambient", "istio.io/ingress-use-waypoint": "true", "istio.io/use-waypoint": "waypoint"}
)

// namespaceTrees are the Namespaces of a text as kubectl reads them, by their names.
func namespaceTrees(t *testing.T, text string) map[string]map[string]any {
	t.Helper()
	trees := map[string]map[string]any{}
	for _, document := range regexp.MustCompile(`(?m)^---.*\n`).Split(text, -1) {
		var tree map[string]any
		if err := kubectl.Unmarshal([]byte(document), &tree); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if tree["kind"] == "Namespace" {
			trees[tree["metadata"].(map[string]any)["name"].(string)] = tree
		}
	}
	return trees
}

// onlyLabeled compares each Namespace to what it was: it has our labels, and else nothing changed.
func onlyLabeled(t *testing.T, before, after map[string]map[string]any, source map[string]string) {
	t.Helper()
	if len(before) == 0 || len(before) != len(after) {
		t.Fatalf("%d Namespaces, and %d before", len(after), len(before))
	}
	for name, tree := range before {
		metadata := tree["metadata"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		if labels == nil {
			labels = map[string]any{}
			metadata["labels"] = labels
		}
		maps.Copy(labels, ourLabels)
		if !reflect.DeepEqual(tree, after[name]) {
			t.Errorf("%s is %v, want %v; it was\n%s", name, after[name], tree, source[name])
		}
	}
}

// What a user wrote stays, however it is written, except for the labels that the function sets.
func TestPropertyAnOddFileStaysAsItWas(t *testing.T) {
	const n = 60
	files := oddFiles(n)

	t.Run("standalone", func(t *testing.T) {
		config := filepath.Join(t.TempDir(), "config.yaml")
		write(t, config, oddConfig(n))
		args, all := []string{config}, ""
		for i := range n {
			file := filepath.Join(t.TempDir(), "namespace.yaml")
			write(t, file, files[load.Name(i)])
			args, all = append(args, file), all+"---\n"+files[load.Name(i)]
		}
		code, out, stderr := execute(t, "", args...)
		if code != exitOK {
			t.Fatal(stderr)
		}
		onlyLabeled(t, namespaceTrees(t, all), namespaceTrees(t, out), files)
	})

	t.Run("kustomize", func(t *testing.T) {
		t.Setenv(asPlugin, "1")
		dir := t.TempDir()
		resources := ""
		for name, text := range files {
			write(t, filepath.Join(dir, name+".yaml"), text)
			resources += "- " + name + ".yaml\n"
		}
		write(t, filepath.Join(dir, "ambientprofile.yaml"), strings.Replace(oddConfig(n), "  name: kubeflow\n",
			"  name: kubeflow\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./ambient-profile}\n", 1))
		link(t, dir)
		write(t, filepath.Join(dir, "kustomization.yaml"), "resources:\n"+resources)
		before := namespaceTrees(t, build(t, dir))
		write(t, filepath.Join(dir, "kustomization.yaml"), "resources:\n"+resources+"transformers: [ambientprofile.yaml]\n")
		onlyLabeled(t, before, namespaceTrees(t, build(t, dir)), files)
	})

	t.Run("kpt", func(t *testing.T) {
		needKpt(t)
		t.Setenv(asPlugin, "1")
		config := filepath.Join(t.TempDir(), "config.yaml")
		write(t, config, oddConfig(n))
		// kpt has its own way with files, which a program that changes nothing shows.
		cat, ours := oddPackage(t, files, "cat"), oddPackage(t, files, must(os.Executable()), "--fn-config", config)
		before, after := map[string]map[string]any{}, map[string]map[string]any{}
		comments, lost, compared := 0, 0, 0
		for name, text := range files {
			is := namespaceTrees(t, cat[name+".yaml"])
			if !reflect.DeepEqual(is, namespaceTrees(t, text)) {
				continue // kpt alone changes it: texts in folded style, annotations that are an alias
			}
			compared++
			maps.Copy(before, is)
			maps.Copy(after, namespaceTrees(t, ours[name+".yaml"]))
			for _, comment := range oddComment.FindAllString(cat[name+".yaml"], -1) {
				comments++
				if !strings.Contains(ours[name+".yaml"], comment) {
					lost++
				}
			}
		}
		onlyLabeled(t, before, after, files)
		t.Logf("%d of %d files are compared; of their %d comments, %d are lost", compared, n, comments, lost)
		if compared < n/2 || lost > 0 {
			t.Error("too few are compared, or too many comments are lost")
		}
	})
	t.Logf("%d files, seeds 0 to %d", n, n-1)
}

// oddPackage is a package of files after kpt ran a program on it.
func oddPackage(t *testing.T, files map[string]string, program string, args ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name+".yaml"), text)
	}
	kpt(t, append([]string{"fn", "eval", dir, "--exec", program}, args...)...)
	return tree(t, dir)
}
