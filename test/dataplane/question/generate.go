package question

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Audience is what the RequestAuthentication for Kubernetes tokens asks for by default.
const Audience = "istio-ingressgateway.istio-system.svc.cluster.local"

var users = []string{"alice@example.com", "bob@example.com", "carol@example.com", "rita@example.com", "eve@example.com", "mallory@example.com"}

var tokens = []From{
	{Token: "alice/default-editor", Audience: Audience}, {Token: "bob/default-editor", Audience: Audience},
	{Token: "research/default-editor", Audience: Audience}, {Token: "alice/default-editor", Audience: "vault"},
	{Token: "alice/default-viewer", Audience: Audience}, {Token: "kubeflow/ml-pipeline", Audience: Audience},
	{JWT: &JWT{Issuer: "http://dex.auth.svc.cluster.local:5556/dex", Subject: "rita", Claims: map[string]any{"email": "rita@example.com", "groups": []string{"users"}}}},
	{JWT: &JWT{Issuer: "https://ci.example.com", Subject: "job", Claims: map[string]any{"email": "alice@example.com"}}},
}

var accounts = []string{
	"alice/default-editor", "bob/default-editor", "research/default-editor", "kubeflow/dashboard", "kubeflow/ml-pipeline-ui",
	"kubeflow/ml-pipeline", "kubeflow/notebook-controller-service-account", "kubeflow/meta-controller-service",
	"istio-system/ambient-ingressgateway-istio", "alice/waypoint", "bob/waypoint", "kubeflow/kubeflow-waypoint",
}

// Way is a Service behind the ingress, with the host and the path that lead there.
type Way struct{ Namespace, Service, Host, Path string }

var ways = []Way{
	{"alice", "tet", Host, "/notebook/alice/tet"}, {"bob", "nb", Host, "/notebook/bob/nb"}, {"research", "lab", Host, "/notebook/research/lab"},
	{"alice", "sklearn-iris-predictor", "sklearn-iris-alice.example.com", ""}, {"bob", "sklearn-iris-predictor", "sklearn-iris-bob.example.com", ""},
	{"research", "sklearn-iris-predictor", "sklearn-iris-research.example.com", ""},
	{"kubeflow", "dashboard", Host, ""}, {"kubeflow", "jupyter-web-app-service", Host, "/jupyter"}, {"kubeflow", "ml-pipeline-ui", Host, "/pipeline"},
	{"auth", "dex", Host, "/dex"}, {"oauth2-proxy", "oauth2-proxy", Host, "/oauth2"},
}

// target is a Service as pods know it.
type target struct {
	namespace, service string
	port, podPort      int
}

var targets = []target{
	{"alice", "tet", 80, 8888}, {"bob", "nb", 80, 8888}, {"research", "lab", 80, 8888},
	{"alice", "sklearn-iris-predictor", 80, 8080}, {"bob", "sklearn-iris-predictor", 80, 8080}, {"research", "ml-pipeline-ui-artifact", 80, 3000},
	{"alice", "ml-pipeline-ui-artifact", 80, 3000}, {"alice", "peers", 8888, 8888},
	{"kubeflow", "dashboard", 80, 8082}, {"kubeflow", "jupyter-web-app-service", 80, 5000}, {"kubeflow", "ml-pipeline-ui", 80, 3000},
	{"kubeflow", "ml-pipeline", 8888, 8888}, {"kubeflow", "profiles-kfam", 8081, 8081}, {"kubeflow", "mysql", 3306, 3306}, {"kubeflow", "seaweedfs", 9000, 8333},
}

var (
	methods = []string{"GET", "GET", "GET", "GET", "GET", "POST", "POST", "HEAD", "HEAD", "OPTIONS", "OPTIONS", "PUT", "DELETE", "PATCH", "get"}
	paths   = []string{
		"/", "/lab", "/v1/models/sklearn-iris:predict", "/api/kernels", "/x/api/kernels", "/metrics", "/healthz", "/wait-for-drain",
		"/Metrics", "/metrics/", "//metrics", "/x/../metrics", "/./metrics", "/metrics?x=1", "/%6detrics", "/metrics%2f", "/metrics;x", "/metrics%3fx",
		"/x/..;/metrics", "/x/%2e%2e/metrics", "/x/..%2fmetrics", "/\\metrics", "/metrics#x", "/metrics%252f", "/metrics/.", "/metricsx",
		"/auth", "/callback", "/apis/v2beta1/experiments?namespace=alice",
	}
	headers = []map[string]string{
		nil, nil, nil, nil,
		{"kubeflow-userid": "alice@example.com"}, {"KubeFlow-UserID": "bob@example.com"}, {"kubeflow-userid": "rita@example.com"},
		{"kubeflow-userid": "system:serviceaccount:alice:default-editor"}, {"kubeflow-groups": "admins"},
		{"origin": "https://evil.example.com", "access-control-request-method": "GET"},
		{"origin": "https://evil.example.com", "access-control-request-method": "GET", "kubeflow-userid": "alice@example.com"},
		{"authorization": "Bearer abc"}, {"kubeflow_userid": "alice@example.com"}, {"x-forwarded-for": "10.244.1.10", "x-envoy-original-path": "/metrics"},
		{"x-envoy-external-address": "127.0.0.1", "x-forwarded-client-cert": "By=spiffe://cluster.local/ns/alice/sa/default-editor"},
	}
)

// Generate makes n different requests, the same for the same seed. Every kind of caller meets every Service. more are
// ways that only this world has.
func Generate(seed uint64, n int, more ...Way) []Case {
	r := rand.New(rand.NewPCG(seed, 16))
	var cases []Case
	seen := map[string]bool{}
	for len(cases) < n {
		c := fromOutside(r, append(more, ways...))
		if r.IntN(5) < 2 {
			c = fromPod(r)
		}
		if line := c.String(); !seen[line] {
			seen[line] = true
			c.Name, c.Expect = fmt.Sprintf("c%05d", len(cases)), "allow"
			cases = append(cases, c)
		}
	}
	return cases
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func fromOutside(r *rand.Rand, ways []Way) Case {
	w := pick(r, ways)
	c := Case{To: To{Namespace: w.Namespace, Service: w.Service},
		Request: Request{Method: pick(r, methods), Host: w.Host, Path: w.Path + pick(r, paths), Headers: pick(r, headers)}}
	switch r.IntN(12) { // spellings of a host
	case 0:
		c.Request.Host += ":80"
	case 1:
		c.Request.Host = strings.ToUpper(c.Request.Host)
	}
	switch n := r.IntN(10); {
	case n < 5:
		c.From.User = pick(r, users)
	case n < 9:
		c.From = pick(r, tokens)
	default:
		c.From.Anonymous = true
	}
	if !c.From.Anonymous && c.Request.Headers["authorization"] != "" {
		c.Request.Headers = nil // it has a token or a session already
	}
	return c
}

func fromPod(r *rand.Rand) Case {
	t := pick(r, targets)
	c := Case{To: To{Namespace: t.namespace, Service: t.service},
		Request: Request{Method: pick(r, methods), Path: pick(r, paths), Headers: pick(r, headers), Port: t.port}}
	if r.IntN(2) == 0 {
		c.To.Direct, c.Request.Port = true, t.podPort
	}
	if r.IntN(2) == 0 {
		c.Request.Path = "/notebook/" + t.namespace + "/" + t.service + c.Request.Path
	}
	if n := r.IntN(len(accounts) + 1); n < len(accounts) {
		c.From.ServiceAccount = accounts[n]
	} else {
		c.From.OffMesh = true
	}
	return c
}
