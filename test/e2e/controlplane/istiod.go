package controlplane

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

const (
	istioSystem = "istio-system"
	manager     = "e2e-harness"
)

// notApplied lists what of Istio's chart has no part here.
var notApplied = []string{
	"Deployment",                   // istiod runs as our child
	"HorizontalPodAutoscaler",      // of that Deployment
	"PodDisruptionBudget",          // of that Deployment
	"MutatingWebhookConfiguration", // sidecar injection: there are no pods
	"Service",                      // replaced by the ExternalName below
}

// installIstio applies the CRDs and the chart: the ConfigMaps hold the mesh config and the waypoint template,
// the RBAC is what istiod gets along with in a cluster, and the validating webhook is pointed at our istiod.
func (cp *ControlPlane) installIstio(ctx context.Context) error {
	client, err := kube.NewClient(cp.Admin)
	if err != nil {
		return err
	}
	objects := append(slices.Clone(cp.definitions), object("v1", "Namespace", "", istioSystem, nil))
	for _, f := range []string{"gateway-api-crds.yaml", "istio.yaml"} {
		more, err := kube.ReadFile(cp.bin.path(f))
		if err != nil {
			return err
		}
		objects = append(objects, slices.DeleteFunc(more, func(o *kube.Object) bool {
			return slices.Contains(notApplied, o.GetKind())
		})...)
	}
	// The API server itself resolves a webhook's Service; ExternalName is the one type that may point at loopback.
	objects = append(objects, object("v1", "Service", istioSystem, "istiod",
		map[string]any{"type": "ExternalName", "externalName": "localhost"}))
	ports, err := freePorts(5)
	if err != nil {
		return err
	}
	cp.istiodPorts = ports
	for _, o := range kube.InstallOrder(objects) {
		if o.GetKind() == "ValidatingWebhookConfiguration" {
			pointWebhookAt(o, int64(cp.httpsPort()))
		}
		if err := eventually(ctx, 20*time.Second, func() error {
			_, err := client.Apply(ctx, manager, true, o)
			return err
		}); err != nil {
			return fmt.Errorf("apply %s: %w", kube.Name(o), err)
		}
	}
	return nil
}

// pointWebhookAt: Service port 443 has no kube-proxy to translate it. The chart's webhook selects objects that name a
// revision; istioctl adds a twin (istiod-default-validator) for all others, so without the selector this one is both.
func pointWebhookAt(o *kube.Object, port int64) {
	hooks, _, _ := unstructured.NestedSlice(o.Object, "webhooks")
	for _, h := range hooks {
		hook := h.(map[string]any)
		delete(hook, "objectSelector")
		_ = unstructured.SetNestedField(hook, port, "clientConfig", "service", "port")
	}
	_ = unstructured.SetNestedSlice(o.Object, hooks, "webhooks")
}

func (cp *ControlPlane) httpPort() int  { return cp.istiodPorts[0] }
func (cp *ControlPlane) httpsPort() int { return cp.istiodPorts[1] }

func (cp *ControlPlane) startIstiod(ctx context.Context) error {
	if err := cp.writeIstiodKubeconfig(ctx); err != nil {
		return err
	}
	env, err := cp.chartEnv()
	if err != nil {
		return err
	}
	env = append(env, cp.istiodEnv...)
	address := func(i int) string { return "127.0.0.1:" + strconv.Itoa(cp.istiodPorts[i]) }
	cp.istiod, err = start(cp.dir, "istiod", env, cp.bin.path("pilot-discovery"), "discovery",
		"--kubeconfig="+filepath.Join(cp.dir, "istiod.kubeconfig"),
		"--httpAddr="+address(0), "--httpsAddr="+address(1), "--grpcAddr="+address(2),
		"--secureGRPCAddr="+address(3), "--monitoringAddr="+address(4), "--ctrlz_port=0",
		"--shutdownDuration=0s",
	)
	if err != nil {
		return err
	}
	cp.DebugURL = local("http", cp.httpPort()) + "/debug/"
	if err := cp.istiod.await(ctx, time.Minute, func() error { return get(local("http", cp.httpPort()) + "/ready") }); err != nil {
		return err
	}
	return cp.istiod.await(ctx, time.Minute, func() error { return cp.webhookRefuses(ctx) })
}

// webhookRefuses proves that Istio's validation is on: CUSTOM without a provider passes the CRD's schema, not the webhook.
func (cp *ControlPlane) webhookRefuses(ctx context.Context) error {
	client, err := kube.NewClient(cp.Admin)
	if err != nil {
		return err
	}
	invalid := object("security.istio.io/v1", "AuthorizationPolicy", istioSystem, "webhook-probe",
		map[string]any{"action": "CUSTOM", "rules": []any{map[string]any{}}})
	_, err = client.DryRun(ctx, manager, invalid)
	switch {
	case err == nil:
		return errors.New("the validating webhook lets an invalid policy pass")
	case apierrors.IsInternalError(err): // "failed calling webhook"
		return err
	case strings.Contains(err.Error(), "denied the request"):
		return nil
	}
	return err
}

// writeIstiodKubeconfig gives istiod its own ServiceAccount: as admin it would not notice a missing right.
func (cp *ControlPlane) writeIstiodKubeconfig(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(cp.Admin)
	if err != nil {
		return err
	}
	day := int64(24 * 60 * 60)
	token, err := client.CoreV1().ServiceAccounts(istioSystem).CreateToken(ctx, "istiod",
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &day}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("token for istiod: %w", err)
	}
	return clientcmd.WriteToFile(kubeconfig(cp.Admin, token.Status.Token), filepath.Join(cp.dir, "istiod.kubeconfig"))
}

func kubeconfig(c *rest.Config, token string) clientcmdapi.Config {
	return clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"e2e": {Server: c.Host, CertificateAuthority: c.CAFile}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"e2e": {Token: token}},
		Contexts:       map[string]*clientcmdapi.Context{"e2e": {Cluster: "e2e", AuthInfo: "e2e"}},
		CurrentContext: "e2e",
	}
}

// chartEnv is the environment that the chart's ambient profile gives istiod, PILOT_ENABLE_AMBIENT among it.
func (cp *ControlPlane) chartEnv() ([]string, error) {
	objects, err := kube.ReadFile(cp.bin.path("istio.yaml"))
	if err != nil {
		return nil, err
	}
	env := []string{"POD_NAME=istiod-e2e", "POD_NAMESPACE=" + istioSystem, "SERVICE_ACCOUNT=istiod", "HOME=" + cp.dir}
	for _, o := range objects {
		if o.GetKind() != "Deployment" || o.GetName() != "istiod" {
			continue
		}
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
		vars, _, _ := unstructured.NestedSlice(containers[0].(map[string]any), "env")
		for _, v := range vars {
			v := v.(map[string]any)
			// KUBECONFIG is a path in the container; without a value it is a field reference, given above.
			if value, ok := v["value"].(string); ok && v["name"] != "KUBECONFIG" {
				env = append(env, fmt.Sprintf("%s=%s", v["name"], value))
			}
		}
	}
	if !slices.Contains(env, "PILOT_ENABLE_AMBIENT=true") {
		return nil, fmt.Errorf("the chart does not turn ambient on: %q", env)
	}
	return env, nil
}

func object(apiVersion, kind, namespace, name string, spec map[string]any) *kube.Object {
	o := &kube.Object{Object: map[string]any{"apiVersion": apiVersion, "kind": kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	if spec != nil {
		o.Object["spec"] = spec
	}
	return o
}

// eventually repeats what fails while CRDs become established.
func eventually(ctx context.Context, limit time.Duration, try func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := try()
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
