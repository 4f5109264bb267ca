package dataplane

import (
	"context"
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
