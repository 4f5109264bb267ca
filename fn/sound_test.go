package fn

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

const (
	soundObject = "apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: alice}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n"
	ofATenant   = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: alice, labels: {app.kubernetes.io/part-of: kubeflow-profile}, annotations: {owner: a@example.com}}\n"
	offMeshGets = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AccessCheck\nmetadata: {name: c}\nspec: {cases: [{name: a, from: {offMesh: true}, to: {namespace: alice, service: x}, expect: allow}]}\n"
)

// Each verb of the referee goes on without what the API server refuses, and says so.
func TestAVerbGoesOnWithoutWhatTheAPIServerRefuses(t *testing.T) {
	for _, test := range []struct{ object, want string }{
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: alice}\n", "[AP0729] ConfigMap: metadata.name: is missing; the API server refuses the object, so it is not judged; correct the field\n"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: odd, namespace: alice, labels: {canary: true}}\n",
			`[AP0729] Service alice/odd: metadata.labels: "true" must be a string (canary); the API server refuses the object, so it is not judged; correct the field` + "\n"},
	} {
		dir := t.TempDir()
		sound, odd, check := filepath.Join(dir, "sound.yaml"), filepath.Join(dir, "odd.yaml"), filepath.Join(dir, "check.yaml")
		write(t, sound, soundObject+ofATenant)
		write(t, odd, test.object+"---\n"+soundObject+ofATenant)
		write(t, check, offMeshGets)
		var stderr bytes.Buffer
		for verb, run := range map[string]func() error{
			"explain": func() error { _, err := Explain([]string{odd}, "", nil, &stderr); return err },
			"check": func() error {
				results, err := Check(check, []string{odd}, "", nil, &stderr)
				if access.Failed(results) > 0 {
					t.Error("the case fails")
				}
				return err
			},
			"lint": func() error {
				report, err := Lint([]string{odd}, "", nil)
				diagnostic.Print(&stderr, report.Findings)
				return err
			},
			"ask": func() error {
				_, err := Ask(access.Request{From: access.From{OffMesh: true}, To: access.To{Namespace: "alice", Service: "x"}}, []string{odd}, "", nil, &stderr)
				return err
			},
			"diff of the old":  func() error { _, err := Diff(odd, sound, nil, "", nil, &stderr); return err },
			"diff of the next": func() error { _, err := Diff(sound, odd, nil, "", nil, &stderr); return err },
			"AccessCheck in kustomize": func() error {
				item := func(text string) string {
					return "- " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
				}
				return Transform(strings.NewReader(listHead+item(test.object)+item(soundObject)+item(strings.TrimPrefix(ofATenant, "---\n"))+"functionConfig:\n  "+strings.ReplaceAll(strings.TrimSpace(offMeshGets), "\n", "\n  ")+"\n"), &bytes.Buffer{}, &stderr)
			},
		} {
			stderr.Reset()
			if err := run(); err != nil {
				t.Errorf("%s: %v", verb, err)
			}
			part(t, verb, stderr.String(), test.want)
		}
	}
}
