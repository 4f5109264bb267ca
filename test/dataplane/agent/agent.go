// Package agent is the part of pilot-agent that one Envoy needs: it relays configuration from istiod, answers for
// certificates, and takes out what only Istio's own build of Envoy understands. That list is closed.
package agent

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secret "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// Agent stands between istiod and one Envoy, or between istiod and a ztunnel, from whose configuration it takes nothing out.
type Agent struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	secret.UnimplementedSecretDiscoveryServiceServer

	// Address is where Envoy asks for configuration and certificates.
	Address string

	name, ip string
	identity *Identity
	istiod   *grpc.ClientConn
	server   *grpc.Server

	mu       sync.Mutex
	leaveOut map[string]bool
	seen     Seen
	last     time.Time
	waiting  map[string]bool // nonces that Envoy has not answered
}

// Seen is what went through an agent.
type Seen struct {
	Removed, Kept map[string]int
	Refused       []string // NACKs, and what could not be read
}

// Start serves one proxy at ip, as the holder of a certificate. An Envoy asks in plain text, a ztunnel by TLS.
func Start(name, ip string, identity *Identity, istiod *grpc.ClientConn, transport credentials.TransportCredentials) (*Agent, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &Agent{
		Address: l.Addr().String(), name: name, ip: ip, identity: identity, istiod: istiod, server: grpc.NewServer(grpc.Creds(transport)),
		seen: Seen{Removed: map[string]int{}, Kept: map[string]int{}}, waiting: map[string]bool{}, last: time.Now(),
	}
	discovery.RegisterAggregatedDiscoveryServiceServer(a.server, a)
	secret.RegisterSecretDiscoveryServiceServer(a.server, a)
	go func() { _ = a.server.Serve(l) }()
	return a, nil
}

// Stop ends all streams.
func (a *Agent) Stop() { a.server.Stop() }

// LeaveOut takes further extensions out, from the next start of Envoy on. The tests must then fail.
func (a *Agent) LeaveOut(extensions ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leaveOut = map[string]bool{}
	for _, e := range extensions {
		a.leaveOut[e] = true
	}
}

// Seen is what went through so far.
func (a *Agent) Seen() Seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Seen{maps.Clone(a.seen.Removed), maps.Clone(a.seen.Kept), slices.Clone(a.seen.Refused)}
}

// Forget clears what was seen.
func (a *Agent) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = Seen{Removed: map[string]int{}, Kept: map[string]int{}}
}

// Quiet reports when istiod last sent something, and whether Envoy has answered it all.
func (a *Agent) Quiet() (since time.Time, answered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last, len(a.waiting) == 0
}

// DeltaAggregatedResources implements ADS for Envoy by asking istiod.
func (a *Agent) DeltaAggregatedResources(down discovery.AggregatedDiscoveryService_DeltaAggregatedResourcesServer) error {
	up, err := discovery.NewAggregatedDiscoveryServiceClient(a.istiod).DeltaAggregatedResources(down.Context())
	if err != nil {
		return err
	}
	a.mu.Lock()
	clear(a.waiting) // of an Envoy that is gone
	a.mu.Unlock()
	failed := make(chan error, 2)
	go func() {
		for {
			req, err := down.Recv()
			if err == nil {
				a.answered(req)
				err = up.Send(req)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	go func() {
		for {
			resp, err := up.Recv()
			if err == nil {
				a.pass(resp)
				err = down.Send(resp)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	return <-failed
}

func (a *Agent) answered(req *discovery.DeltaDiscoveryRequest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, req.TypeUrl+req.ResponseNonce)
	if req.ErrorDetail != nil {
		a.refuse("NACK %s: %s", req.TypeUrl, req.ErrorDetail.Message)
	}
}

func (a *Agent) pass(resp *discovery.DeltaDiscoveryResponse) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := rewriter{
		address: a.ip, leaveOut: a.leaveOut,
		removed: func(e string) { a.seen.Removed[e]++ },
		kept:    func(e string) { a.seen.Kept[e]++ },
	}
	for _, r := range resp.Resources {
		if err := w.resource(r); err != nil {
			a.refuse("%s %s cannot be read: %v", resp.TypeUrl, r.Name, err)
		}
	}
	a.last = time.Now()
	a.waiting[resp.TypeUrl+resp.Nonce] = true
}

// refuse is called with the lock held.
func (a *Agent) refuse(format string, args ...any) {
	a.seen.Refused = append(a.seen.Refused, a.name+": "+fmt.Sprintf(format, args...))
}
