package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/ztunnel"
)

var (
	// proxyNetwork is the part of podNetwork that this process's namespace uses when each pod has its own namespace.
	proxyNetwork = netip.MustParsePrefix("10.244.2.0/24")
	// nodeAddress is where the pods' traffic leaves them.
	nodeAddress = netip.MustParseAddr("10.244.2.1")
)

// node is a real ztunnel between pods that have network namespaces of their own. It decides in place of the stand-in, and
// carries what pods in the mesh send.
type node struct {
	version string
	process *ztunnel.Process
	relay   *agent.Agent // between istiod and ztunnel; it knows what ztunnel has answered

	mu      sync.Mutex
	callers map[string]*netns.Pod // of pods that ask, and serve nothing: one for each account
}

// startZtunnel runs a ztunnel in place of the pod of its DaemonSet.
func (p *Plane) startZtunnel(ctx context.Context, binary ztunnel.Binary) error {
	self := ztunnel.Node{Name: "node1", Namespace: "istio-system", Pod: "ztunnel-0", IP: "10.244.3.1", CA: p.control.SecureGRPC(), CARoot: p.root}
	if _, err := p.Token(ctx, self.Namespace, "ztunnel", ""); err != nil { // makes the account
		return err
	}
	err := p.writePod(ctx, self.Namespace, "ztunnel", "ztunnel", self.IP, nil, nil)
	if err != nil {
		return err
	}
	if self.Token, err = p.boundToken(ctx, self.Namespace, "ztunnel", self.Pod); err != nil {
		return err
	}
	istiod, err := agent.Dial(p.control.SecureGRPC(), self.Token, p.root)
	if err != nil {
		return err
	}
	certificate, root, err := agent.Loopback()
	if err != nil {
		return err
	}
	relay, err := agent.Start("ztunnel", self.IP, nil, istiod, credentials.NewServerTLSFromCert(&certificate))
	if err != nil {
		return err
	}
	self.XDS, self.XDSRoot = relay.Address, root
	process, err := ztunnel.Start(binary, p.control.Dir(), self)
	if err != nil {
		relay.Stop()
		return err
	}
	p.node = &node{version: binary.Version, process: process, relay: relay, callers: map[string]*netns.Pod{}}
	return p.node.awaitReady(ctx)
}

func (n *node) awaitReady(ctx context.Context) error {
	const limit = 20 * time.Second
	err := n.process.Greet(time.Now().Add(limit))
	if err == nil {
		err = eventually(ctx, limit, func() error {
			if n.process.Exited() || !n.process.Ready() {
				return errors.New("ztunnel is not ready")
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, n.process.LastWords())
	}
	return nil
}

// boundToken is a token that names a pod; istiod signs for others only if the caller's pod is on their node.
func (p *Plane) boundToken(ctx context.Context, namespace, account, pod string) (string, error) {
	live, err := p.client.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return p.sign(ctx, namespace, account, authenticationv1.TokenRequestSpec{
		Audiences:      []string{"istio-ca"},
		BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod, UID: live.UID},
	})
}

func (n *node) stop() {
	if n != nil {
		n.process.Stop()
		n.relay.Stop()
	}
}

// join gives a pod a network namespace, if there is a real ztunnel.
func (n *node) join(ip string) (*netns.Pod, error) {
	if n == nil {
		return nil, nil
	}
	return netns.Join(netip.MustParseAddr(ip), nodeAddress)
}

// guard puts ztunnel in front of a pod, or takes it away, as istio-cni does.
func (n *node) guard(o *pod, on bool) error {
	if n == nil || o.guarded == on {
		return nil
	}
	o.guarded = on
	if on {
		return n.admit(o.namespace, o.name, o.app.Account, o.app.Own)
	}
	if err := n.process.Remove(o.key()); err != nil {
		return err
	}
	return o.app.Own.Redirect(false)
}

func (n *node) admit(namespace, workload, account string, own *netns.Pod) error {
	if err := own.Redirect(true); err != nil {
		return err
	}
	return n.process.Add(namespace+"/"+workload, namespace, workload+"-0", account, own.File)
}

// Dial connects from a pod of an account, or from off the mesh if that is empty, to namespace/service:port or
// address:port: through a real ztunnel if one runs, and else as one would.
func (p *Plane) Dial(ctx context.Context, account, to string) (c net.Conn, err error) {
	namespace, name, inMesh := strings.Cut(account, "/")
	if inMesh && p.node != nil {
		from, err := p.caller(ctx, namespace, name)
		if err != nil {
			return nil, err
		}
		address, err := p.Mesh.Resolve(to)
		if err != nil {
			return nil, err
		}
		err = from.Do(func() error {
			c, err = (&net.Dialer{}).DialContext(ctx, "tcp4", address)
			return err
		})
		return c, err
	}
	var identity *agent.Identity
	if inMesh {
		if identity, err = p.Identity(ctx, namespace, name); err != nil {
			return nil, err
		}
	}
	return p.Mesh.Dial(ctx, identity, to)
}

// caller is the pod of an account that asks. No label of it is one that a Service or a policy selects.
func (p *Plane) caller(ctx context.Context, namespace, account string) (*netns.Pod, error) {
	p.node.mu.Lock()
	defer p.node.mu.Unlock()
	key := namespace + "/" + account
	if c := p.node.callers[key]; c != nil {
		return c, nil
	}
	if _, err := p.Token(ctx, namespace, account, ""); err != nil { // makes the account
		return nil, err
	}
	ip := fmt.Sprintf("10.244.4.%d", 10+len(p.node.callers))
	own, err := p.node.join(ip)
	if err != nil {
		return nil, err
	}
	workload := "caller-of-" + account
	err = p.writePod(ctx, namespace, workload, account, ip, map[string]string{"istio.io/dataplane-mode": "ambient"}, map[string]string{redirected: "enabled"})
	if err == nil {
		err = p.node.admit(namespace, workload, account, own)
	}
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	p.node.callers[key] = own
	return own, nil
}

// L4 names who decides at L4.
func (p *Plane) L4() string {
	if p.node != nil {
		return "ztunnel " + p.node.version
	}
	return "the stand-in"
}

// Decisions is what a summary says of them.
func (p *Plane) Decisions() string {
	if p.node == nil {
		return p.L4()
	}
	n, err := p.node.process.Counts()
	if err != nil {
		return fmt.Sprintf("%s, whose metrics cannot be read: %v", p.L4(), err)
	}
	return fmt.Sprintf("%s was asked for %d connections to pods and refused %d by policy; it carried %d from pods", p.L4(), n.Asked, n.Refused, n.Carried)
}
