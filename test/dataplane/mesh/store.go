// Package mesh replaces the ztunnels of all nodes. It is fed by istiod's workload API, as they are, and decides at L4
// where they would. It is not ztunnel, and nothing that it decides is a claim about ztunnel.
package mesh

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"istio.io/istio/pkg/workloadapi"
	"istio.io/istio/pkg/workloadapi/security"
)

const (
	addressType       = "type.googleapis.com/istio.workload.Address"
	authorizationType = "type.googleapis.com/istio.security.Authorization"
)

// Mesh is what istiod tells ztunnel, and the connections that are open under it.
type Mesh struct {
	mu        sync.RWMutex
	services  map[string]*workloadapi.Service      // by namespace/hostname
	workloads map[string]*workloadapi.Workload     // by uid
	policies  map[string]*security.Authorization   // by namespace/name
	byAddress map[netip.Addr]*workloadapi.Workload // of the above
	open      map[*connection]bool
	last      time.Time
	failures  []string
}

// New knows nothing yet, and lets nothing in.
func New() *Mesh {
	return &Mesh{
		services: map[string]*workloadapi.Service{}, workloads: map[string]*workloadapi.Workload{},
		policies: map[string]*security.Authorization{}, byAddress: map[netip.Addr]*workloadapi.Workload{},
		open: map[*connection]bool{},
	}
}

// Watch subscribes to what a ztunnel subscribes to, until the connection closes.
func (m *Mesh) Watch(ctx context.Context, istiod *grpc.ClientConn) error {
	s, err := discovery.NewAggregatedDiscoveryServiceClient(istiod).DeltaAggregatedResources(ctx)
	if err != nil {
		return err
	}
	node := &core.Node{Id: "ztunnel~10.244.3.1~ztunnel-0.istio-system~istio-system.svc.cluster.local"}
	for _, t := range []string{addressType, authorizationType} {
		if err := s.Send(&discovery.DeltaDiscoveryRequest{Node: node, TypeUrl: t, ResourceNamesSubscribe: []string{"*"}}); err != nil {
			return err
		}
	}
	go func() {
		for {
			resp, err := s.Recv()
			if err != nil {
				if ctx.Err() == nil {
					m.fail("istiod: %v", err)
				}
				return
			}
			m.take(resp)
			m.closeWhatIsNotAllowed()
			_ = s.Send(&discovery.DeltaDiscoveryRequest{TypeUrl: resp.TypeUrl, ResponseNonce: resp.Nonce})
		}
	}()
	return nil
}

// Quiet reports when istiod last sent something.
func (m *Mesh) Quiet() time.Time {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.last
}

// Failures are what the stand-in met and cannot do; a run with one proves nothing.
func (m *Mesh) Failures() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return append([]string(nil), m.failures...)
}

func (m *Mesh) fail(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures = append(m.failures, fmt.Sprintf(format, args...))
}

func (m *Mesh) take(resp *discovery.DeltaDiscoveryResponse) {
	for _, r := range resp.Resources {
		var into proto.Message = &workloadapi.Address{}
		if resp.TypeUrl == authorizationType {
			into = &security.Authorization{}
		}
		if err := r.Resource.UnmarshalTo(into); err != nil {
			m.fail("%s cannot be read: %v", r.Name, err)
			continue
		}
		m.put(into)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range resp.RemovedResources {
		if resp.TypeUrl == authorizationType {
			delete(m.policies, name)
		} else {
			delete(m.services, name)
			delete(m.workloads, name)
		}
	}
	clear(m.byAddress)
	for _, w := range m.workloads {
		for _, raw := range w.Addresses {
			if a, ok := netip.AddrFromSlice(raw); ok {
				m.byAddress[a] = w
			}
		}
	}
	m.last = time.Now()
}

func (m *Mesh) put(resource proto.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r := resource.(type) {
	case *security.Authorization:
		m.policies[r.Namespace+"/"+r.Name] = r
	case *workloadapi.Address:
		if s := r.GetService(); s != nil {
			m.services[s.Namespace+"/"+s.Hostname] = s
		} else if w := r.GetWorkload(); w != nil {
			m.workloads[w.Uid] = w
		}
	}
}

// Policies names the L4 policies that istiod sent.
func (m *Mesh) Policies() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var names []string
	for name := range m.policies {
		names = append(names, name)
	}
	return names
}

func (m *Mesh) workload(address string) *workloadapi.Workload {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.byAddress[a]
}

// Account reports whether istiod knows a pod of an account, and whether all of them take HBONE.
func (m *Mesh) Account(namespace, name string) (known, captured bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	captured = true
	for _, w := range m.workloads {
		if w.Namespace == namespace && w.ServiceAccount == name {
			known = true
			captured = captured && w.TunnelProtocol == workloadapi.TunnelProtocol_HBONE
		}
	}
	return known, known && captured
}
