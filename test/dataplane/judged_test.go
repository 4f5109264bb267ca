package dataplane

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// proxied is the Gateway at which everybody from outside comes in.
const proxied = "edge/front"

// judgedPlane is the cluster, and what the Gateway of its present world was made from.
type judgedPlane struct {
	mesh    string // what meshConfig says where a world says nothing
	secrets []*kube.Object
	front   []*kube.Object
}

// enter makes the cluster into a world. The Gateway is made anew, and last, where anything differs that it is made from: istiod makes a Deployment once, and
// does not look again at routes when only allowedRoutes.kinds of a listener has changed (Istio 1.31: gateway Gateway.Equals and ListenerSet.Equals
// leave out parentInfo).
func (p *judgedPlane) enter(t *testing.T, objects []*kube.Object) {
	t.Helper()
	ctx, mesh := context.Background(), p.mesh
	if c := named(objects, meshConfigMap); c != nil {
		mesh, _, _ = unstructured.NestedString(c.Object, "data", "mesh")
	}
	if err := plane.SetMeshConfig(ctx, mesh); err != nil {
		t.Fatal(err)
	}
	objects = append(without(objects, meshConfigMap), p.secrets...)
	most := without(objects, "Gateway "+proxied, "GatewayClass ", "ListenerSet ")
	classes := without(objects, "Gateway "+proxied, "ListenerSet ")
	front := without(objects, "Namespace ", "Service ", "Pod a/", "Pod b/", "Pod d/", "AuthorizationPolicy ", "RequestAuthentication ", "HTTPRoute ", "GRPCRoute ", "Secret ")
	steps := [][]*kube.Object{objects}
	switch {
	case equality.Semantic.DeepEqual(front, p.front):
	case len(classes) > len(most):
		steps = [][]*kube.Object{most, classes, objects}
	default:
		steps = [][]*kube.Object{most, objects}
	}
	p.front = front
	for _, step := range steps {
		if err := plane.Become(ctx, step); err != nil {
			t.Fatal(err)
		}
	}
}

const meshConfigMap = "ConfigMap istio-system/istio"

func without(objects []*kube.Object, prefixes ...string) []*kube.Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o *kube.Object) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(judgedName(o), p) })
	})
}

func named(objects []*kube.Object, name string) *kube.Object {
	for _, o := range objects {
		if judgedName(o) == name {
			return o
		}
	}
	return nil
}

// TestJudgedFieldsDecide asks each question before and after the change of the field.
func TestJudgedFieldsDecide(t *testing.T) {
	needsPlane(t)
	ctx, began := context.Background(), time.Now()
	files, err := filepath.Glob(filepath.Join(judgedDir(), "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%s: %v", judgedDir(), err)
	}
	mesh, err := plane.MeshConfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plane.AddIssuer("i.test", "http://i.test"); err != nil {
		t.Fatal(err)
	}
	cluster := &judgedPlane{mesh: mesh, secrets: []*kube.Object{certificate(t, "edge"), certificate(t, "a")}}
	plane.Patience = 3 * time.Second
	binary := plane.Envoy()
	defer func() {
		plane.Patience = 0
		restart(t, binary)
		if err := plane.SetMeshConfig(ctx, mesh); err != nil {
			t.Error(err)
		}
	}()
	restart(t, tools.Envoys[0])
	run := judgedAnswers{Istiod: istioVersion(t), Envoy: tools.Envoys[0].Version, Files: map[string]string{}}
	ran := 0
	for _, file := range files {
		if filepath.Base(file) == "base.yaml" {
			continue
		}
		f, hash := readJudged(t, file)
		run.Files[f.name] = hash
		t.Run(strings.TrimSuffix(f.name, ".yaml"), func(t *testing.T) { ran++; run.Answers = append(run.Answers, f.ask(t, cluster)...) })
	}
	if ran != len(run.Files) || t.Failed() { // -run left some out
		return
	}
	note("%d judged fields, each before and after a change; %s", len(run.Answers), time.Since(began).Round(time.Second))
	run.keep(t)
}

// keep compares the answers with those that are kept, or writes them. Another Envoy must give the same ones.
func (run judgedAnswers) keep(t *testing.T) {
	t.Helper()
	at := filepath.Join(judgedDir(), "answers.json")
	text, err := json.MarshalIndent(run, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(at, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("rewrote %s", at)
		return
	}
	var kept judgedAnswers
	if text, err = os.ReadFile(at); err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil || !slices.Equal(kept.Answers, run.Answers) || !maps.Equal(kept.Files, run.Files) {
		t.Errorf("%s is not what was answered now (-update rewrites it) %v", at, err)
	}
}

func (f *judgedFile) ask(t *testing.T, cluster *judgedPlane) (out []judgedAnswer) {
	before := map[string]string{}
	for _, c := range f.Changes {
		if q := f.question(t, c); before[q.Name] == "" {
			before[q.Name] = f.answer(t, cluster, f.world, named(f.world, c.Of), q, q.Expect)
		}
	}
	for _, c := range f.Changes {
		q := f.question(t, c)
		world, changed := f.with(t, c)
		after := f.answer(t, cluster, world, changed, q, c.Becomes)
		out = append(out, judgedAnswer{c.Line, before[q.Name], after})
		if before[q.Name] != q.Expect || after != c.Becomes {
			t.Errorf("%s, %s: %s, then %s; want %s, then %s", c.Line, q.Name, before[q.Name], after, q.Expect, c.Becomes)
		}
	}
	return out
}

func (f *judgedFile) question(t *testing.T, c judgedChange) judgedCase {
	t.Helper()
	i := slices.IndexFunc(f.Cases, func(q judgedCase) bool { return q.Name == c.Case })
	if i < 0 {
		t.Fatalf("%s: no case %q", f.name, c.Case)
	}
	return f.Cases[i]
}

// answer is what happens in a world; another answer than the expected one must last. The API server is asked for the object that the change is of.
func (f *judgedFile) answer(t *testing.T, cluster *judgedPlane, world []*kube.Object, of *kube.Object, q judgedCase, expect string) (got string) {
	t.Helper()
	ctx := context.Background()
	if err := plane.Refused(ctx, of); err != nil {
		t.Logf("%s: %v", q.Name, err)
		return refusedByAPI
	}
	if expect == refusedByAPI {
		return "not refused"
	}
	cluster.enter(t, world)
	asker := question.NewAsker(plane, world)
	asker.Ingress, asker.Listeners, asker.ByPods = proxied, f.world, true // a port stays when its listener has another name
	for range 10 {
		var said string
		var err error
		if got, said, err = asker.Real(ctx, q.Case); err != nil {
			t.Fatal(err)
		}
		if got == expect {
			t.Logf("%s: %s (%s)", q.Name, got, said)
			return got
		}
		time.Sleep(300 * time.Millisecond)
	}
	return got
}
