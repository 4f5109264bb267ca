package fn

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

const runtimeDir = examplesDir + "/runtime"

// runtimeComponent is the component over a metacontroller as Kubeflow has it.
func runtimeComponent(t *testing.T) []*manifest.Item {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "runtime"), os.DirFS(runtimeDir)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "metacontroller.yaml"), `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: metacontroller, namespace: kubeflow}
spec:
  template:
    metadata:
      labels: {app: metacontroller, sidecar.istio.io/inject: "false"}
    spec:
      serviceAccountName: meta-controller-service
      containers:
      - name: metacontroller
        args: [--zap-log-level=4, --discovery-interval=3600s]
`)
	write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [metacontroller.yaml]\ncomponents: [runtime]\n")
	file := filepath.Join(dir, "built.yaml")
	write(t, file, kustomize(t, "build", dir))
	return must(manifest.ReadObjects([]string{file}, nil))
}

func itemOf(t *testing.T, items []*manifest.Item, kind string) *manifest.Item {
	t.Helper()
	i := slices.IndexFunc(items, func(item *manifest.Item) bool { return item.Kind == kind })
	if i < 0 {
		t.Fatalf("no %s", kind)
	}
	return items[i]
}

// The DecoratorController asks for the kinds that serve returns, its account may read and write them, and the
// configuration is one that serve takes.
func TestRuntimeExampleFitsTheServer(t *testing.T) {
	items := runtimeComponent(t)
	config := filepath.Join(t.TempDir(), "ambientprofile.yaml")
	write(t, config, manifest.Value(itemOf(t, items, "ConfigMap").Node, "data", "ambientprofile.yaml"))
	w := bornTenant(t, hook(t, strings.Replace(read(t, config), "profileSelector: {}", "profileSelector: {}\n  waypoint: {verifyTokens: true, replicas: 2}\n  identity: {sessionIssuers: [https://dex.example.com]}", 1)), "alice", "alice@example.com")
	w.related = append(w.related, asJSON(t, "{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: lab, namespace: alice}}"))
	w.settle()

	writes, reads := map[string]bool{}, map[string]bool{}
	for _, rule := range manifest.Content(manifest.Field(itemOf(t, items, "ClusterRole").Node, "rules")) {
		verbs := manifest.Strings(manifest.Field(rule, "verbs"))
		for _, group := range manifest.Strings(manifest.Field(rule, "apiGroups")) {
			for _, resource := range manifest.Strings(manifest.Field(rule, "resources")) {
				reads[group+"/"+resource] = slices.Contains(verbs, "list") && slices.Contains(verbs, "watch")
				writes[group+"/"+resource] = slices.Contains(verbs, "create") && slices.Contains(verbs, "update") && slices.Contains(verbs, "delete")
			}
		}
	}
	writes["/configmaps"] = true // Kubeflow's own ClusterRole kubeflow-metacontroller

	attached := map[string]bool{}
	for _, a := range manifest.Content(manifest.Field(itemOf(t, items, "DecoratorController").Node, "spec", "attachments")) {
		version, resource := manifest.Value(a, "apiVersion"), manifest.Value(a, "resource")
		attached[version+"/"+resource] = true
		if manifest.Value(a, "updateStrategy", "method") != "InPlace" {
			t.Errorf("%s is not updated in place", resource)
		}
		if !writes[manifest.Group(version)+"/"+resource] {
			t.Errorf("metacontroller may not write %s", resource)
		}
	}
	plural := map[string]string{"AuthorizationPolicy": "authorizationpolicies", "RequestAuthentication": "requestauthentications", "Gateway": "gateways", "HTTPRoute": "httproutes", "ConfigMap": "configmaps"}
	made := map[string]bool{}
	for _, o := range w.attachments {
		key := o["apiVersion"].(string) + "/" + plural[o["kind"].(string)]
		made[key] = true
		if !attached[key] {
			t.Errorf("serve returns %s, which the DecoratorController does not have", key)
		}
	}
	if len(made) != len(attached) {
		t.Errorf("serve returned %v, the DecoratorController has %v", made, attached)
	}

	_, text := post(t, w.hook, "/customize", []byte(`{"parent":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"alice"}}}`))
	var rules struct {
		RelatedResources []struct{ APIVersion, Resource string }
	}
	if err := json.Unmarshal([]byte(text), &rules); err != nil || len(rules.RelatedResources) < 4 {
		t.Fatalf("%v in %s", err, text)
	}
	for _, r := range rules.RelatedResources {
		if !reads[manifest.Group(r.APIVersion)+"/"+r.Resource] {
			t.Errorf("metacontroller may not watch %s", r.Resource)
		}
	}
}

// The hooks' address is the Service's, the program takes the arguments, and metacontroller's pod is in the mesh.
func TestRuntimeExampleFitsTogether(t *testing.T) {
	items := runtimeComponent(t)
	service, controller := itemOf(t, items, "Service"), itemOf(t, items, "DecoratorController")
	for _, h := range []string{"sync", "customize"} {
		want := "http://" + service.Name + "." + service.Namespace + "/" + h
		if got := manifest.Value(controller.Node, "spec", "hooks", h, "webhook", "url"); got != want {
			t.Errorf("hook %s is %q, want %q", h, got, want)
		}
	}
	pod := manifest.Field(itemOf(t, items, "Deployment").Node, "spec", "template", "spec")
	container := manifest.Content(manifest.Field(pod, "containers"))[0]
	if args := manifest.Strings(manifest.Field(container, "args")); !slices.Equal(args, []string{"serve", "/config/ambientprofile.yaml", "--listen=:8080", "--notebooks"}) {
		t.Errorf("args are %q", args)
	}
	if name := manifest.Value(manifest.Content(manifest.Field(pod, "volumes"))[0], "configMap", "name"); name != itemOf(t, items, "ConfigMap").Name {
		t.Errorf("the volume is of ConfigMap %q", name)
	}
	if manifest.Value(pod, "automountServiceAccountToken") != "false" {
		t.Error("the pod gets a token")
	}
	meta := manifest.Field(itemOf(t, items, "StatefulSet").Node, "spec", "template")
	if manifest.Value(meta, "metadata", "labels", "istio.io/dataplane-mode") != "ambient" {
		t.Error("metacontroller is not in the mesh")
	}
	args := manifest.Strings(manifest.Field(manifest.Content(manifest.Field(meta, "spec", "containers"))[0], "args"))
	if slices.Index(args, "--discovery-interval=60s") < slices.Index(args, "--discovery-interval=3600s") || !slices.Contains(args, "--client-go-qps=50") {
		t.Errorf("metacontroller's args are %q", args)
	}
}
