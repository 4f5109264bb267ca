package question

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Render runs the function on a configuration and inputs. said is what it warned about.
func Render(ctx context.Context, program, config string, inputs ...string) (objects []*kube.Object, said string, err error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, append([]string{config}, inputs...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, stderr.String(), fmt.Errorf("%s: %w\n%s", cmd, err, stderr.Bytes())
	}
	objects, err = kube.Read(stdout.Bytes())
	return objects, stderr.String(), err
}
