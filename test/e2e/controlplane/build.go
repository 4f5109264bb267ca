package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Binaries is a directory that holds everything a control plane needs, built once.
type Binaries struct{ Dir string }

func (b Binaries) path(name string) string { return filepath.Join(b.Dir, name) }

// programs are the mains that are built: ours, and the tools that go.mod pins.
var programs = []struct {
	name, pkg string
	istio     bool
}{
	{"etcd", "go.etcd.io/etcd/server/v3", false},
	{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", false},
	{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager", false},
	{"pilot-discovery", "istio.io/istio/pilot/cmd/pilot-discovery", true},
	{"istiochart", "./istiochart", true},
}

// The CRDs of the Gateway API come from the module that istiod was compiled with; Istio's own are in its chart.
const gatewayAPI, gatewayCRDs = "sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_*.yaml"

// ErrNotBuilt tells a machine that cannot compile a control plane from one whose control plane is broken.
var ErrNotBuilt = errors.New("the control plane could not be built")

// modules are the go.mod files that a program may be built with, by its release. The variable chooses one; without it,
// it is go.mod's. Nothing of Istio's release-1.32 is on the module proxy.
var modules = map[string]map[string]string{
	"ISTIO":      {"": "go.mod", "1.31": "go.mod", "1.30": "go.istio-1.30.mod"},
	"KUBERNETES": {"": "go.mod", "1.36": "go.mod"},
}

// moduleFile is the go.mod file that a variable chooses.
func moduleFile(variable string) (string, error) {
	release := os.Getenv(variable)
	file := modules[variable][release]
	if file == "" {
		return "", fmt.Errorf("%s=%s: no go.mod of test/e2e pins this release", variable, release)
	}
	return file, nil
}

// Build returns the cached binaries for this module, compiling them (about 10 minutes on 2 cores) when there are none.
func Build(ctx context.Context, module string, progress func(string, ...any)) (Binaries, error) {
	istio, err := moduleFile("ISTIO")
	if err != nil {
		return Binaries{}, err
	}
	kubernetes, err := moduleFile("KUBERNETES")
	if err != nil {
		return Binaries{}, err
	}
	key, err := cacheKey(module, istio, kubernetes)
	if err != nil {
		return Binaries{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return Binaries{}, fmt.Errorf("%w: %w", ErrNotBuilt, err)
	}
	root := filepath.Join(cache, "ambient-profile-e2e")
	built := Binaries{Dir: filepath.Join(root, key)}
	if _, err := os.Stat(built.Dir); err == nil {
		return built, nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return Binaries{}, fmt.Errorf("%w: %w", ErrNotBuilt, err)
	}
	// Built aside and renamed, so that an interrupted build is never taken for a finished one.
	aside, err := os.MkdirTemp(root, "building-")
	if err != nil {
		return Binaries{}, fmt.Errorf("%w: %w", ErrNotBuilt, err)
	}
	defer os.RemoveAll(aside)
	if err := buildInto(ctx, aside, module, istio, kubernetes, progress); err != nil {
		return Binaries{}, fmt.Errorf("%w: %w", ErrNotBuilt, err)
	}
	if err := os.Rename(aside, built.Dir); err != nil && !errors.Is(err, os.ErrExist) {
		return Binaries{}, fmt.Errorf("%w: %w", ErrNotBuilt, err)
	}
	return built, nil
}

func buildInto(ctx context.Context, dir, module, istio, kubernetes string, progress func(string, ...any)) error {
	for _, p := range programs {
		progress("building %s (once; cached outside of the checkout)", p.name)
		modfile := kubernetes
		if p.istio {
			modfile = istio
		}
		if _, err := output(ctx, module, "go", "build", "-modfile="+modfile, "-ldflags=-s -w", "-o", filepath.Join(dir, p.name), p.pkg); err != nil {
			return err
		}
	}
	chart, err := output(ctx, module, filepath.Join(dir, "istiochart"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "istio.yaml"), chart, 0o644); err != nil {
		return err
	}
	return collect(ctx, filepath.Join(dir, "gateway-api-crds.yaml"), module, istio, gatewayAPI, gatewayCRDs)
}

// collect concatenates files of a module that modfile pins.
func collect(ctx context.Context, to, module, modfile, from, glob string) error {
	dir, err := output(ctx, module, "go", "list", "-modfile="+modfile, "-m", "-f", "{{.Dir}}", from)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), glob))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("module %s: no file matches %s (%v)", from, glob, err)
	}
	var all bytes.Buffer
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "---\n%s\n", content)
	}
	return os.WriteFile(to, all.Bytes(), 0o644)
}

// cacheKey changes with whatever changes a binary: the pinned modules, the toolchain, our chart renderer.
func cacheKey(module, istio, kubernetes string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, f := range []string{istio, sumOf(istio), kubernetes, sumOf(kubernetes), "istiochart/main.go", "controlplane/build.go"} {
		content, err := os.ReadFile(filepath.Join(module, f))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", f, len(content), content)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// sumOf returns the name of the go.sum that belongs to a go.mod.
func sumOf(modfile string) string { return strings.TrimSuffix(modfile, "mod") + "sum" }

// output runs a command in dir; its error carries what the command said.
func output(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, tail(stderr.Bytes(), 2000))
	}
	return out, nil
}

func tail(b []byte, n int) []byte {
	if len(b) > n {
		b = b[len(b)-n:]
	}
	return b
}
