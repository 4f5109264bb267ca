package dataplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
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

// judgedName is Kind namespace/name, or Kind name. No file has two kinds of Gateway with one name.
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

// certificate returns a self-signed one for a listener.
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
