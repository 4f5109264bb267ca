// Package controlplane runs a real etcd, kube-apiserver, kube-controller-manager and istiod on 127.0.0.1: what they refuse,
// we may not emit.
// It has neither nodes nor ztunnel nor Envoy: no traffic flows, and questions about traffic go to the referee (pkg/access).
package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// ControlPlane is one running API server with its istiod.
type ControlPlane struct {
	// Admin may do everything and is not throttled.
	Admin *rest.Config
	// DebugURL is istiod's debug endpoint: what it would send to proxies.
	DebugURL string

	dir       string
	bin       Binaries
	etcd      *process
	apiserver *process
	manager   *process
	istiod    *process
	kubelet   context.CancelFunc
	etcdURL   string

	definitions []*kube.Object
	istiodEnv   []string

	managerToken string
	istiodPorts  []int // http, https, grpc, secure grpc, monitoring
}

const dirPrefix = "ambient-profile-e2e-"

// Start brings all four up and returns when istiod is ready and Istio's validating webhook refuses what is invalid. The
// definitions of further kinds are there before the garbage collector looks for kinds, every 30 seconds.
// Whatever was started is stopped when something fails.
func Start(ctx context.Context, bin Binaries, definitions ...*kube.Object) (*ControlPlane, error) {
	sweep()
	dir, err := TempDir()
	if err != nil {
		return nil, err
	}
	cp := &ControlPlane{dir: dir, bin: bin, definitions: definitions}
	return cp.run(ctx, cp.startEtcd, cp.startAPIServer, cp.installIstio, cp.startIstiod, cp.standInForNodes, cp.startControllerManager)
}

// StartForProxies brings up etcd, the API server and istiod for a caller that makes pods and endpoints itself: nothing
// simulates nodes, and no controller manager runs. istiod also gets env.
func StartForProxies(ctx context.Context, bin Binaries, env ...string) (*ControlPlane, error) {
	sweep()
	dir, err := TempDir()
	if err != nil {
		return nil, err
	}
	cp := &ControlPlane{dir: dir, bin: bin, istiodEnv: env}
	return cp.run(ctx, cp.startEtcd, cp.startAPIServer, cp.installIstio, cp.startIstiod)
}

// run takes the steps in order, and stops what they started when one fails.
func (cp *ControlPlane) run(ctx context.Context, steps ...func(context.Context) error) (*ControlPlane, error) {
	for _, step := range steps {
		err := ctx.Err()
		if err == nil {
			err = step(ctx)
		}
		if err != nil {
			cp.Stop()
			return nil, err
		}
	}
	return cp, nil
}

// SecureGRPC is the address where istiod answers proxies and signs their certificates.
func (cp *ControlPlane) SecureGRPC() string { return "127.0.0.1:" + strconv.Itoa(cp.istiodPorts[3]) }

// Dir holds the logs and keys of this run; Stop removes it.
func (cp *ControlPlane) Dir() string { return cp.dir }

// Stop ends what Start began, last first, and removes its directory. It may be called twice.
func (cp *ControlPlane) Stop() {
	if cp.kubelet != nil {
		cp.kubelet()
	}
	cp.manager.stop()
	cp.istiod.stop()
	cp.apiserver.stop()
	cp.etcd.stop()
	_ = os.RemoveAll(cp.dir)
}

// Memory is what each program takes, in MiB: at its peak, and now.
func (cp *ControlPlane) Memory() string {
	var s []string
	for _, p := range []*process{cp.etcd, cp.apiserver, cp.manager, cp.istiod} {
		if p == nil {
			continue // StartForProxies starts no controller manager
		}
		peak, now := p.residentMemory()
		s = append(s, fmt.Sprintf("%s %d MiB (peak %d)", p.name, now, peak))
	}
	return strings.Join(s, ", ")
}

// IstiodLog is for a test that failed.
func (cp *ControlPlane) IstiodLog() string { return cp.istiod.lastWords() }

// ManagerLog is for a test that failed.
func (cp *ControlPlane) ManagerLog() string { return cp.manager.lastWords() }

func (cp *ControlPlane) startEtcd(ctx context.Context) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	client, peer := local("http", ports[0]), local("http", ports[1])
	cp.etcdURL = client
	cp.etcd, err = start(cp.dir, "etcd", nil, cp.bin.path("etcd"),
		"--data-dir="+filepath.Join(cp.dir, "etcd"),
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer,
		"--unsafe-no-fsync", // nothing here outlives the run
		"--log-level=error",
	)
	if err != nil {
		return err
	}
	return cp.etcd.await(ctx, 30*time.Second, func() error { return get(client + "/health") })
}

func local(scheme string, port int) string {
	return scheme + "://127.0.0.1:" + strconv.Itoa(port)
}

// TempDir is named after this process, so that a later run can tell whether anybody still uses it.
func TempDir() (string, error) {
	return os.MkdirTemp("", dirPrefix+strconv.Itoa(os.Getpid())+"-")
}

// sweep removes directories of runs that were killed before they could do it themselves.
func sweep() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		n, err := strconv.Atoi(pid)
		if err == nil && syscall.Kill(n, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}
