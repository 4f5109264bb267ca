package world

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/credentials/insecure"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/envoy"
)

// proxyPod is an Envoy in place of the pod that istiod deploys for a Gateway.
type proxyPod struct {
	namespace, name, gateway string
	kind, ip, account        string
	labels                   map[string]string
	agent                    *agent.Agent
	process                  *envoy.Process
}

func (g *proxyPod) key() string { return g.namespace + "/" + g.gateway }

func (g *proxyPod) stop() {
	g.process.Stop()
	g.agent.Stop()
}

// kinds are what Istio's classes call themselves as a node; another class is not istiod's to deploy.
var kinds = map[string]string{"istio": "router", "istio-waypoint": "waypoint"}

// followGateways runs an Envoy for each Gateway that istiod deploys.
func (p *Plane) followGateways(ctx context.Context) error {
	wanted := map[string]bool{}
	for _, k := range slices.Sorted(maps.Keys(p.applied)) {
		o := p.applied[k]
		class, _, _ := unstructured.NestedString(o.Object, "spec", "gatewayClassName")
		if o.GetKind() != "Gateway" || kinds[class] == "" {
			continue
		}
		at := o.GetNamespace() + "/" + o.GetName()
		wanted[at] = true
		if p.proxies[at] != nil {
			continue
		}
		if err := p.runProxy(ctx, o.GetNamespace(), o.GetName(), kinds[class]); err != nil {
			return fmt.Errorf("Gateway %s: %w", at, err)
		}
	}
	for at, g := range p.proxies {
		if !wanted[at] {
			p.past = append(p.past, g.complaints()...)
			g.stop()
			if err := p.deletePod(ctx, g.namespace, g.name); err != nil {
				return err
			}
			delete(p.proxies, at)
		}
	}
	return nil
}

func (p *Plane) runProxy(ctx context.Context, namespace, gateway, kind string) error {
	var deployed *appsv1.Deployment
	if err := eventually(ctx, 30*time.Second, func() error {
		found, err := p.client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{LabelSelector: gatewayName + "=" + gateway})
		if err == nil && len(found.Items) == 0 {
			return fmt.Errorf("istiod has deployed nothing")
		}
		if err == nil {
			deployed = &found.Items[0]
		}
		return err
	}); err != nil {
		return err
	}
	pod := deployed.Spec.Template
	g := &proxyPod{
		namespace: namespace, name: deployed.Name, gateway: gateway, kind: kind, ip: p.freeAddress(2),
		account: pod.Spec.ServiceAccountName, labels: pod.Labels,
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
		XDS: g.agent.Address, Admin: admin,
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
