package access

import (
	"strings"
	"testing"
)

const audienceIngress = "istio-ingressgateway.istio-system.svc.cluster.local"

// The access table of the design for two tenants, way by way.
func TestAccessTable(t *testing.T) {
	notebook := To{Namespace: "alice", Service: "tet"}
	lab := "/notebook/alice/tet/lab"
	user := func(name string) From { return From{User: name} }
	pod := func(account string) From { return From{ServiceAccount: account} }
	asUser := func(name string) map[string]string { return map[string]string{"Kubeflow-UserID": name} }
	w := load(t, tenants(t))
	for _, c := range []struct {
		name string
		r    Request
		want Outcome
	}{
		{"owner opens her notebook", Request{From: user("alice@example.com"), To: notebook, Path: lab}, Allow},
		{"owner in other case", Request{From: user("Alice@example.com"), To: notebook, Path: lab}, Deny},
		{"bob cannot open it", Request{From: user("bob@example.com"), To: notebook, Path: lab}, Deny},
		{"anonymous cannot", Request{From: From{Anonymous: true}, To: notebook, Path: lab}, Deny},
		{"a spoofed header is stripped", Request{From: From{Anonymous: true}, To: notebook, Path: lab, Headers: asUser("alice@example.com")}, Deny},
		{"a user's spoofed header is replaced", Request{From: user("bob@example.com"), To: notebook, Path: lab, Headers: asUser("alice@example.com")}, Deny},
		{"a session whose e-mail is an account", Request{From: user("system:serviceaccount:alice:default-editor"), To: notebook, Path: lab}, Deny},
		{"a session whose e-mail ends in a blank", Request{From: user("alice@example.com "), To: notebook, Path: lab}, Deny},
		{"a preflight with a spoofed header", Request{From: From{Anonymous: true}, To: notebook, Path: lab, Method: "OPTIONS",
			Headers: map[string]string{"kubeflow-userid": "alice@example.com", "Origin": "https://x", "Access-Control-Request-Method": "GET"}}, Deny},

		{"token of the editor", Request{From: From{Token: "alice/default-editor", Audience: audienceIngress}, To: notebook, Path: lab}, Allow},
		{"token of another account of hers", Request{From: From{Token: "alice/default-viewer", Audience: audienceIngress}, To: notebook, Path: lab}, Deny},
		{"token of bob's editor", Request{From: From{Token: "bob/default-editor", Audience: audienceIngress}, To: notebook, Path: lab}, Deny},
		{"token without audience", Request{From: From{Token: "alice/default-editor"}, To: notebook, Path: lab}, Deny},
		{"token with a wrong audience", Request{From: From{Token: "alice/default-editor", Audience: "https://kubernetes.default.svc"}, To: notebook, Path: lab}, Deny},
		{"a made up bearer token", Request{From: From{Anonymous: true}, To: notebook, Path: lab, Headers: map[string]string{"Authorization": "Bearer x"}}, Deny},

		{"same namespace by Service", Request{From: pod("alice/default-editor"), To: notebook, Method: "POST", Path: "/x"}, Allow},
		{"same namespace by pod IP", Request{From: pod("alice/default-editor"), To: To{Namespace: "alice", Service: "tet", Direct: true}}, Allow},
		{"same namespace headless", Request{From: pod("alice/default-editor"), To: To{Namespace: "alice", Service: "train-master-0"}, TCP: true}, Allow},
		{"same namespace TCP by Service", Request{From: pod("alice/default-editor"), To: To{Namespace: "alice", Service: "ml-pipeline-visualizationserver"}}, Allow},
		{"another namespace by Service", Request{From: pod("bob/default-editor"), To: notebook, Path: "/x"}, Deny},
		{"another namespace by pod IP", Request{From: pod("bob/default-editor"), To: To{Namespace: "alice", Pod: map[string]string{"statefulset": "tet"}}}, Deny},
		{"another namespace headless", Request{From: pod("bob/default-editor"), To: To{Namespace: "alice", Service: "train-master-0"}, TCP: true}, Deny},
		{"another namespace with a spoofed header", Request{From: pod("bob/default-editor"), To: notebook, Headers: asUser("alice@example.com")}, Deny},
		{"off the mesh by Service", Request{From: From{OffMesh: true}, To: notebook}, Deny},
		{"off the mesh by pod IP", Request{From: From{OffMesh: true}, To: To{Namespace: "alice", Service: "tet", Direct: true}}, Deny},

		{"open path by GET", Request{From: pod("bob/default-editor"), To: notebook, Path: "/metrics"}, Allow},
		{"open path by HEAD", Request{From: pod("bob/default-editor"), To: notebook, Method: "HEAD", Path: "/healthz?x=1"}, Allow},
		{"open path by POST", Request{From: pod("bob/default-editor"), To: notebook, Method: "POST", Path: "/metrics"}, Deny},
		{"open path by detour", Request{From: pod("bob/default-editor"), To: notebook, Path: "/secret/..%2f../metrics"}, Deny},
		{"what looks like an open path", Request{From: pod("bob/default-editor"), To: notebook, Path: "/metrics/x"}, Deny},
		{"open path by any user through the ingress", Request{From: user("bob@example.com"), To: notebook, Path: "/notebook/alice/tet/metrics"}, Deny},

		{"notebook controller GET", Request{From: pod("kubeflow/notebook-controller-service-account"), To: notebook, Path: "/notebook/alice/tet/api/kernels"}, Allow},
		{"notebook controller POST", Request{From: pod("kubeflow/notebook-controller-service-account"), To: notebook, Method: "POST", Path: "/notebook/alice/tet/api/kernels"}, Deny},
		{"notebook controller deeper", Request{From: pod("kubeflow/notebook-controller-service-account"), To: notebook, Path: "/notebook/alice/a/b/api/kernels"}, Deny},
		{"pipelines UI with the header", Request{From: pod("kubeflow/ml-pipeline-ui"), To: notebook, Headers: asUser("alice@example.com")}, Allow},
		{"pipelines UI without it", Request{From: pod("kubeflow/ml-pipeline-ui"), To: notebook}, Deny},
		{"pipelines UI with bob's", Request{From: pod("kubeflow/ml-pipeline-ui"), To: notebook, Headers: asUser("bob@example.com")}, Deny},
		{"pipelines API to the visualization server", Request{From: pod("kubeflow/ml-pipeline"), To: To{Namespace: "alice", Service: "ml-pipeline-visualizationserver"}}, Allow},
		{"pipelines API to a notebook", Request{From: pod("kubeflow/ml-pipeline"), To: notebook}, Deny},
		{"monitoring on its port", Request{From: pod("monitoring/prometheus"), To: To{Namespace: "alice", Service: "tet", Direct: true}, Port: 9090}, Allow},
		{"monitoring on another", Request{From: pod("monitoring/prometheus"), To: To{Namespace: "alice", Service: "tet", Direct: true}, Port: 8888}, Deny},
	} {
		t.Run(c.name, func(t *testing.T) { decides(t, w, c.r, c.want) })
	}
}

// What the policy against forged identities is for: a blank that the next hop trims away.
func TestBlanksAreTrimmedOnTheWay(t *testing.T) {
	text := tenants(t)
	at := strings.Index(text, "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: ambient-ingressgateway-no-forged-identity")
	end := strings.Index(text, "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: alice")
	r := Request{From: From{User: "alice@example.com "}, To: To{Namespace: "alice", Service: "tet"}, Path: "/notebook/alice/tet/lab"}
	decides(t, load(t, text[:at]+text[end:]), r, Allow)
	if v := decides(t, load(t, text), r, Deny); v.Policy != "istio-system/ambient-ingressgateway-no-forged-identity" || v.Rule != 0 {
		t.Error(v.By())
	}
}

func decides(t *testing.T, w *World, r Request, want Outcome) Verdict {
	t.Helper()
	v := w.Decide(r)
	if v.Outcome != want {
		t.Errorf("%s -> %s: %v, want %v: %s\n%v", r.From, join(r.To.Namespace, r.To.Service), v.Outcome, want, v.By(), v.Steps)
	}
	return v
}
