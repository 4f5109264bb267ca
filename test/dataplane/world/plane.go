// Package world brings up a control plane, pods and proxies, and makes them into one world after another: a world is a set
// of manifests, and everything that a cluster would make of them.
package world

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/envoy"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/mesh"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/stubs"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/ztunnel"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// podNetwork holds every pod: 10.244.1.0/24 applications, 10.244.2.0/24 proxies, 10.244.4.0/24 pods that only ask.
var podNetwork = netip.MustParsePrefix("10.244.0.0/16")

// Dex is the issuer of sessions in examples/platform.
const Dex = "http://dex.auth.svc.cluster.local:5556/dex"

// Plane is everything that runs. One test at a time may change its world.
type Plane struct {
	Mesh *mesh.Mesh
	// Issuer is dex. Others by host are issuers that istiod can reach, and that have no Service.
	Issuer *stubs.Issuer
	Others map[string]*stubs.Issuer
	// Patience, where it is not 0, is how long a Gateway may be without a Deployment; after that it has no proxy. Classes count that are not Istio's own.
	Patience time.Duration

	control *controlplane.ControlPlane
	client  kubernetes.Interface
	kube    *kube.Client
	root    []byte
	envoy   envoy.Binary
	node    *node // or nil: then the stand-in decides at L4

	applied map[string]*kube.Object // the present world
	pods    map[string]*pod
	proxies map[string]*proxyPod
	changed time.Time
	past    []string // complaints about proxies that are gone

	mu         sync.Mutex
	identities map[string]*agent.Identity

	namesMu sync.Mutex
	names   map[string]http.Handler // what istiod may ask for by name
}

// Start brings up an empty world in this process's network namespace. guard is a real ztunnel, or nil for the stand-in.
// env are variables of istiod, as NAME=value.
func Start(ctx context.Context, bin controlplane.Binaries, proxy envoy.Binary, guard *ztunnel.Binary, env ...string) (*Plane, error) {
	own := podNetwork
	if guard != nil {
		own = proxyNetwork
	}
	if err := netns.Own(own); err != nil {
		return nil, err
	}
	dex, err := stubs.NewIssuer("auth/dex", Dex)
	if err != nil {
		return nil, err
	}
	p := &Plane{
		Mesh: mesh.New(), Issuer: dex, Others: map[string]*stubs.Issuer{}, envoy: proxy,
		applied: map[string]*kube.Object{}, pods: map[string]*pod{}, proxies: map[string]*proxyPod{}, identities: map[string]*agent.Identity{},
	}
	names, err := p.serveNames()
	if err != nil {
		return nil, err
	}
	// istiod asks for key sets by the name of a Service; the proxy replaces DNS and kube-proxy.
	p.control, err = controlplane.StartForProxies(ctx, bin, append(slices.Clone(env), "HTTP_PROXY=http://"+names)...)
	if err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{p.connect, p.addLoginProvider, p.readRoot, p.watch}
	if guard != nil {
		steps = append(steps, func(ctx context.Context) error { return p.startZtunnel(ctx, *guard) })
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			p.Stop()
			return nil, err
		}
	}
	return p, nil
}

// Stop ends everything that Start and Become began.
func (p *Plane) Stop() {
	for _, g := range p.proxies {
		g.stop()
	}
	for _, o := range p.pods {
		o.app.Close()
	}
	p.node.stop()
	p.control.Stop()
}

func (p *Plane) connect(context.Context) (err error) {
	if p.client, err = kubernetes.NewForConfig(p.control.Admin); err != nil {
		return err
	}
	p.kube, err = kube.NewClient(p.control.Admin)
	return err
}

// LoginProvider is the part of meshConfig that defines oauth2-proxy.
const LoginProvider = `
extensionProviders:
- name: oauth2-proxy
  envoyExtAuthzHttp:
    service: oauth2-proxy.oauth2-proxy.svc.cluster.local
    port: 80
    headersToDownstreamOnDeny: [content-type, set-cookie]
    headersToUpstreamOnAllow: [authorization]
    includeRequestHeadersInCheck: [authorization, cookie]
`

// addLoginProvider names oauth2-proxy as Kubeflow's mesh config does; istiod reloads the ConfigMap automatically.
func (p *Plane) addLoginProvider(ctx context.Context) error {
	maps := p.client.CoreV1().ConfigMaps("istio-system")
	cm, err := maps.Get(ctx, "istio", metav1.GetOptions{})
	if err != nil {
		return err
	}
	cm.Data["mesh"] += LoginProvider
	_, err = maps.Update(ctx, cm, metav1.UpdateOptions{})
	return err
}

// readRoot waits for the root certificate that istiod publishes.
func (p *Plane) readRoot(ctx context.Context) error {
	return eventually(ctx, 30*time.Second, func() error {
		cm, err := p.client.CoreV1().ConfigMaps("istio-system").Get(ctx, "istio-ca-root-cert", metav1.GetOptions{})
		if err == nil {
			p.root = []byte(cm.Data["root-cert.pem"])
		}
		return err
	})
}

// watch subscribes the stand-in under the account of ztunnel, which istiod tells everything.
func (p *Plane) watch(ctx context.Context) error {
	token, err := p.Token(ctx, "istio-system", "ztunnel", "istio-ca")
	if err != nil {
		return err
	}
	istiod, err := agent.Dial(p.control.SecureGRPC(), token, p.root)
	if err != nil {
		return err
	}
	return p.Mesh.Watch(ctx, istiod)
}

// Token has the API server sign a token of a ServiceAccount, which is made if it is not there.
func (p *Plane) Token(ctx context.Context, namespace, account, audience string) (string, error) {
	_, err := p.client.CoreV1().ServiceAccounts(namespace).Create(ctx,
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return "", err
	}
	var spec authenticationv1.TokenRequestSpec
	if audience != "" {
		spec.Audiences = []string{audience}
	}
	return p.sign(ctx, namespace, account, spec)
}

func (p *Plane) sign(ctx context.Context, namespace, account string, spec authenticationv1.TokenRequestSpec) (string, error) {
	hour := int64(60 * 60)
	spec.ExpirationSeconds = &hour
	t, err := p.client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, &authenticationv1.TokenRequest{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return t.Status.Token, nil
}

// Identity is the certificate of a ServiceAccount. Anyone who holds the account's token for istiod can have it.
func (p *Plane) Identity(ctx context.Context, namespace, account string) (*agent.Identity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := namespace + "/" + account
	if id := p.identities[key]; id != nil {
		return id, nil
	}
	token, err := p.Token(ctx, namespace, account, "istio-ca")
	if err != nil {
		return nil, err
	}
	istiod, err := agent.Dial(p.control.SecureGRPC(), token, p.root)
	if err != nil {
		return nil, err
	}
	defer istiod.Close()
	id, err := agent.NewIdentity(ctx, istiod, namespace, account, p.root)
	if err == nil {
		p.identities[key] = id
	}
	return id, err
}

// Memory is what the programs hold now, in MiB.
func (p *Plane) Memory() string {
	total := 0
	for _, g := range p.proxies {
		total += g.process.MemoryMiB()
	}
	held := fmt.Sprintf("%s, %d Envoys %d MiB", p.control.Memory(), len(p.proxies), total)
	if p.node != nil {
		held += fmt.Sprintf(", ztunnel %d MiB", p.node.process.MemoryMiB())
	}
	return held
}

// IstiodLog is for a run that failed.
func (p *Plane) IstiodLog() string { return p.control.IstiodLog() }

func eventually(ctx context.Context, limit time.Duration, try func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
