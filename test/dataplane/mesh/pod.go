package mesh

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
)

// hbonePort is where ztunnel takes tunnels for the pods of its node.
const hbonePort = "15008"

// Pod is an application at an address of its own. What reaches it through Serve has passed the L4 decision, or there is
// none because the pod is not captured.
type Pod struct {
	Namespace, Name string
	Account         string
	IP              string
	Handler         http.Handler
	// Own is the network namespace of a pod that a real ztunnel guards. Then nothing is decided here.
	Own *netns.Pod

	mesh     *Mesh
	identity *agent.Identity
	app      string // where the application itself listens

	mu       sync.Mutex
	captured bool
	ports    map[int]net.Listener
	closers  []io.Closer
}

// Serve starts the application. Its ports follow with Listen, and Capture puts it into the mesh.
func (m *Mesh) Serve(p *Pod, identity *agent.Identity) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.mesh, p.identity, p.app, p.ports = m, identity, l.Addr().String(), map[int]net.Listener{}
	server := &http.Server{Handler: p.Handler}
	go func() { _ = server.Serve(l) }()
	p.closers = append(p.closers, server)
	if p.Own != nil {
		p.closers = append(p.closers, p.Own)
		return nil
	}
	tunnels, err := net.Listen("tcp", net.JoinHostPort(p.IP, hbonePort))
	if err != nil {
		return err
	}
	hbone := &http.Server{
		Handler: http.HandlerFunc(p.tunnel),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{identity.Certificate}, ClientCAs: identity.Roots,
			ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
		},
		Protocols: http2Only(),
		ErrorLog:  silent,
	}
	go func() { _ = hbone.ServeTLS(tunnels, "", "") }()
	p.closers = append(p.closers, hbone)
	return nil
}

// Capture decides whether traffic to the pod is redirected to the stand-in, as istio-cni redirects it to ztunnel.
func (p *Pod) Capture(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.captured = on && p.Own == nil
}

func (p *Pod) isCaptured() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.captured
}

// Listen opens a port; one that is open already stays so.
func (p *Pod) Listen(port int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ports[port] != nil {
		return nil
	}
	l, err := p.listen(port)
	if err != nil {
		return err
	}
	p.ports[port] = l
	p.closers = append(p.closers, l)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.plain(c, uint32(port))
		}
	}()
	return nil
}

func (p *Pod) listen(port int) (l net.Listener, err error) {
	at := net.JoinHostPort(p.IP, strconv.Itoa(port))
	if p.Own == nil {
		return net.Listen("tcp", at)
	}
	err = p.Own.Do(func() error {
		l, err = net.Listen("tcp", at)
		return err
	})
	return l, err
}

// Close ends the application with all its listeners.
func (p *Pod) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.closers {
		_ = c.Close()
	}
}

// plain is a connection in plain text; that of a captured pod passes the L4 decision.
func (p *Pod) plain(c net.Conn, port uint32) {
	defer c.Close()
	captured := p.isCaptured()
	if captured && !p.mesh.letsIn(p.IP, "", port) {
		return
	}
	app, err := net.Dial("tcp", p.app)
	if err != nil {
		return
	}
	defer app.Close()
	if captured {
		defer p.mesh.hold(&connection{ip: p.IP, port: port, close: func() { app.Close(); c.Close() }})()
	}
	go func() {
		_, _ = io.Copy(app, c)
		_ = app.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(c, app)
}

// tunnel is an HBONE request: the client's certificate says who asks, the authority says for which port.
func (p *Pod) tunnel(w http.ResponseWriter, r *http.Request) {
	peer := ""
	if certs := r.TLS.PeerCertificates; len(certs) > 0 && len(certs[0].URIs) > 0 {
		peer = certs[0].URIs[0].String()
	}
	host, port, err := net.SplitHostPort(r.Host)
	n, _ := strconv.ParseUint(port, 10, 16)
	switch {
	case r.Method != http.MethodConnect || err != nil || host != p.IP || !p.isCaptured():
		w.WriteHeader(http.StatusBadRequest)
		return
	case !p.mesh.letsIn(p.IP, peer, uint32(n)):
		w.WriteHeader(http.StatusUnauthorized) // as ztunnel does
		return
	}
	app, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.app)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer app.Close()
	defer p.mesh.hold(&connection{ip: p.IP, peer: peer, port: uint32(n), close: func() { app.Close() }})()
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	_ = out.Flush()
	go func() {
		_, _ = io.Copy(app, r.Body)
		_ = app.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(flushed{w, out}, app)
}

// flushed sends every byte at once: a tunnel has no end to wait for.
type flushed struct {
	io.Writer
	out *http.ResponseController
}

func (f flushed) Write(b []byte) (int, error) {
	n, err := f.Writer.Write(b)
	if err == nil {
		err = f.out.Flush()
	}
	return n, err
}
