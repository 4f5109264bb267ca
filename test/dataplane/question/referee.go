package question

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Verdict is what the referee answers to one case.
type Verdict struct {
	Name string `json:"name"`
	Got  string `json:"got"` // allow, deny, not-judged
	By   string `json:"by"`
	OK   bool   `json:"ok"`
}

// meshConfig is the mesh configuration that the referee sees in addition to the world: it defines the login.
func meshConfig() *kube.Object {
	return &kube.Object{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "istio", "namespace": "istio-system"},
		"data": map[string]any{"mesh": world.LoginProvider},
	}}
}

// Referee runs `ambient-profile check` on a world.
func Referee(ctx context.Context, program, dir string, objects []*kube.Object, cases []Case) ([]Verdict, error) {
	manifests := filepath.Join(dir, "world.yaml")
	if err := Write(manifests, append(objects[:len(objects):len(objects)], meshConfig())); err != nil {
		return nil, err
	}
	check := map[string]any{
		"apiVersion": "ambient.kubeflow.org/v1alpha1", "kind": "AccessCheck",
		"metadata": map[string]any{"name": "dataplane"}, "spec": map[string]any{"cases": cases},
	}
	text, err := json.Marshal(check) // JSON is YAML
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "check.yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "check", "-o", "json", file, manifests)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ran := cmd.Run() // 1 if a case fails, which is for the comparison to say
	var verdicts []Verdict
	if err := json.Unmarshal(stdout.Bytes(), &verdicts); err != nil || len(verdicts) != len(cases) {
		return nil, fmt.Errorf("%s: %v: %d answers to %d cases: %v\n%s", cmd, ran, len(verdicts), len(cases), err, stderr.Bytes())
	}
	for i := range verdicts {
		verdicts[i].Got = strings.ReplaceAll(strings.ToLower(verdicts[i].Got), " ", "-")
	}
	return verdicts, nil
}

// Write puts manifests into a file.
func Write(file string, objects []*kube.Object) error {
	var b bytes.Buffer
	for _, o := range objects {
		text, err := json.Marshal(o)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "---\n%s\n", text)
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

func split(account string) (namespace, name string, err error) {
	namespace, name, ok := strings.Cut(account, "/")
	if !ok {
		return "", "", fmt.Errorf("%q is not namespace/account", account)
	}
	return namespace, name, nil
}
