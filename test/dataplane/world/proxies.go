package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/credentials/insecure"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/envoy"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// proxyPod is an Envoy in place of the pod that istiod deploys for a Gateway.
type proxyPod struct {
	namespace, name, gateway string
	kind, ip, account        string
	labels                   map[string]string
	config                   map[string]any // of its annotation
	agent                    *agent.Agent
	process                  *envoy.Process
}

func (g *proxyPod) key() string { return g.namespace + "/" + g.gateway }

func (g *proxyPod) stop() {
	g.process.Stop()
	g.agent.Stop()
}

// kinds are what Istio's classes call themselves as a node.
var kinds = map[string]string{"istio": "router", "istio-waypoint": "waypoint"}

// followGateways runs an Envoy for each Gateway that istiod deploys, or that says that someone else has.
func (p *Plane) followGateways(ctx context.Context) error {
	wanted := map[string]bool{}
	for _, k := range slices.Sorted(maps.Keys(p.applied)) {
		o := p.applied[k]
		if o.GetKind() != "Gateway" || o.GroupVersionKind().Group != gatewayGroup {
			continue
		}
		class, _, _ := unstructured.NestedString(o.Object, "spec", "gatewayClassName")
		if kinds[class] == "" && p.Patience == 0 { // another class is not istiod's to deploy
			continue
		}
		at := o.GetNamespace() + "/" + o.GetName()
		wanted[at] = true
		if p.proxies[at] != nil {
			continue
		}
		if err := p.runProxy(ctx, o, cmp.Or(kinds[class], "router")); err != nil {
			return fmt.Errorf("Gateway %s: %w", at, err)
		}
	}
	for at, g := range p.proxies {
		if wanted[at] {
			continue
		}
		p.past = append(p.past, g.complaints()...)
		g.stop()
		if err := p.removeProxy(ctx, g); err != nil {
			return err
		}
		delete(p.proxies, at)
	}
	return nil
}

// removeProxy does what the garbage collector does: another Gateway of the name would find the Deployment.
func (p *Plane) removeProxy(ctx context.Context, g *proxyPod) error {
	if err := p.client.AppsV1().Deployments(g.namespace).Delete(ctx, g.name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return p.deletePod(ctx, g.namespace, g.name)
}

// deployed is the pod of a Gateway's proxy and its name: that of istiod's Deployment, or the one behind the Service that the Gateway has as its address.
func (p *Plane) deployed(ctx context.Context, gateway *kube.Object) (name string, pod corev1.PodTemplateSpec, err error) {
	if addresses, _, _ := unstructured.NestedSlice(gateway.Object, "spec", "addresses"); len(addresses) > 0 {
		return p.byHand(gateway.GetNamespace())
	}
	err = eventually(ctx, cmp.Or(p.Patience, 30*time.Second), func() error {
		found, err := p.client.AppsV1().Deployments(gateway.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: gatewayName + "=" + gateway.GetName()})
		if err == nil && len(found.Items) == 0 {
			return errNotDeployed
		}
		if err == nil {
			name, pod = found.Items[0].Name, found.Items[0].Spec.Template
		}
		return err
	})
	return name, pod, err
}

var errNotDeployed = errors.New("istiod has deployed nothing")

// byHand is the one proxy of a namespace that is in the world as a Pod.
func (p *Plane) byHand(namespace string) (string, corev1.PodTemplateSpec, error) {
	for _, o := range p.applied {
		if spec, ok, err := template(o); ok && err == nil && o.GetNamespace() == namespace && isProxy(spec) {
			return o.GetName(), spec, nil
		}
	}
	return "", corev1.PodTemplateSpec{}, errNotDeployed
}

func (p *Plane) runProxy(ctx context.Context, gateway *kube.Object, kind string) error {
	namespace := gateway.GetNamespace()
	name, pod, err := p.deployed(ctx, gateway)
	if errors.Is(err, errNotDeployed) && p.Patience != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	g := &proxyPod{
		namespace: namespace, name: name, gateway: gateway.GetName(), kind: kind, ip: p.freeAddress(2),
		account: pod.Spec.ServiceAccountName, labels: pod.Labels,
	}
	if err := yaml.Unmarshal([]byte(pod.Annotations["proxy.istio.io/config"]), &g.config); err != nil {
		return err
	}
	if pod.Labels["istio.io/dataplane-mode"] == "ambient" {
		return fmt.Errorf("it asks for ztunnel in front of itself, which nothing here can be")
	}
	if err := p.writePod(ctx, namespace, g.name, g.account, g.ip, g.labels, pod.Annotations); err != nil {
		return err
	}
	if err := p.startAgent(ctx, g); err != nil {
		return err
	}
	if err := p.startEnvoy(g); err != nil {
		return err
	}
	p.proxies[g.key()] = g
	return p.awaitReady(ctx, g)
}

func (p *Plane) startAgent(ctx context.Context, g *proxyPod) error {
	identity, err := p.Identity(ctx, g.namespace, g.account)
	if err != nil {
		return err
	}
	token, err := p.Token(ctx, g.namespace, g.account, "istio-ca")
	if err != nil {
		return err
	}
	istiod, err := agent.Dial(p.control.SecureGRPC(), token, p.root)
	if err != nil {
		return err
	}
	g.agent, err = agent.Start(g.key(), g.ip, identity, istiod, insecure.NewCredentials())
	return err
}

func (p *Plane) startEnvoy(g *proxyPod) error {
	// An address of its own: no client's port can be in the way.
	admin := "127.0.2" + g.ip[strings.LastIndex(g.ip, "."):] + ":15000"
	var err error
	g.process, err = envoy.Start(p.envoy, p.control.Dir(), envoy.Node{
		Kind: g.kind, Namespace: g.namespace, Name: g.name, ServiceAccount: g.account, IP: g.ip, Labels: g.labels,
		XDS: g.agent.Address, Admin: admin, Config: g.config,
	})
	return err
}

func (p *Plane) awaitReady(ctx context.Context, g *proxyPod) error {
	return eventually(ctx, 30*time.Second, func() error {
		switch {
		case g.process.Exited():
			return fmt.Errorf("Envoy has exited:\n%s", g.process.LastWords())
		case !g.process.Ready():
			return fmt.Errorf("Envoy is not ready:\n%s", g.process.LastWords())
		}
		return nil
	})
}

// Restart runs all proxies anew, with another Envoy or without some of the extensions.
func (p *Plane) Restart(ctx context.Context, binary envoy.Binary, leaveOut ...string) error {
	p.envoy = binary
	for _, g := range p.proxies {
		g.process.Stop()
		g.agent.LeaveOut(leaveOut...)
	}
	p.changed = time.Now()
	for _, g := range p.proxies {
		if err := p.startEnvoy(g); err != nil {
			return err
		}
	}
	for _, g := range p.proxies {
		if err := p.awaitReady(ctx, g); err != nil {
			return fmt.Errorf("Gateway %s: %w", g.key(), err)
		}
	}
	return p.Settle(ctx)
}

// Envoy is the one that runs.
func (p *Plane) Envoy() envoy.Binary { return p.envoy }

// Removed counts what the agents took out, by extension.
func (p *Plane) Removed() map[string]int {
	all := map[string]int{}
	for _, g := range p.proxies {
		for e, n := range g.agent.Seen().Removed {
			all[e] += n
		}
	}
	return all
}

// Complaints are what makes a run worthless: configuration that a proxy refused, an extension that nobody has looked at,
// a policy that the stand-in for ztunnel cannot decide.
func (p *Plane) Complaints() []string {
	all := append(p.Mesh.Failures(), p.past...)
	for _, g := range p.proxies {
		all = append(all, g.complaints()...)
	}
	if p.node != nil {
		all = append(all, p.node.relay.Seen().Refused...)
		if p.node.process.Exited() {
			all = append(all, "ztunnel has exited:\n"+p.node.process.LastWords())
		}
	}
	return all
}

// ForgetComplaints is for a test that provoked them.
func (p *Plane) ForgetComplaints() {
	p.past = nil
	for _, g := range p.proxies {
		g.agent.Forget()
	}
}

func (g *proxyPod) complaints() []string {
	seen := g.agent.Seen()
	all := seen.Refused
	for e := range seen.Kept {
		if !slices.Contains(agent.Kept, e) {
			all = append(all, g.key()+": unknown extension "+e)
		}
	}
	return all
}
