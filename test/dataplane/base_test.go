package dataplane

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// inputs are a small Kubeflow, and what runs in the tenants' namespaces.
func inputs() []string {
	return []string{
		filepath.Join(tools.Checkout, "examples/platform/kubeflow.yaml"),
		filepath.Join(tools.Checkout, "examples/platform/login.yaml"),
		"testdata/base/login.yaml", "testdata/base/tenants.yaml",
	}
}

// base is the function's output for three tenants on a platform.
func base(t *testing.T) []*kube.Object {
	t.Helper()
	objects, _ := render(t, "testdata/base/profile.yaml")
	return objects
}

func render(t *testing.T, config string, more ...string) (objects []*kube.Object, said string) {
	t.Helper()
	objects, said, err := question.Render(context.Background(), tools.Program, config, append(inputs(), more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return objects, said
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
	deadline := time.Now().Add(30 * time.Second)
	for {
		got, err := plane.FromOutside(context.Background(), question.Ingress, 80, world.Request{Host: question.Host, Path: "/",
			Headers: map[string][]string{"Cookie": {"session=alice@example.com"}}})
		if err == nil && got.Status == 200 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no login works: %d %v\n%s", got.Status, err, plane.IstiodLog())
		}
		time.Sleep(100 * time.Millisecond)
	}
}
