package dataplane

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// testdata/judged of the repository holds questions about lines of docs/istio-fields.md: worlds, and changes of one field each that change what happens to
// a request. TestJudgedFieldsDecide makes the cluster into each world, as it is and changed, and asks. answers.json is what happened; the tests of
// pkg/access hold the referee to it.

// judgedFile is one file: its first document, and the world.
type judgedFile struct {
	name    string
	Cases   []judgedCase   `json:"cases"`
	Changes []judgedChange `json:"changes"`
	world   []*kube.Object
}

// judgedCase expects allow, deny, or refused: the API server does not take the object that the change is of.
type judgedCase struct {
	question.Case
	Referee string `json:"referee"`
}

type judgedChange struct {
	Line    string `json:"line"`
	Of      string `json:"of"` // Kind namespace/name
	At      []any  `json:"at"`
	To      any    `json:"to"` // without it the field is removed
	Case    string `json:"case"`
	Becomes string `json:"becomes"`
	Referee string `json:"referee"`
}

// judgedAnswers is what a run writes.
type judgedAnswers struct {
	Istiod  string            `json:"istiod"`
	Envoy   string            `json:"envoy"`
	Files   map[string]string `json:"files"`
	Answers []judgedAnswer    `json:"answers"`
}

type judgedAnswer struct {
	Line   string `json:"line"`
	Before string `json:"before"`
	After  string `json:"after"`
}

const refusedByAPI = "refused"

func judgedDir() string { return filepath.Join(tools.Checkout, "testdata", "judged") }

// readJudged reads a file on top of the base: a document replaces the one with its kind and name. The hash is of both.
func readJudged(t *testing.T, file string) (f judgedFile, hash string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base, err := os.ReadFile(filepath.Join(judgedDir(), "base.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	head, world, _ := strings.Cut(string(text), "\n---\n")
	if err := yaml.UnmarshalStrict([]byte(head), &f); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	f.name = filepath.Base(file)
	seen := map[string]bool{}
	for _, part := range []string{world, string(base)} {
		objects, err := kube.Read([]byte(part))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, o := range objects {
			if name := judgedName(o); !seen[name] {
				seen[name] = true
				f.world = append(f.world, o)
			}
		}
	}
	return f, digest(base, text)
}

// digest is that of pkg/access.
func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d\n", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// judgedName tells Istio's Gateways from those of the Gateway API by nothing; no file has two of a name.
func judgedName(o *kube.Object) string {
	if o.GetNamespace() == "" {
		return o.GetKind() + " " + o.GetName()
	}
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}

// changedAt is a value with a change below it. A text on the way is YAML.
func changedAt(v any, at []any, to any) (any, error) {
	if len(at) == 0 {
		return to, nil
	}
	missing := fmt.Errorf("nothing at %v", at)
	switch v := v.(type) {
	case string:
		var inner any
		if err := yaml.Unmarshal([]byte(v), &inner); err != nil {
			return nil, err
		}
		inner, err := changedAt(inner, at, to)
		if err != nil {
			return nil, err
		}
		text, err := yaml.Marshal(inner)
		return string(text), err
	case map[string]any:
		key, _ := at[0].(string)
		old, ok := v[key]
		if !ok {
			return nil, missing
		}
		out := maps.Clone(v)
		if len(at) == 1 && to == nil {
			delete(out, key)
			return out, nil
		}
		inner, err := changedAt(old, at[1:], to)
		out[key] = inner
		return out, err
	case []any:
		i, ok := at[0].(float64)
		if !ok || int(i) >= len(v) {
			return nil, missing
		}
		inner, err := changedAt(v[int(i)], at[1:], to)
		out := slices.Clone(v)
		out[int(i)] = inner
		return out, err
	}
	return nil, missing
}

// with is the world with the change, and the object that it changes.
func (f *judgedFile) with(t *testing.T, c judgedChange) ([]*kube.Object, *kube.Object) {
	t.Helper()
	old := named(f.world, c.Of)
	if old == nil {
		t.Fatalf("%s: no %s", f.name, c.Of)
	}
	now, err := changedAt(old.Object, c.At, integers(c.To))
	if err != nil {
		t.Fatalf("%s: %s: %v", f.name, c.Line, err)
	}
	o := (&kube.Object{Object: now.(map[string]any)}).DeepCopy()
	world := slices.Clone(f.world)
	world[slices.Index(world, old)] = o
	return world, o
}

// integers: a number of the first document is a float, and of a manifest an integer.
func integers(v any) any {
	if n, ok := v.(float64); ok {
		return int64(n)
	}
	return v
}

// proxied is the Gateway at which everybody from outside comes in.
const proxied = "edge/front"

// judgedPlane is the cluster, and what the Gateway of its present world was made from.
type judgedPlane struct {
	mesh  string // what meshConfig says where a world says nothing
	front []*kube.Object
}

// enter makes the cluster into a world. The Gateway is made anew, and last, where anything differs that it is made from: istiod makes a Deployment once, and
// does not look again at routes when nothing but allowedRoutes.kinds of a listener has changed (Istio 1.31: gateway Gateway.Equals and ListenerSet.Equals
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
	objects = append(without(objects, meshConfigMap), certificate(t, "edge"), certificate(t, "a"))
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
	cluster := &judgedPlane{mesh: mesh}
	plane.Patience = 3 * time.Second
	defer func() {
		plane.Patience = 0
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
	text, err := json.MarshalIndent(run, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	at := filepath.Join(judgedDir(), "answers.json")
	switch old, err := os.ReadFile(at); {
	case err == nil && string(old) == string(text):
	case !*update:
		t.Errorf("%s is not what was answered now (-update rewrites it)", at)
	default:
		if err := os.WriteFile(at, text, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("rewrote %s", at)
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

// certificate is one for a listener, signed by itself.
func certificate(t *testing.T, namespace string) *kube.Object {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	like := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{question.Host}}
	chain, err := x509.CreateCertificate(rand.Reader, like, like, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, b []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return &kube.Object{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": map[string]any{"name": "c", "namespace": namespace},
		"data": map[string]any{"tls.crt": text("CERTIFICATE", chain), "tls.key": text("PRIVATE KEY", secret)},
	}}
}

// istioVersion is that of the module that the control plane is built from.
func istioVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Checkout, "test", "e2e", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\tistio.io/istio ")
	version, _, ok := strings.Cut(rest, "\n")
	if !ok {
		t.Fatal("test/e2e/go.mod has no istio.io/istio")
	}
	return version
}
