package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	listenerpb "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routepb "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/gateway-api/pkg/consts"

	"istio.io/api/label"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/constants"
	"istio.io/istio/pkg/config/schema/gvr"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/kube/kclient/clienttest"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/wellknown"
)

// A routing is what a whole istiod tells the proxies of a cluster's Gateways.
type routing struct {
	version string // which the proxies say they are
	server  *xds.FakeDiscoveryServer
	c       *manifests
	proxies map[string]*routedProxy // by namespace/name of the Gateway
}

type routedProxy struct {
	node      *model.Proxy
	listeners []*listenerpb.Listener
	routes    map[string]*routepb.RouteConfiguration
}

// routingOf runs istiod, with its gateway controller, over the objects.
func routingOf(t test.Failer, c *manifests) (*routing, error) {
	release, err := istioRelease()
	if err := errors.Join(append(c.invalid, err)...); err != nil {
		return nil, err
	}
	configs := slices.Concat(c.configs, c.policies)
	server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
		KubernetesObjects: c.completed(), Configs: configs, MeshConfig: meshOfCases(), KubeClientModifier: func(client kube.Client) { installGatewayAPI(t, client) },
	})
	return &routing{release + ".0", server, c, map[string]*routedProxy{}}, nil
}

// installGatewayAPI installs what the fake leaves out, and says of each CRD of the Gateway API
// which release it is of: istiod serves GRPCRoutes of those only whose CRD says that it is new
// enough (kclient minimumVersionFilter).
func installGatewayAPI(t test.Failer, client kube.Client) {
	crds := client.Metadata().(*metadatafake.FakeMetadataClient)
	crds.PrependReactor("create", "customresourcedefinitions", func(action clienttesting.Action) (bool, runtime.Object, error) {
		crd := action.(clienttesting.CreateAction).GetObject().(*metav1.PartialObjectMetadata)
		if strings.HasSuffix(crd.Name, "."+gatewayv1.GroupName) {
			crd.Annotations = map[string]string{consts.BundleVersionAnnotation: consts.BundleVersion}
		}
		return true, crd, crds.Tracker().Create(action.GetResource(), crd, "")
	})
	clienttest.MakeCRD(t, client, gvr.ListenerSet)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func isWaypoint(gw *gatewayv1.Gateway) bool {
	return string(gw.Spec.GatewayClassName) == constants.WaypointGatewayClassName
}

// serviceOf is GetDefaultName of Istio's deployment controller.
func serviceOf(gw *gatewayv1.Gateway) string {
	if isWaypoint(gw) {
		return gw.Name
	}
	return gw.Name + "-" + string(gw.Spec.GatewayClassName)
}

func gatewayLabels(gw *gatewayv1.Gateway) map[string]string {
	out := maps.Clone(gw.Labels)
	if out == nil {
		out = map[string]string{}
	}
	out[label.IoK8sNetworkingGatewayGatewayName.Name] = gw.Name
	out[label.GatewayManaged.Name] = constants.ManagedGatewayControllerLabel
	if isWaypoint(gw) {
		out[label.GatewayManaged.Name] = constants.ManagedGatewayMeshControllerLabel
	}
	return out
}

// gatewayService has the ports of all listeners, those of ListenerSets too (deploymentcontroller extractServicePorts).
func gatewayService(gw *gatewayv1.Gateway, name string, sets []*gatewayv1.ListenerSet) *corev1.Service {
	svc := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: gw.Namespace, Labels: gatewayLabels(gw)},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{label.IoK8sNetworkingGatewayGatewayName.Name: gw.Name}},
	}
	seen := map[gatewayv1.PortNumber]bool{}
	add := func(port gatewayv1.PortNumber, protocol gatewayv1.ProtocolType) {
		if !seen[port] {
			seen[port] = true
			protocol := strings.ToLower(string(protocol))
			svc.Spec.Ports = append(svc.Spec.Ports, corev1.ServicePort{
				Name: fmt.Sprintf("%s-%d", protocol, port), AppProtocol: &protocol, Port: port, TargetPort: intstr.FromInt32(port),
			})
		}
	}
	for _, l := range gw.Spec.Listeners {
		add(l.Port, l.Protocol)
	}
	for _, set := range sets {
		for _, l := range set.Spec.Listeners {
			add(l.Port, l.Protocol)
		}
	}
	return svc
}

func gatewayPod(gw *gatewayv1.Gateway, ip string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: gw.Name + "-0", Namespace: gw.Namespace, Labels: gatewayLabels(gw)},
		Spec:       corev1.PodSpec{ServiceAccountName: serviceOf(gw), Containers: []corev1.Container{{Name: "istio-proxy", Image: "i"}}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
}

// proxy is the Envoy of a Gateway, and what istiod tells it.
func (r *routing) proxy(key string) (*routedProxy, error) {
	if p := r.proxies[key]; p != nil {
		return p, nil
	}
	gw := r.c.gateways[key]
	if gw == nil {
		return nil, fmt.Errorf("no Gateway %s", key)
	}
	i := slices.Index(sortedKeys(r.c.gateways), key)
	labels := gatewayLabels(gw)
	node := &model.Proxy{
		Type: model.Router, ID: gw.Name + "-0." + gw.Namespace, ConfigNamespace: gw.Namespace, Labels: labels, IPAddresses: []string{gatewayIP(i)},
		Metadata: &model.NodeMetadata{IstioVersion: r.version, Namespace: gw.Namespace, Labels: labels, ClusterID: "Kubernetes"},
	}
	if isWaypoint(gw) {
		node.Type = model.Waypoint
	}
	p := &routedProxy{node: r.server.SetupProxy(node), routes: map[string]*routepb.RouteConfiguration{}}
	p.listeners = r.server.Listeners(p.node)
	for _, rc := range r.server.RoutesFromListeners(p.node, p.listeners) {
		p.routes[rc.Name] = rc
	}
	r.proxies[key] = p
	return p, nil
}

// ask sends a request through the routes of a Gateway, or of a waypoint for a Service.
func (r *routing) ask(ask Case) (Verdict, error) {
	p, err := r.proxy(ask.Namespace + "/" + ask.Name)
	if err != nil {
		return Verdict{}, err
	}
	chain := p.chain(ask)
	if chain == nil {
		return Verdict{Got: "closed"}, nil
	}
	config, err := p.configOf(chain)
	if err != nil || config == nil {
		return Verdict{Got: "not http"}, err
	}
	if err := valid(config); err != nil {
		return Verdict{Got: nack}, nil
	}
	return routed(config, ask)
}

// chain picks the filter chain: of a waypoint the one of the Service's port, of a
// gateway the one with the most specific server name (Envoy's FilterChainManagerImpl).
func (p *routedProxy) chain(ask Case) *listenerpb.FilterChain {
	var best *listenerpb.FilterChain
	rank := -1
	for _, l := range p.listeners {
		if ask.Service == "" && int(l.GetAddress().GetSocketAddress().GetPortValue()) != ask.Request.Port {
			continue
		}
		for _, c := range l.FilterChains {
			if ask.Service != "" {
				if c.Name == fmt.Sprintf("inbound-vip|%d|http|%s", ask.Request.Port, hostOf(ask.Service, ask.ServiceNamespace)) {
					return c
				}
				continue
			}
			names := c.GetFilterChainMatch().GetServerNames()
			if len(names) == 0 && rank < 0 {
				best, rank = c, 0
			}
			for _, n := range names {
				if n := domainRank(n, hostname(ask.Request.Host)); n > rank {
					best, rank = c, n
				}
			}
		}
	}
	return best
}

func (p *routedProxy) configOf(c *listenerpb.FilterChain) (*routepb.RouteConfiguration, error) {
	for _, f := range c.Filters {
		if f.Name != wellknown.HTTPConnectionManager {
			continue
		}
		h := &hcm.HttpConnectionManager{}
		if err := f.GetTypedConfig().UnmarshalTo(h); err != nil {
			return nil, err
		}
		if name := h.GetRds().GetRouteConfigName(); name != "" {
			if p.routes[name] == nil {
				return nil, fmt.Errorf("no routes %q", name)
			}
			return p.routes[name], nil
		}
		return h.GetRouteConfig(), nil
	}
	return nil, nil
}

func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// clusterText makes of outbound|80||tet.alice.svc.cluster.local alice/tet:80.
func clusterText(cluster string) string {
	parts := strings.Split(cluster, "|")
	if len(parts) != 4 {
		return cluster
	}
	id := parts[3]
	if short, ok := strings.CutSuffix(parts[3], ".svc.cluster.local"); ok && strings.Count(short, ".") == 1 {
		name, ns, _ := strings.Cut(short, ".")
		id = ns + "/" + name
	}
	subset := strings.TrimPrefix(parts[2], "http")
	if parts[0] == "inbound-vip" {
		subset = strings.TrimPrefix(subset, "/")
	}
	return id + ":" + parts[1] + cmp.Or(map[bool]string{true: "/" + subset}[subset != ""], "")
}
