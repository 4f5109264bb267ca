package mesh

import (
	"io"
	"log"
	"net/http"
)

// connection is an open one. As ztunnel does, it is closed when a policy no longer lets it in.
type connection struct {
	ip, peer string
	port     uint32
	close    func()
}

func (m *Mesh) letsIn(ip, peer string, port uint32) bool {
	w := m.workload(ip)
	return w != nil && m.allows(w, peer, port)
}

// hold remembers an open connection until the returned function is called.
func (m *Mesh) hold(c *connection) (release func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[c] = true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.open, c)
	}
}

func (m *Mesh) closeWhatIsNotAllowed() {
	m.mu.RLock()
	var open []*connection
	for c := range m.open {
		open = append(open, c)
	}
	for _, p := range m.policies {
		if why := unsupported(p); why != "" {
			defer m.fail("%s", why)
		}
	}
	m.mu.RUnlock()
	for _, c := range open {
		if !m.letsIn(c.ip, c.peer, c.port) {
			c.close()
		}
	}
}

func http2Only() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP2(true)
	return p
}

// silent: handshakes that fail are what some tests want.
var silent = log.New(io.Discard, "", 0)
