package stubs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Pipelines answers the experiments API as Kubeflow Pipelines does: the real API server says by SubjectAccessReview
// whether the user may list.
func Pipelines(pod string, client kubernetes.Interface) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, namespace := r.Header.Get("kubeflow-userid"), r.FormValue("namespace")
		if user == "" {
			user = "system:anonymous"
		}
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: "list", Group: "pipelines.kubeflow.org", Version: "v1beta1", Resource: "experiments",
			}}}
		got, err := client.AuthorizationV1().SubjectAccessReviews().Create(r.Context(), review, metav1.CreateOptions{})
		if err != nil {
			reply(w, pod, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			return
		}
		if !got.Status.Allowed {
			reply(w, pod, http.StatusForbidden, map[string]any{"code": 7, // gRPC's PERMISSION_DENIED
				"error": fmt.Sprintf("PermissionDenied: User '%s' is not authorized to list experiments in namespace %s", user, namespace)})
			return
		}
		reply(w, pod, http.StatusOK, map[string]any{"total_size": 1,
			"experiments": []map[string]string{{"display_name": "Default", "namespace": namespace}}})
	})
}

// Caller sends a request as another pod.
type Caller func(ctx context.Context, method, path string, headers http.Header) (status int, body []byte, err error)

// PipelinesUI passes API calls on with the two headers that say who asks, under its own ServiceAccount.
func PipelinesUI(pod string, api Caller) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.RequestURI(), "/pipeline")
		if !strings.HasPrefix(path, "/apis/") {
			Echo(pod).ServeHTTP(w, r)
			return
		}
		headers := http.Header{}
		for _, name := range []string{"authorization", "kubeflow-userid"} {
			if v := r.Header.Get(name); v != "" {
				headers.Set(name, v)
			}
		}
		status, body, err := api(r.Context(), r.Method, path, headers)
		if err != nil {
			status, body = http.StatusBadGateway, []byte(err.Error())
		}
		w.Header().Set(ReachedHeader, pod)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

// KeyProxy plays `kubectl proxy` for the cluster's own keys, with the rights of its own ServiceAccount.
func KeyProxy(pod, apiServer string, roots *x509.CertPool, token func(context.Context) (string, error)) http.Handler {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/openid/v1/jwks" && r.URL.Path != "/.well-known/openid-configuration" { // as --accept-paths
			reply(w, pod, http.StatusForbidden, "Forbidden")
			return
		}
		bearer, err := token(r.Context())
		if err != nil {
			reply(w, pod, http.StatusBadGateway, err.Error())
			return
		}
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, apiServer+r.URL.Path, nil)
		if err != nil {
			reply(w, pod, http.StatusBadGateway, err.Error())
			return
		}
		req.Header.Set("authorization", "Bearer "+bearer)
		resp, err := client.Do(req)
		if err != nil {
			reply(w, pod, http.StatusBadGateway, err.Error())
			return
		}
		defer resp.Body.Close()
		w.Header().Set(ReachedHeader, pod)
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	})
}
