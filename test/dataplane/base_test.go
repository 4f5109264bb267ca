package dataplane

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// base is the function's output for three tenants on a platform.
func base(t *testing.T) []*kube.Object {
	t.Helper()
	objects, _ := render(t, tools.BaseConfig())
	return objects
}

func render(t *testing.T, config string, more ...string) (objects []*kube.Object, said string) {
	t.Helper()
	objects, said, err := tools.Render(context.Background(), config, more...)
	if err != nil {
		t.Fatal(err)
	}
	return objects, said
}

const (
	admission    = "  cluster:\n    admission: {enabled: true}\n"
	verifyTokens = "  waypoint: {verifyTokens: true}\n  cluster:\n"
)

// configured is the base configuration with a part of it replaced.
func configured(t *testing.T, old, changed string) string {
	t.Helper()
	text, err := os.ReadFile(tools.BaseConfig())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("the base configuration has no %q", old)
	}
	return inputFile(t, strings.Replace(string(text), old, changed, 1))
}

func inputFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "input.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// become changes the world and waits until a login works in it: istiod has fetched the keys.
func become(t *testing.T, objects []*kube.Object) *question.Asker {
	t.Helper()
	ctx := context.Background()
	if err := plane.Become(ctx, objects); err != nil {
		t.Fatal(err)
	}
	return question.NewAsker(plane, objects)
}

// awaitLogin waits until alice's session reaches the dashboard.
func awaitLogin(t *testing.T) {
	t.Helper()
	if err := question.AwaitLogin(context.Background(), plane); err != nil {
		t.Fatalf("%v\n%s", err, plane.IstiodLog())
	}
}
