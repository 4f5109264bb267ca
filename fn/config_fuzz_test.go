package fn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// Whatever is written as a configuration, either nothing comes out and it is said why, or a stream
// in which every object stands once, that passes the schemas of Istio's CRDs, that is the same
// after it was read again, and that lets neither a stranger nor another tenant's pod in.
func FuzzConfig(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldenDir, "*", "profile.yaml"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no configurations to begin with: %v", err)
	}
	for _, file := range files {
		if text := must(os.ReadFile(file)); len(text) < 4000 {
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip("takes long")
		}
		code, out, stderr := execute(t, text, "-")
		if code != exitOK {
			if code != exitError || out != "" || !strings.HasPrefix(stderr, "ambient-profile: error: ") {
				t.Fatalf("exit code %d, stdout %q, stderr %q", code, out, stderr)
			}
			return
		}
		passesCRDs(t, out)
		objectsOf(t, out)
		items := readAllItems(t, out)
		same(t, "read again", out, written(t, items))
		world := must(access.Load(nodesOf(items)))
		for _, item := range items {
			if item.Kind == "Namespace" {
				nobodyElse(t, world, item.Name)
			}
		}
	})
}

// nobodyElse asks for a namespace on behalf of those whom no configuration names.
func nobodyElse(t *testing.T, world *access.World, namespace string) {
	t.Helper()
	service, pod := access.To{Namespace: namespace, Service: "any"}, access.To{Namespace: namespace, Pod: map[string]string{"a": "b"}}
	const stranger = "nobody-51b7@example.com"
	for _, q := range []access.Request{
		{From: access.From{User: stranger}, To: service},
		{From: access.From{Anonymous: true}, To: service},
		{From: access.From{ServiceAccount: "nowhere-51b7/default-editor"}, To: service, Method: "POST", Path: "/metrics"},
		{From: access.From{ServiceAccount: "nowhere-51b7/default-editor"}, To: pod, TCP: true, Port: 1},
		{From: access.From{OffMesh: true}, To: pod, TCP: true, Port: 1},
	} {
		if v := world.Decide(q); v.Outcome == access.Allow {
			t.Errorf("%+v reaches %+v: %s", q.From, q.To, v.By())
		}
	}
}
