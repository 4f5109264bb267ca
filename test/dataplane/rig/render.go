package rig

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// BaseConfig is the AmbientProfile of the base world: three tenants on a platform.
func (r *Rig) BaseConfig() string {
	return filepath.Join(r.Checkout, "test/dataplane/testdata/base/profile.yaml")
}

// Render runs the function on a configuration, a small Kubeflow, what runs in the tenants' namespaces, and more inputs.
// said is what it warned about.
func (r *Rig) Render(ctx context.Context, config string, more ...string) (objects []*kube.Object, said string, err error) {
	args := []string{config}
	for _, file := range []string{"examples/platform/kubeflow.yaml", "examples/platform/login.yaml",
		"test/dataplane/testdata/base/login.yaml", "test/dataplane/testdata/base/tenants.yaml"} {
		args = append(args, filepath.Join(r.Checkout, file))
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, r.Program, append(args, more...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, stderr.String(), fmt.Errorf("%s: %w\n%s", cmd, err, stderr.Bytes())
	}
	objects, err = kube.Read(stdout.Bytes())
	return objects, stderr.String(), err
}
