// Package dataplane sends requests through real Envoys that a real istiod configures from the function's output.
package dataplane

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/rig"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
)

// One plane serves all tests, in one world after another.
var (
	plane *world.Plane
	tools *rig.Rig
	// notRun says why there is none; every test is then skipped by name.
	notRun error
)

// requiredEnv makes what cannot be had a failure: for machines that are known to have it.
const requiredEnv = "AMBIENT_PROFILE_DATAPLANE_REQUIRED"

func TestMain(m *testing.M) {
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE) // a `go test` that is gone must not take us along before we have cleaned up
	go cancelWhenOrphaned(cancel)
	run := outside
	if netns.Inside() {
		run = inside
	}
	code := run(ctx, m)
	cancel()
	os.Exit(code)
}

// outside prepares what needs the network, and runs the tests in a namespace of their own.
func outside(ctx context.Context, m *testing.M) int {
	r, err := rig.Prepare(ctx, ".")
	if err == nil {
		defer r.Close()
		var code int
		if code, err = r.Enter(ctx); err == nil {
			return code
		}
	}
	if ctx.Err() != nil {
		return interrupted()
	}
	return withoutPlane(m, err)
}

func withoutPlane(m *testing.M, err error) int {
	notRun = err
	if os.Getenv(requiredEnv) != "" || !errors.Is(err, rig.ErrMissing) {
		fmt.Fprintf(os.Stderr, "dataplane: error: %v\n", err)
		return 1
	}
	code := m.Run()
	fmt.Printf("\n*** dataplane DID NOT RUN: %v\n*** (%s=1 makes this a failure)\n", err, requiredEnv)
	return code
}

func inside(ctx context.Context, m *testing.M) int {
	began := time.Now()
	var err error
	if tools, err = rig.Inherited(); err == nil && tools.Missing != "" && os.Getenv(requiredEnv) != "" {
		err = errors.New(tools.Missing)
	}
	if err == nil {
		plane, err = world.Start(ctx, tools.ControlPlane, tools.Envoys[0], tools.Ztunnel)
	}
	if ctx.Err() != nil {
		return interrupted()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "dataplane: error: %v\n", err)
		return 1
	}
	// m.Run cannot be interrupted, so it may be left behind: whichever comes first is followed by Stop.
	defer plane.Stop()
	code := make(chan int, 1)
	go func() { code <- m.Run() }()
	select {
	case c := <-code:
		summary(time.Since(began))
		if wrong := plane.Complaints(); len(wrong) > 0 {
			fmt.Fprintf(os.Stderr, "dataplane: error: the run proves nothing:\n  %s\n", strings.Join(wrong, "\n  "))
			return 1
		}
		return c
	case <-ctx.Done():
		return interrupted()
	}
}

func interrupted() int {
	fmt.Fprintln(os.Stderr, "dataplane: interrupted")
	return 130 // as a shell reports SIGINT
}

// cancelWhenOrphaned: `go test` that is terminated does not tell the test binary, which would run on with its children.
func cancelWhenOrphaned(cancel func()) {
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	cancel()
}

// needsPlane skips, loudly and by name.
func needsPlane(t *testing.T) {
	t.Helper()
	if notRun != nil {
		t.Skipf("NOT RUN: %v", notRun)
	}
}

// lines are what the summary tells; a run that asked nothing shows it.
var lines []string

func note(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }

func summary(took time.Duration) {
	fmt.Printf("\ndataplane summary\n  %s\n", strings.Join(lines, "\n  "))
	fmt.Printf("  at L4: %s\n", plane.Decisions())
	fmt.Printf("  took %s; %s\n", took.Round(time.Second), plane.Memory())
	if tools.Missing != "" {
		fmt.Printf("\n*** dataplane RAN WITH ONE ENVOY ONLY: %s\n*** (%s=1 makes this a failure)\n", tools.Missing, requiredEnv)
	}
}
