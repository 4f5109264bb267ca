package e2e

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Every golden output is what a real control plane takes, and takes as meant.
func TestGoldenOutputsAreAccepted(t *testing.T) {
	needsControlPlane(t)
	outputs, err := filepath.Glob(filepath.Join(project, "testdata", "golden", "*", "want.yaml"))
	if err != nil || len(outputs) == 0 {
		t.Fatalf("no golden outputs: %v", err)
	}
	t.Cleanup(func() { removeNamespaces(t) })
	for _, output := range outputs {
		t.Run(filepath.Base(filepath.Dir(output)), func(t *testing.T) {
			if why := notApplied[filepath.Base(filepath.Dir(output))]; why != "" {
				t.Skip("NOT APPLIED: " + why)
			}
			objects, err := kube.ReadFile(output)
			if err != nil {
				t.Fatal(err)
			}
			items, err := kube.ReadFile(filepath.Join(filepath.Dir(output), "items.yaml"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			accepted(t, objects, items)
		})
	}
}

// What comes out of random configurations is taken as well: names at odds with each other, empty
// lists, other header names. The program's own tests make them up.
func TestRandomConfigurationsAreAccepted(t *testing.T) {
	needsControlPlane(t)
	dir, configurations := t.TempDir(), "120" // every fourth of which comes out
	if testing.Short() {
		configurations = "24"
	}
	properties := exec.Command("go", "test", "./fn", "-count=1", "-run", "^TestPropertySameBytes$", "-configurations", configurations, "-keep", dir)
	properties.Dir = project
	if said, err := properties.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	outputs, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(outputs) == 0 {
		t.Fatalf("no outputs: %v", err)
	}
	t.Cleanup(func() { removeNamespaces(t) })
	for _, output := range outputs {
		t.Run(strings.TrimSuffix(filepath.Base(output), ".yaml"), func(t *testing.T) {
			objects, err := kube.ReadFile(output)
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, objects, nil)
		})
	}
}

// Every example is built as its user builds it, function and all.
func TestExamplesAreAccepted(t *testing.T) {
	needsControlPlane(t)
	kustomizations, err := filepath.Glob(filepath.Join(project, "examples", "*", "kustomization.yaml"))
	if err != nil || len(kustomizations) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	t.Cleanup(func() { removeNamespaces(t) })
	for _, k := range kustomizations {
		dir := filepath.Dir(k)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(dir, "output.err")); err == nil {
				t.Skip("NOT APPLIED: this example shows a build that fails")
			}
			if config, err := os.ReadFile(filepath.Join(dir, "ambientprofile.yaml")); err == nil && strings.Contains(string(config), "container: {image:") {
				t.Skip("NOT APPLIED: this example runs the container, which go test ./fn -run Container does")
			}
			objects := slices.DeleteFunc(kustomizeBuild(t, dir), func(o *kube.Object) bool {
				decorates := o.GetKind() == "DecoratorController"
				if decorates {
					t.Log("NOT APPLIED: the DecoratorController, a kind of metacontroller's; TestATenantAtRunTime reads it")
				}
				return decorates
			})
			accepted(t, objects, nil)
		})
	}
}

// kustomizeBuild builds a copy that contains the function's binary, where `exec: {path: ./ambient-profile}` finds it.
func kustomizeBuild(t *testing.T, example string) []*kube.Object {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "ambient-profile")
	_ = os.Remove(link) // what `make demo` left there may be older
	if err := os.Symlink(functionBinary(t), link); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "tool", "-modfile=tools/go.mod", "kustomize", "build", "--enable-alpha-plugins", "--enable-exec", dir)
	build.Dir = project
	return execute(t, build)
}

// removeNamespaces removes those that the cases of one test have shared.
func removeNamespaces(t *testing.T) {
	t.Helper()
	all, err := cluster.List(context.Background(), []*kube.Object{object("v1", "Namespace", "", "", nil)}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, ns := range all {
		removeNamespace(t, ns.GetName())
	}
}

// emptyNamespaces leaves bare namespaces to the next case.
func emptyNamespaces(t *testing.T, objects []*kube.Object) {
	t.Helper()
	removeContents(t, objects)
	for _, ns := range namespacesOf(objects) {
		if slices.Contains(kept, ns) {
			continue
		}
		if _, err := cluster.Apply(context.Background(), manager, true, object("v1", "Namespace", "", ns, nil)); err != nil {
			t.Errorf("clean up Namespace/%s: %v", ns, err)
		}
	}
	cluster.TakeWarnings()
}

// accepted applies the objects with what they refer to, and asks istiod about all that the function made or edited.
// The next case finds the same namespaces, empty: to remove them takes longer than all the rest.
// What it passed on is not its work: many cases are about inputs that are wrong, and are warned about.
func accepted(t *testing.T, objects, items []*kube.Object) {
	t.Helper()
	ours, passedOn := divide(applicable(t, objects), items)
	ours = withoutStubs(t, ours)
	around := fixtures(slices.Concat(ours, passedOn))
	t.Cleanup(func() { emptyNamespaces(t, slices.Concat(around, ours, passedOn)) })
	isPlace := func(o *kube.Object) bool {
		return o.GetKind() == "Namespace" || o.GetKind() == "CustomResourceDefinition"
	}
	isContent := func(o *kube.Object) bool { return !isPlace(o) }
	applyWhatCanBe(t.Context(), t, slices.DeleteFunc(slices.Clone(passedOn), isContent))
	apply(t.Context(), t, slices.Concat(around, ours))
	applyWhatCanBe(t.Context(), t, slices.DeleteFunc(slices.Clone(passedOn), isPlace))
	report(t, judge(t.Context(), t, patience, slices.Concat(around, ours), acceptedAnyway(t)...))
}

// divide tells what is as it went in, unless it went in as our own earlier output.
func divide(objects, items []*kube.Object) (ours, passedOn []*kube.Object) {
	for _, o := range objects {
		same := func(item *kube.Object) bool { return equality.Semantic.DeepEqual(o.Object, item.Object) }
		if o.GetAnnotations()["ambient.kubeflow.org/owned-by"] == "" && slices.ContainsFunc(items, same) {
			passedOn = append(passedOn, o)
		} else {
			ours = append(ours, o)
		}
	}
	return ours, passedOn
}

// applicable drops what the function leaves for itself (a configuration that kpt keeps), and insists that the API
// server would refuse it: a leftover AmbientProfile is how a skipped function is found out.
func applicable(t *testing.T, objects []*kube.Object) []*kube.Object {
	t.Helper()
	return slices.DeleteFunc(objects, func(o *kube.Object) bool {
		if o.GroupVersionKind().Group != "ambient.kubeflow.org" {
			return false
		}
		if _, err := cluster.Resource(o); !meta.IsNoMatchError(err) {
			t.Errorf("%s: the API server knows this kind: %v", kube.Name(o), err)
		}
		return true
	})
}
