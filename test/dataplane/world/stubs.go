package world

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/stubs"
)

// handler is the application of a workload: a stub for those that take part in a decision, an echo for all others.
func (p *Plane) handler(o *pod) http.Handler {
	switch o.key() {
	case "auth/dex":
		return p.Issuer
	case "oauth2-proxy/oauth2-proxy":
		return p.Issuer.Login(o.key())
	case "istio-system/cluster-jwks-proxy":
		roots := x509.NewCertPool()
		if pem, err := os.ReadFile(p.control.Admin.CAFile); err == nil {
			roots.AppendCertsFromPEM(pem)
		}
		return stubs.KeyProxy(o.key(), p.control.Admin.Host, roots, func(ctx context.Context) (string, error) {
			return p.Token(ctx, "istio-system", "cluster-jwks-proxy", "")
		})
	case "kubeflow/ml-pipeline":
		return stubs.Pipelines(o.key(), p.client)
	case "kubeflow/ml-pipeline-ui":
		return stubs.PipelinesUI(o.key(), func(ctx context.Context, method, path string, headers http.Header) (int, []byte, error) {
			a, err := p.FromPod(ctx, "kubeflow/ml-pipeline-ui", "kubeflow/ml-pipeline:8888", Request{Method: method, Path: path, Headers: headers})
			return a.Status, a.Body, err
		})
	}
	return stubs.Echo(o.key())
}

// serveNames is an HTTP proxy that finds a Service's pod by its name in the cluster.
func (p *Plane) serveNames() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := p.named(r.URL.Hostname()); h != nil {
				h.ServeHTTP(w, r)
				return
			}
			http.Error(w, "no such host", http.StatusBadGateway)
		}))
	}()
	return l.Addr().String(), nil
}

func (p *Plane) named(host string) http.Handler {
	p.namesMu.Lock()
	defer p.namesMu.Unlock()
	if issuer := p.Others[host]; issuer != nil {
		return issuer
	}
	return p.names[host]
}

// followNames lets istiod find the Services of the present world.
func (p *Plane) followNames(context.Context) error {
	names := map[string]http.Handler{}
	for _, o := range p.applied {
		selector, _, _ := unstructured.NestedStringMap(o.Object, "spec", "selector")
		if o.GetKind() != "Service" || len(selector) == 0 {
			continue
		}
		for _, q := range p.pods {
			if q.namespace == o.GetNamespace() && labels.SelectorFromSet(selector).Matches(labels.Set(q.spec.Labels)) {
				names[strings.Join([]string{o.GetName(), o.GetNamespace(), "svc", "cluster", "local"}, ".")] = q.app.Handler
			}
		}
	}
	p.namesMu.Lock()
	defer p.namesMu.Unlock()
	p.names = names
	return nil
}

// IssuerOf finds who signs for an issuer; nobody trusts the key of one that is not there.
func (p *Plane) IssuerOf(issuer string) *stubs.Issuer {
	if issuer == p.Issuer.URL {
		return p.Issuer
	}
	p.namesMu.Lock()
	defer p.namesMu.Unlock()
	for _, o := range p.Others {
		if o.URL == issuer {
			return o
		}
	}
	o, err := stubs.NewIssuer("nobody", issuer)
	if err != nil {
		panic(err) // no randomness
	}
	p.Others["unknown:"+issuer] = o
	return o
}

// AddIssuer lets istiod reach a further issuer at a host name.
func (p *Plane) AddIssuer(host, issuer string) (*stubs.Issuer, error) {
	o, err := stubs.NewIssuer(host, issuer)
	if err != nil {
		return nil, err
	}
	p.namesMu.Lock()
	defer p.namesMu.Unlock()
	p.Others[host] = o
	return o, nil
}

// Workloads are those of a namespace whose pods have such labels.
func (p *Plane) Workloads(namespace string, selector labels.Selector) map[string]bool {
	found := map[string]bool{}
	for at, o := range p.pods {
		if o.namespace == namespace && selector.Matches(labels.Set(o.spec.Labels)) {
			found[at] = true
		}
	}
	for at, g := range p.proxies {
		if g.namespace == namespace && selector.Matches(labels.Set(g.labels)) {
			found[at] = true
		}
	}
	return found
}
