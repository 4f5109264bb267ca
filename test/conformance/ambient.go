package main

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/serviceregistry/ambient"
	"istio.io/istio/pkg/activenotifier"
	"istio.io/istio/pkg/cluster"
	"istio.io/istio/pkg/config/constants"
	"istio.io/istio/pkg/config/mesh/meshwatcher"
	"istio.io/istio/pkg/config/schema/gvr"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/kube/kclient/clienttest"
	"istio.io/istio/pkg/kube/krt"
	"istio.io/istio/pkg/kube/multicluster"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/util/sets"
	"istio.io/istio/pkg/workloadapi"
	"istio.io/istio/pkg/workloadapi/security"
)

// An ambientIndex is what istiod sends to ztunnel: workloads and L4 policies.
type ambientIndex struct {
	policies  map[string]*security.Authorization // by namespace/name
	workloads map[string]*workloadapi.Workload   // by namespace/name of the Pod
	bindings  map[string]string                  // by namespace/name of the Service: its waypoint
}

// istioClass is the GatewayClass of an ingress gateway.
const istioClass = "istio"

func gatewayClass(name string) *gatewayv1.GatewayClass {
	controller := gatewayv1.GatewayController("istio.io/gateway-controller")
	if name == constants.WaypointGatewayClassName {
		controller = constants.ManagedGatewayMeshController
	}
	return &gatewayv1.GatewayClass{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       gatewayv1.GatewayClassSpec{ControllerName: controller},
	}
}

// indexOf runs Istio's ambient index over the objects until it has seen them all.
func indexOf(t test.Failer, c *manifests) (*ambientIndex, error) {
	client := kube.NewFakeClient(c.objects...)
	defer client.Shutdown()
	for _, crd := range []schema.GroupVersionResource{
		gvr.AuthorizationPolicy, gvr.PeerAuthentication, gvr.KubernetesGateway, gvr.GatewayClass, gvr.WorkloadEntry, gvr.ServiceEntry,
	} {
		clienttest.MakeCRD(t, client, crd)
	}
	stop := make(chan struct{})
	defer close(stop)
	watcher := meshwatcher.NewTestWatcher(nil)
	clusters := multicluster.NewController(multicluster.ControllerOptions{
		Client: client, ClusterID: "Kubernetes", SystemNamespace: rootNamespace, MeshConfig: watcher, Debugger: new(krt.DebugHandler),
	})
	index := ambient.New(ambient.Options{
		SystemNamespace: rootNamespace, DomainSuffix: "cluster.local", ClusterID: "Kubernetes", XDSUpdater: nobody{},
		MeshConfig: watcher, StatusNotifier: activenotifier.New(false), Debugger: new(krt.DebugHandler), MultiClusterController: clusters,
	})
	if err := clusters.Run(stop); err != nil {
		return nil, err
	}
	go index.Run(stop)
	client.RunAndWait(stop)
	for start := time.Now(); !index.HasSynced(); time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			return nil, fmt.Errorf("the ambient index does not settle")
		}
	}
	return read(index, c), nil
}

func read(index ambient.Index, c *manifests) *ambientIndex {
	out := &ambientIndex{map[string]*security.Authorization{}, map[string]*workloadapi.Workload{}, map[string]string{}}
	for _, gw := range c.gateways {
		key := model.WaypointKey{Namespace: gw.Namespace, Hostnames: []string{hostOf(gw.Name, gw.Namespace)}}
		for _, svc := range index.ServicesForWaypoint(key) {
			out.bindings[svc.Service.Namespace+"/"+svc.Service.Name] = bindingText(svc)
		}
	}
	for _, p := range index.Policies(nil) {
		out.policies[p.Authorization.Namespace+"/"+p.Authorization.Name] = p.Authorization
	}
	for _, a := range index.All() {
		if w := a.GetWorkload(); w != nil {
			out.workloads[w.Namespace+"/"+w.Name] = w
		}
	}
	return out
}

// bindingText names the waypoint, and whether ingress gateways go through it too.
func bindingText(svc model.ServiceInfo) string {
	if svc.Waypoint.IngressUseWaypoint {
		return svc.Waypoint.ResourceName + ", ingress too"
	}
	return svc.Waypoint.ResourceName
}

// nobody listens to the index's pushes.
type nobody struct{}

func (nobody) ConfigUpdate(*model.PushRequest)                                       {}
func (nobody) EDSUpdate(model.ShardKey, string, string, []*model.IstioEndpoint)      {}
func (nobody) EDSCacheUpdate(model.ShardKey, string, string, []*model.IstioEndpoint) {}
func (nobody) SvcUpdate(model.ShardKey, string, string, model.Event)                 {}
func (nobody) ProxyUpdate(cluster.ID, string)                                        {}
func (nobody) RemoveShard(model.ShardKey)                                            {}
func (nobody) PruneShard(model.ShardKey, map[string]sets.String)                     {}
