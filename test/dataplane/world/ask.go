package world

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/stubs"
)

// Request is sent as it is written: no client tidies its path or its headers.
type Request struct {
	Method  string
	Host    string
	Path    string
	Headers http.Header
	Body    string
	TLS     bool // with whatever certificate
}

// Answer is what came back. Reached is the pod that answered, or empty if a proxy did.
type Answer struct {
	Status  int
	Reached string
	Headers http.Header
	Body    []byte
}

// FromOutside sends a request to a Gateway's own port, as a browser or curl does.
func (p *Plane) FromOutside(ctx context.Context, gateway string, port int, r Request) (Answer, error) {
	g := p.proxies[gateway]
	if g == nil {
		return Answer{}, fmt.Errorf("no Gateway %s", gateway)
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("%s:%d", g.ip, port))
	if err != nil {
		return Answer{}, err
	}
	if r.TLS {
		host, _, _ := strings.Cut(r.Host, ":")
		c = tls.Client(c, &tls.Config{ServerName: host, InsecureSkipVerify: true})
	}
	return roundTrip(ctx, c, r)
}

// FromPod sends a request from a pod of an account (namespace/name), or from off the mesh if that is empty, to
// namespace/service:port or address:port.
func (p *Plane) FromPod(ctx context.Context, account, to string, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := p.Dial(ctx, account, to)
	if err != nil {
		return Answer{}, err
	}
	if r.Host == "" {
		host, _, _ := net.SplitHostPort(to)
		if namespace, name, ok := strings.Cut(host, "/"); ok {
			host = name + "." + namespace
		}
		r.Host = host
	}
	return roundTrip(ctx, c, r)
}

// Address is that of a workload's pod.
func (p *Plane) Address(workload string) string {
	if o := p.pods[workload]; o != nil {
		return o.app.IP
	}
	if g := p.proxies[workload]; g != nil {
		return g.ip
	}
	return ""
}

func roundTrip(ctx context.Context, c net.Conn, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if _, err := c.Write(r.bytes()); err != nil {
		return Answer{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: r.Method})
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return Answer{resp.StatusCode, resp.Header.Get(stubs.ReachedHeader), resp.Header, body}, err
}

func (r Request) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", r.Method, r.Path, r.Host)
	for _, name := range sorted(r.Headers) {
		for _, v := range r.Headers[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	if r.Body != "" || r.Method == http.MethodPost || r.Method == http.MethodPut {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	fmt.Fprintf(&b, "\r\n%s", r.Body)
	return b.Bytes()
}

func sorted(h http.Header) []string {
	var names []string
	for n := range h {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Account is that of a workload's pod, as namespace/name.
func (p *Plane) Account(workload string) string {
	if o := p.pods[workload]; o != nil && p.captures(o) {
		return o.namespace + "/" + o.app.Account
	}
	return "" // off the mesh
}

// Dir holds the run's logs and Envoys' bootstraps; Stop removes it.
func (p *Plane) Dir() string { return p.control.Dir() }
