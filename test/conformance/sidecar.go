package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	charts "istio.io/istio/manifests"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/plugin/authz"
	"istio.io/istio/pilot/pkg/networking/util"
	"istio.io/istio/pkg/config/mesh/meshwatcher"
	"istio.io/istio/pkg/kube/inject"
	"istio.io/istio/pkg/test"
)

// sidecarVerdict answers for a client or a pod with a sidecar.
func sidecarVerdict(t test.Failer, istiod *controlPlane, text string, from judgedFrom, to judgedTo, request map[string]any) (string, error) {
	c, err := parse(text)
	if err != nil {
		return "", err
	}
	if len(c.invalid)+len(c.refused) > 0 { // istiod's webhook refuses it
		return "refused", nil
	}
	if err := istiod.capture.running(c); err != nil {
		return "", err
	}
	namespace, account, _ := strings.Cut(from.ServiceAccount, "/")
	peer := &Peer{Namespace: namespace, ServiceAccount: account}
	if to.Service == "" {
		port, _ := request["port"].(float64)
		return atSidecar(istiod, c, peer, to, int(port))
	}
	client, err := onlyPod(c, namespace, func(pod *corev1.Pod) bool { return pod.Spec.ServiceAccountName == account })
	if err != nil {
		return "", err
	}
	if v, err := istiod.capture.ask(c, Case{Namespace: namespace, Name: client.Name}); err != nil || v.Got != "sidecar" {
		return "", fmt.Errorf("the client has no sidecar: %s %w", v.Got, err)
	}
	routes, err := routingOf(t, c)
	if err != nil {
		return "", err
	}
	knows, err := routes.sidecarKnows(client, hostOf(to.Service, to.Namespace))
	if err != nil {
		return "", err
	}
	if !knows {
		peer = nil // the sidecar passes the connection on as it is
	}
	pod, err := onlyPod(c, to.Namespace, func(*corev1.Pod) bool { return true })
	if err != nil {
		return "", err
	}
	index, err := indexOf(t, c)
	if err != nil {
		return "", err
	}
	v, err := askZtunnel(index, Case{Namespace: pod.Namespace, Name: pod.Name, Request: Request{From: peer, IP: client.Status.PodIP, DestIP: pod.Status.PodIP, Port: 8080}})
	return v.Got, err
}

func onlyPod(c *manifests, namespace string, is func(*corev1.Pod) bool) (found *corev1.Pod, err error) {
	for _, key := range sortedKeys(c.pods) {
		if pod := c.pods[key]; pod.Namespace == namespace && is(pod) {
			if found != nil {
				return nil, fmt.Errorf("%s has two such pods", namespace)
			}
			found = pod
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%s has no such pod", namespace)
	}
	return found, nil
}

// sidecarKnows reports whether istiod gives the sidecar of a pod a cluster for port 80 of a host, by which it may speak mTLS. What it has no
// cluster for goes through the PassthroughCluster, which must be plain.
func (r *routing) sidecarKnows(pod *corev1.Pod, host string) (bool, error) {
	node := r.server.SetupProxy(&model.Proxy{
		Type: model.SidecarProxy, ID: pod.Name + "." + pod.Namespace, ConfigNamespace: pod.Namespace, Labels: pod.Labels, IPAddresses: []string{pod.Status.PodIP},
		Metadata: &model.NodeMetadata{IstioVersion: r.version, Namespace: pod.Namespace, Labels: pod.Labels, ClusterID: "Kubernetes"},
	})
	knows, passes := false, false
	for _, cluster := range r.server.Clusters(node) {
		secured := cluster.TransportSocket != nil || len(cluster.TransportSocketMatches) > 0
		switch cluster.Name {
		case "outbound|80||" + host:
			if !secured {
				return false, fmt.Errorf("%s is plain", cluster.Name)
			}
			knows = true
		case util.PassthroughCluster:
			if secured {
				return false, fmt.Errorf("%s is not plain", cluster.Name)
			}
			passes = true
		}
	}
	if !passes {
		return false, fmt.Errorf("the sidecar of %s/%s has no %s", pod.Namespace, pod.Name, util.PassthroughCluster)
	}
	return knows, nil
}

// atSidecar judges a connection to a pod with a sidecar: by istiod's policies, unless the port is one of those that istio-init leads past Envoy.
func atSidecar(istiod *controlPlane, c *manifests, peer *Peer, to judgedTo, port int) (string, error) {
	pod, err := onlyPod(c, to.Namespace, func(pod *corev1.Pod) bool { return labels.SelectorFromSet(to.Pod).Matches(labels.Set(pod.Labels)) })
	if err != nil {
		return "", err
	}
	past, err := istiod.capture.portsPast(pod)
	if err != nil {
		return "", err
	}
	if slices.Contains(past, strconv.Itoa(port)) {
		return allow, nil
	}
	push, err := istiod.push(c)
	if err != nil {
		return "", err
	}
	proxy := &model.Proxy{Type: model.SidecarProxy, ConfigNamespace: pod.Namespace, Labels: pod.Labels, Metadata: &model.NodeMetadata{}}
	var filters []*anypb.Any
	for _, f := range authz.NewBuilder(authz.Local, push, proxy, false).BuildTCP() {
		filters = append(filters, f.GetTypedConfig())
	}
	x, err := exchangeOf(Case{Point: "gateway", Request: Request{From: peer, IP: "10.244.1.7", DestIP: pod.Status.PodIP, Port: port, TCP: true}})
	if err != nil {
		return "", err
	}
	v, err := run(filters, x, nil)
	return v.Got, err
}

// portsPast are those that the injector's own template tells istio-init to leave alone (-d of istio-iptables).
func (p *capture) portsPast(pod *corev1.Pod) ([]string, error) {
	mux := http.NewServeMux()
	env := model.NewEnvironment()
	env.Watcher = meshwatcher.NewTestWatcher(meshOfCases())
	if _, err := inject.NewWebhook(inject.WebhookParameters{Watcher: wholeInjection{}, Mux: mux, Env: env, Revision: "default"}); err != nil {
		return nil, err
	}
	patch, err := reviewed(mux, pod)
	if err != nil {
		return nil, err
	}
	var ops []struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(patch, &ops); err != nil {
		return nil, err
	}
	for _, op := range ops {
		var containers []corev1.Container
		if json.Unmarshal(op.Value, &containers) != nil {
			var one corev1.Container
			if json.Unmarshal(op.Value, &one) != nil {
				continue
			}
			containers = []corev1.Container{one}
		}
		for _, c := range containers {
			if i := slices.Index(c.Args, "-d"); c.Name == "istio-init" && i >= 0 && i+1 < len(c.Args) {
				return strings.Split(c.Args[i+1], ","), nil
			}
		}
	}
	return nil, fmt.Errorf("the injector adds no istio-init with -d: %s", patch)
}

// wholeInjection is the injector's configuration of a plain installation: the chart's own template and values.
type wholeInjection struct{ injection }

func (wholeInjection) Get() (*inject.Config, string, error) {
	template, err := fs.ReadFile(charts.FS, "charts/istio-control/istio-discovery/files/injection-template.yaml")
	if err != nil {
		return nil, "", err
	}
	raw, err := fs.ReadFile(charts.FS, "charts/istio-control/istio-discovery/values.yaml")
	if err != nil {
		return nil, "", err
	}
	var values struct {
		Defaults map[string]any `json:"_internal_defaults_do_not_set"`
	}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(map[string]any{"global": values.Defaults["global"], "sidecarInjectorWebhook": values.Defaults["sidecarInjectorWebhook"], "pilot": map[string]any{"cni": map[string]any{"enabled": false}}})
	if err != nil {
		return nil, "", err
	}
	raw, err = yaml.Marshal(map[string]any{"policy": "enabled", "defaultTemplates": []string{"sidecar"}, "templates": map[string]string{"sidecar": string(template)}})
	if err != nil {
		return nil, "", err
	}
	config, err := inject.UnmarshalConfig(raw)
	return &config, string(text), err
}
