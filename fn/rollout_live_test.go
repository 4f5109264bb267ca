package fn

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// livePlane is what a cluster holds: objects as kubectl get -o yaml prints them.
type livePlane map[manifest.ID]*yaml.RNode

// apply does what the commands of a stage do, and what the cluster then adds.
func (c livePlane) apply(t *testing.T, dir, stage string) {
	t.Helper()
	for _, file := range must(filepath.Glob(filepath.Join(dir, stage, "delete", "*.yaml"))) {
		delete(c, must(manifest.ReadObjects([]string{file}, nil))[0].ID)
	}
	for _, file := range append(must(filepath.Glob(filepath.Join(dir, stage, "*.yaml"))), must(filepath.Glob(filepath.Join(dir, stage, "replace", "*.yaml")))...) {
		c.put(t, read(t, file))
	}
	if strings.HasSuffix(stage, "-labels") {
		c.pod(t, false)
	}
	if strings.HasSuffix(stage, "-sidecars") {
		c.pod(t, true)
	}
}

// put adds an object, with what an API server, istiod and the controllers add to it.
func (c livePlane) put(t *testing.T, text string) {
	t.Helper()
	item := must(manifest.ReadObjects([]string{"-"}, strings.NewReader(text)))[0]
	n := yaml.NewRNode(item.Node)
	more := "metadata: {uid: 1-2-3, resourceVersion: '7', generation: 3, creationTimestamp: '2026-01-01T00:00:00Z'}\n"
	if item.Kind == "Namespace" {
		more = strings.Replace(more, "{", "{labels: {kubernetes.io/metadata.name: "+item.Name+"}, ", 1) + "spec: {finalizers: [kubernetes]}\n"
	}
	kind := map[bool]string{true: waypointAccepted, false: ztunnelAccepted}[len(targetsOf(item)) > 0]
	switch item.Kind {
	case "Gateway":
		more += "spec: {listeners: [{name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {namespaces: {from: Same}}}]}\nstatus: {conditions: [{type: Accepted, status: 'True', reason: Accepted, observedGeneration: 3}, {type: Programmed, status: 'True', reason: Programmed, observedGeneration: 3}]}\n"
	case "AuthorizationPolicy":
		more += "status: {conditions: [{type: " + kind + ", status: 'True', reason: Accepted, observedGeneration: 3}]}\n"
	case "Deployment":
		more += "status: {observedGeneration: 3, replicas: 1, updatedReplicas: 1, availableReplicas: 1}\n"
	}
	merge(item.Node, must(yaml.Parse(more)).YNode())
	c[item.ID] = n
}

// merge sets the fields of one map in another one.
func merge(to, from *yaml.Node) {
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i], from.Content[i+1]
		at := manifest.IndexOf(to, key.Value)
		switch {
		case at < 0:
			to.Content = append(to.Content, key, value)
		case value.Kind == yaml.MappingNode && to.Content[at+1].Kind == yaml.MappingNode:
			merge(to.Content[at+1], value)
		default:
			to.Content[at+1] = value
		}
	}
}

func (c livePlane) pod(t *testing.T, sidecar bool) {
	t.Helper()
	annotation := "ambient.istio.io/redirection: enabled"
	if sidecar {
		annotation = "sidecar.istio.io/status: '{}'"
	}
	c.put(t, "{apiVersion: v1, kind: Pod, metadata: {name: nb-0, namespace: ann, annotations: {"+annotation+"}}, spec: {}, status: {phase: Running}}\n")
}

// edit sets fields of an object; a field at {} is taken away.
func (c livePlane) edit(t *testing.T, kind, name, fields string) {
	t.Helper()
	for id, n := range c {
		if id.Kind == kind && id.Name == name {
			merge(n.YNode(), must(yaml.Parse(fields)).YNode())
			return
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
}

func (c livePlane) remove(kind, name string) {
	for id := range c {
		if id.Kind == kind && (id.Name == name || name == "") {
			delete(c, id)
		}
	}
}

// text is a List of all.
func (c livePlane) text(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	for _, n := range c {
		out.WriteString("---\n" + must(n.String()))
	}
	return out.String()
}

// verified is what is found of it.
func (c livePlane) verified(t *testing.T, dir string) (Verification, string) {
	t.Helper()
	v, err := VerifyRollout("-", dir, strings.NewReader(c.text(t)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := v.Write(&out); err != nil {
		t.Fatal(err)
	}
	return v, out.String()
}

const rolloutVerified = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:\n  profiles:\n  - {name: ann, owner: {name: ann@example.com}}\n  cluster: {enabled: false}\n"

// stagesOfAnn are the stages of a namespace that joins, and what runs before them.
func stagesOfAnn(t *testing.T) (dir string, live livePlane) {
	t.Helper()
	dir = t.TempDir()
	before, config, stages := filepath.Join(dir, "before.yaml"), filepath.Join(dir, "config.yaml"), filepath.Join(dir, "stages")
	write(t, before, rolloutBase+rolloutSidecars+rolloutDeny)
	write(t, config, rolloutVerified)
	r, err := RolloutOf(before, config, nil, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WriteTo(stages); err != nil {
		t.Fatal(err)
	}
	live = livePlane{}
	for _, item := range must(manifest.ReadObjects([]string{before}, nil)) {
		live.put(t, must(yaml.NewRNode(item.Node).String()))
	}
	live.pod(t, true)
	return stages, live
}
