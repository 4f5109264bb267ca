package question

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/stubs"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

const (
	// Ingress is where everybody outside of the cluster comes in.
	Ingress = "istio-system/ambient-ingressgateway"
	// Host is what they call it, unless a case says otherwise.
	Host = "kubeflow.example.com"
)

// Asker asks real proxies in one world.
type Asker struct {
	plane  *world.Plane
	world  []*kube.Object
	tokens map[string]string

	// Ingress is where everybody outside of the cluster comes in, as namespace/name.
	Ingress string
	// Listeners are the objects in which a listener's port is looked up; the world's, unless they are set.
	Listeners []*kube.Object
	// ByPods has a client be in the mesh as istiod says of the pods of its account, and not only as its namespace says.
	ByPods bool
}

// NewAsker is for the world that the plane has become.
func NewAsker(plane *world.Plane, objects []*kube.Object) *Asker {
	return &Asker{plane: plane, world: objects, tokens: map[string]string{}, Ingress: Ingress, Listeners: objects}
}

// AwaitLogin waits until a session of alice's reaches the dashboard: istiod has fetched the keys.
func AwaitLogin(ctx context.Context, plane *world.Plane) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		got, err := plane.FromOutside(ctx, Ingress, 80, world.Request{Host: Host, Path: "/", Headers: http.Header{"Cookie": {"session=alice@example.com"}}})
		if err == nil && got.Status == http.StatusOK {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("no login works: %d %w", got.Status, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Real is the verdict of the proxies, with what was answered.
func (a *Asker) Real(ctx context.Context, c Case) (verdict, said string, err error) {
	got, err := a.send(ctx, c)
	said = strconv.Itoa(got.Status)
	if err != nil { // a connection that is closed, or a tunnel that is not opened
		said = err.Error()
	}
	targets, unknown := a.targets(c.To)
	if unknown != nil {
		return "", "", unknown
	}
	if err == nil && got.Reached != "" {
		said += " from " + got.Reached
	}
	if err == nil && targets[got.Reached] {
		return "allow", said, nil
	}
	return "deny", said, nil
}

func (a *Asker) send(ctx context.Context, c Case) (world.Answer, error) {
	r := world.Request{Method: c.Request.Method, Host: c.Request.Host, Path: c.Request.Path, Headers: http.Header{}}
	for name, v := range c.Request.Headers {
		r.Headers[name] = []string{v}
	}
	if c.From.throughIngress() {
		if err := a.credentials(ctx, c.From, r.Headers); err != nil {
			return world.Answer{}, err
		}
		if r.Host == "" {
			r.Host = Host
		}
		port := c.Request.Port
		if port == 0 || !c.To.Direct {
			port = 80
		}
		if name := c.Request.Listener; name != "" {
			var err error
			if port, r.TLS, err = a.listener(name); err != nil {
				return world.Answer{}, err
			}
		}
		return a.plane.FromOutside(ctx, a.Ingress, port, r)
	}
	to, err := a.address(c)
	if err != nil {
		return world.Answer{}, err
	}
	account := c.From.ServiceAccount
	namespace, name, _ := strings.Cut(account, "/")
	in := a.inMesh(namespace)
	if pods, captured := a.plane.Mesh.Account(namespace, name); a.ByPods && pods {
		in = captured
	}
	if !in {
		account = "" // no ztunnel speaks for that pod
	}
	return a.plane.FromPod(ctx, account, to, r)
}

// listener finds the port of a listener, and whether it takes TLS. One name means one listener here.
func (a *Asker) listener(name string) (port int, byTLS bool, err error) {
	for _, o := range a.Listeners {
		all, _, _ := unstructured.NestedSlice(o.Object, "spec", "listeners")
		for _, l := range all {
			if l, _ := l.(map[string]any); l["name"] == name {
				n, _ := l["port"].(int64)
				return int(n), l["protocol"] == "HTTPS" || l["protocol"] == "TLS", nil
			}
		}
	}
	return 0, false, fmt.Errorf("no listener %s", name)
}

// inMesh: a pod of the account would be captured.
func (a *Asker) inMesh(namespace string) bool {
	for _, o := range a.world {
		if o.GetKind() == "Namespace" && o.GetName() == namespace {
			return o.GetLabels()["istio.io/dataplane-mode"] == "ambient"
		}
	}
	return false
}

// credentials adds what such a client carries: a browser its cookie, a program its token.
func (a *Asker) credentials(ctx context.Context, f From, h http.Header) error {
	switch {
	case f.User != "":
		h.Set("Cookie", stubs.SessionCookie+"="+f.User)
	case f.Token != "":
		key := f.Token + " " + f.Audience
		if a.tokens[key] == "" {
			namespace, account, err := split(f.Token)
			if err != nil {
				return err
			}
			if a.tokens[key], err = a.plane.Token(ctx, namespace, account, f.Audience); err != nil {
				return err
			}
		}
		h.Set("Authorization", "Bearer "+a.tokens[key])
	case f.JWT != nil:
		h.Set("Authorization", "Bearer "+a.Sign(*f.JWT))
	}
	return nil
}

// Sign makes a token as a case describes it. An issuer that nobody knows has a key that nobody trusts.
func (a *Asker) Sign(j JWT) string {
	issuer := a.plane.IssuerOf(j.Issuer)
	now := time.Now().Unix()
	claims := stubs.Claims{"iss": j.Issuer, "sub": j.Subject, "iat": now, "exp": now + 3600}
	if len(j.Audiences) > 0 {
		claims["aud"] = j.Audiences
	}
	for k, v := range j.Claims {
		claims[k] = v
	}
	return issuer.Sign(claims)
}

// address is namespace/service:port, or a pod's own address.
func (a *Asker) address(c Case) (string, error) {
	port := c.Request.Port
	if port == 0 {
		port = 80
	}
	if c.To.Service != "" && !c.To.Direct {
		return fmt.Sprintf("%s/%s:%d", c.To.Namespace, c.To.Service, port), nil
	}
	targets, err := a.targets(c.To)
	if err != nil {
		return "", err
	}
	for t := range targets {
		if ip := a.plane.Address(t); ip != "" {
			return fmt.Sprintf("%s:%d", ip, port), nil
		}
	}
	return "", fmt.Errorf("no pod of %v runs", c.To)
}

// targets are the workloads that a case means.
func (a *Asker) targets(to To) (map[string]bool, error) {
	selector := to.Pod
	if to.Service != "" {
		for _, o := range a.world {
			if o.GetKind() == "Service" && o.GetNamespace() == to.Namespace && o.GetName() == to.Service {
				selector, _, _ = unstructured.NestedStringMap(o.Object, "spec", "selector")
			}
		}
	}
	if len(selector) == 0 {
		return nil, fmt.Errorf("%s/%s selects nothing", to.Namespace, to.Service)
	}
	return a.plane.Workloads(to.Namespace, labels.SelectorFromSet(selector)), nil
}
