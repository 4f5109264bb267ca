// Package rig gets ready what a run needs and what the network namespace cannot reach: the control plane's binaries, the
// Envoys, and the program under test.
package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/envoy"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/ztunnel"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
)

// Rig is what one run works with.
type Rig struct {
	ControlPlane controlplane.Binaries
	Envoys       []envoy.Binary
	Ztunnel      *ztunnel.Binary // or nil: then the stand-in decides at L4
	// Program is ambient-profile as it is in the checkout; the tests know the product by nothing else.
	Program string
	// Checkout is the root of the repository.
	Checkout string
	// Missing is an Envoy that could not be had, although another one could.
	Missing string

	dir string
}

// ErrMissing means that this machine lacks something; any other error is a fault.
var ErrMissing = errors.New("this machine lacks what the data plane needs")

const rigEnv = "AMBIENT_PROFILE_DATAPLANE_RIG"

// Prepare compiles and downloads, once, outside of the network namespace. module is the directory of this module.
func Prepare(ctx context.Context, module string) (*Rig, error) {
	if err := netns.Available(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	progress := func(format string, args ...any) { fmt.Printf("dataplane: "+format+"\n", args...) }
	checkout, err := filepath.Abs(filepath.Join(module, "../.."))
	if err != nil {
		return nil, err
	}
	r := &Rig{Checkout: checkout}
	// The binaries are test/e2e's own, by the same cache: nothing compiles twice.
	if r.ControlPlane, err = controlplane.Build(ctx, filepath.Join(module, "../e2e"), progress); errors.Is(err, controlplane.ErrNotBuilt) {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	} else if err != nil {
		return nil, err
	}
	r.Envoys, err = envoy.Get(ctx, progress)
	switch {
	case errors.Is(err, envoy.ErrNone) && len(r.Envoys) == 0:
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	case errors.Is(err, envoy.ErrNone):
		r.Missing = err.Error()
	case err != nil:
		return nil, err
	}
	if r.Ztunnel, err = ztunnel.Get(ctx); err != nil {
		return nil, err
	}
	if r.Ztunnel != nil {
		if err := netns.CanJoin(); err != nil {
			return nil, fmt.Errorf("%w: ZTUNNEL is set, and pods cannot have network namespaces of their own: %w", ErrMissing, err)
		}
	}
	if r.dir, err = controlplane.TempDir(); err != nil {
		return nil, err
	}
	r.Program = filepath.Join(r.dir, "ambient-profile")
	build := exec.CommandContext(ctx, "go", "build", "-o", r.Program, "./cmd/ambient-profile")
	build.Dir = r.Checkout
	if said, err := build.CombinedOutput(); err != nil {
		r.Close()
		return nil, fmt.Errorf("build ambient-profile: %w\n%s", err, said)
	}
	return r, nil
}

// Enter runs this program again inside of a network namespace, with this rig.
func (r *Rig) Enter(ctx context.Context) (int, error) {
	packed, err := json.Marshal(r)
	if err != nil {
		return 1, err
	}
	return netns.Rerun(ctx, rigEnv+"="+string(packed))
}

// Inherited is the rig of the process that entered.
func Inherited() (*Rig, error) {
	r := &Rig{}
	if err := json.Unmarshal([]byte(os.Getenv(rigEnv)), r); err != nil {
		return nil, errors.Join(errors.New("no rig: start the program outside of the namespace"), err)
	}
	return r, nil
}

// Close removes the program.
func (r *Rig) Close() { _ = os.RemoveAll(r.dir) }
