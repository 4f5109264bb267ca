// Package e2e applies what the function emits to a real kube-apiserver and believes only what a real istiod answers.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kubeflow"
)

// One control plane serves all tests; each takes away what it brought.
var (
	plane   *controlplane.ControlPlane
	cluster *kube.Client
	// notRun is why the control plane does not run; every test is then skipped by name.
	notRun error
)

// requiredEnv makes "could not be built" a failure: for machines that are known to be able to.
const requiredEnv = "AMBIENT_PROFILE_E2E_REQUIRED"

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	go cancelWhenOrphaned(cancel)
	signal.Ignore(syscall.SIGPIPE) // a `go test` that is gone must not take us along before we have cleaned up

	began := time.Now()
	err := startControlPlane(ctx)
	if errors.Is(err, controlplane.ErrNotBuilt) && ctx.Err() == nil && os.Getenv(requiredEnv) == "" {
		notRun = err
		code := m.Run()
		fmt.Printf("\n*** e2e DID NOT RUN: %v\n*** (%s=1 makes this a failure)\n", notRun, requiredEnv)
		return code
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "e2e: error: %v\n", err)
		return 1
	}
	ready := time.Since(began)
	// m.Run cannot be interrupted, so it may be left behind: whichever comes first is followed by Stop.
	code := make(chan int, 1)
	go func() { code <- m.Run() }()
	defer func() { os.RemoveAll(functionDir) }()
	defer plane.Stop()
	select {
	case c := <-code:
		summary(ready, time.Since(began))
		return c
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "e2e: interrupted")
		return 130 // as a shell reports SIGINT
	}
}

func startControlPlane(ctx context.Context) error {
	bin, err := controlplane.Build(ctx, ".", func(format string, args ...any) {
		fmt.Printf("e2e: "+format+"\n", args...)
	})
	if err != nil {
		return err
	}
	plane, err = controlplane.Start(ctx, bin, kubeflow.Definition())
	if err != nil {
		return err
	}
	cluster, err = kube.NewClient(plane.Admin)
	if err != nil {
		plane.Stop()
	}
	return err
}

// cancelWhenOrphaned: `go test` that is terminated does not tell the test binary, which would run on with its children.
func cancelWhenOrphaned(cancel func()) {
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	cancel()
}

// needsControlPlane skips, loudly and by name.
func needsControlPlane(t *testing.T) {
	t.Helper()
	if notRun != nil {
		t.Skipf("NOT RUN: %v", notRun)
	}
}

// count is what the summary tells; a run that checked nothing shows it.
var count counts

type counts struct {
	applied, conditions, l4Policies, steps int
	faults                                 []string
	scale                                  string
}

func (c *counts) detected(fault string) { c.faults = append(c.faults, fault) }

func summary(ready, total time.Duration) {
	fmt.Printf(`
e2e summary
  objects applied:            %d
  conditions checked:         %d
  L4 policies at ztunnel:     %d compared rule by rule
  lifecycle steps:            %d
  faults detected:            %d %q
  scale:                      %s
  control plane ready after:  %s, in all %s
  memory:                     %s
`, count.applied, count.conditions, count.l4Policies, count.steps, len(count.faults), count.faults, count.scale,
		ready.Round(time.Second/10), total.Round(time.Second/10), plane.Memory())
}
