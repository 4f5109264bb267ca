package mesh

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"istio.io/istio/pkg/workloadapi"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
)

// Dial connects from a pod to namespace/service:port or to address:port, as the ztunnel of its node would. Without an
// identity the caller is off the mesh.
func (m *Mesh) Dial(ctx context.Context, from *agent.Identity, to string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(to)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	if namespace, name, ok := strings.Cut(host, "/"); ok {
		return m.dialService(ctx, from, namespace, name, uint32(n))
	}
	w := m.workload(host)
	if w == nil {
		return nil, fmt.Errorf("istiod knows no workload %s", host)
	}
	return m.dialWorkload(ctx, from, w, host, uint32(n))
}

// Resolve is where a pod connects to that asks for namespace/service:port: the address of the Service, or of a pod if the
// Service is headless. An address:port is itself.
func (m *Mesh) Resolve(to string) (string, error) {
	host, port, err := net.SplitHostPort(to)
	if err != nil {
		return "", err
	}
	namespace, name, ok := strings.Cut(host, "/")
	if !ok {
		return to, nil
	}
	key, s, err := m.service(namespace, name)
	if err != nil {
		return "", err
	}
	if len(s.Addresses) > 0 {
		vip, ok := netip.AddrFromSlice(s.Addresses[0].Address)
		if !ok {
			return "", fmt.Errorf("Service %s has no address", key)
		}
		return net.JoinHostPort(vip.String(), port), nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", err
	}
	w, address, target := m.endpoint(key, uint32(n))
	if w == nil {
		return "", fmt.Errorf("Service %s has no endpoint", key)
	}
	return hostPort(address, target), nil
}

func (m *Mesh) service(namespace, name string) (key string, s *workloadapi.Service, err error) {
	key = namespace + "/" + name + "." + namespace + ".svc.cluster.local"
	m.mu.RLock()
	defer m.mu.RUnlock()
	if s = m.services[key]; s == nil {
		err = fmt.Errorf("istiod knows no Service %s", key)
	}
	return key, s, err
}

func (m *Mesh) dialService(ctx context.Context, from *agent.Identity, namespace, name string, port uint32) (net.Conn, error) {
	key, s, err := m.service(namespace, name)
	if err != nil {
		return nil, err
	}
	// A headless Service has no address that a waypoint could be asked for.
	if from != nil && s.GetWaypoint() != nil && len(s.Addresses) > 0 {
		vip, ok := netip.AddrFromSlice(s.Addresses[0].Address)
		if !ok {
			return nil, fmt.Errorf("Service %s has no address", key)
		}
		return m.throughWaypoint(ctx, from, s.GetWaypoint(), hostPort(vip.String(), port))
	}
	w, address, target := m.endpoint(key, port)
	if w == nil {
		return nil, fmt.Errorf("Service %s has no endpoint", key)
	}
	return m.dialWorkload(ctx, from, w, address, target)
}

func (m *Mesh) dialWorkload(ctx context.Context, from *agent.Identity, w *workloadapi.Workload, address string, port uint32) (net.Conn, error) {
	to := hostPort(address, port)
	switch {
	case from != nil && w.GetWaypoint() != nil:
		return m.throughWaypoint(ctx, from, w.GetWaypoint(), to)
	case from != nil && w.TunnelProtocol == workloadapi.TunnelProtocol_HBONE:
		return Tunnel(ctx, from.Certificate, from.Roots, net.JoinHostPort(address, hbonePort), to)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", to)
}

func (m *Mesh) throughWaypoint(ctx context.Context, from *agent.Identity, waypoint *workloadapi.GatewayAddress, to string) (net.Conn, error) {
	address := m.Waypoint(waypoint)
	if address == "" {
		return nil, errors.New("the waypoint has no endpoint")
	}
	return Tunnel(ctx, from.Certificate, from.Roots, hostPort(address, waypoint.HboneMtlsPort), to)
}

// Waypoint is the address of a proxy that serves a waypoint, or empty.
func (m *Mesh) Waypoint(waypoint *workloadapi.GatewayAddress) string {
	key := ""
	if h := waypoint.GetHostname(); h != nil {
		key = h.Namespace + "/" + h.Hostname
	} else {
		m.mu.RLock()
		for k, s := range m.services {
			for _, a := range s.Addresses {
				if string(a.Address) == string(waypoint.GetAddress().GetAddress()) {
					key = k
				}
			}
		}
		m.mu.RUnlock()
	}
	_, address, _ := m.endpoint(key, 0)
	return address
}

// endpoint is a workload behind a port of a Service; port 0 is any.
func (m *Mesh) endpoint(service string, port uint32) (*workloadapi.Workload, string, uint32) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, w := range m.workloads {
		for _, p := range w.Services[service].GetPorts() {
			if port != 0 && p.ServicePort != port || len(w.Addresses) == 0 {
				continue
			}
			if a, ok := netip.AddrFromSlice(w.Addresses[0]); ok {
				return w, a.String(), p.TargetPort
			}
		}
	}
	return nil, "", 0
}

func hostPort(host string, port uint32) string {
	return net.JoinHostPort(host, strconv.FormatUint(uint64(port), 10))
}

// Tunnel opens an HBONE tunnel at a proxy: an HTTP/2 CONNECT over mTLS. Each tunnel has a connection of its own, so that
// none is judged by a configuration that was there before it.
func Tunnel(ctx context.Context, certificate tls.Certificate, roots *x509.CertPool, proxy, authority string) (net.Conn, error) {
	t := &http.Transport{
		Protocols: http2Only(),
		TLSClientConfig: &tls.Config{
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil },
			MinVersion:           tls.VersionTLS13,
			InsecureSkipVerify:   true, // the name is a SPIFFE URI, which crypto/tls does not compare; the chain is checked here
			VerifyConnection:     func(s tls.ConnectionState) error { return verify(s.PeerCertificates, roots) },
		},
	}
	in, out := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodConnect, "https://"+proxy, in)
	if err != nil {
		return nil, err
	}
	req.URL = &url.URL{Scheme: "https", Host: proxy}
	req.Host = authority
	resp, err := t.RoundTrip(req)
	if err == nil && resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		err = &Refused{authority, proxy, resp.StatusCode}
	}
	if err != nil {
		t.CloseIdleConnections()
		return nil, err
	}
	return &tunnel{Reader: resp.Body, out: out, close: func() {
		out.Close()
		resp.Body.Close()
		t.CloseIdleConnections()
	}}, nil
}

// Refused is a proxy's answer to a tunnel that it does not open.
type Refused struct {
	Authority, Proxy string
	Status           int
}

func (r *Refused) Error() string {
	return fmt.Sprintf("CONNECT %s at %s: %d", r.Authority, r.Proxy, r.Status)
}

func verify(chain []*x509.Certificate, roots *x509.CertPool) error {
	if len(chain) == 0 {
		return errors.New("no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// tunnel is a stream as a connection.
type tunnel struct {
	io.Reader
	out   io.Writer
	close func()
}

func (t *tunnel) Write(b []byte) (int, error)      { return t.out.Write(b) }
func (t *tunnel) Close() error                     { t.close(); return nil }
func (t *tunnel) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (t *tunnel) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (t *tunnel) SetDeadline(time.Time) error      { return nil } // the request's context has one
func (t *tunnel) SetReadDeadline(time.Time) error  { return nil }
func (t *tunnel) SetWriteDeadline(time.Time) error { return nil }
