package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// How long a client may take, and how long a stop waits for what is under way.
const (
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second
	writeTime  = 15 * time.Second
	idleTime   = 2 * time.Minute
	stopTime   = 20 * time.Second
	maxHeader  = 16 << 10
	// maxConnections are open at once. The next one takes the place of an idle one, or waits until one is idle or closed.
	maxConnections = 64
)

// Run serves on the listener until ctx is done, and then lets requests that are under way finish. drain is how long it
// still takes requests after that: the time until nobody sends any.
func (s *Server) Run(ctx context.Context, listener net.Listener, drain time.Duration) error {
	places := limit(listener, maxConnections)
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ConnState: places.is, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	s.Log.Info("serving", "address", listener.Addr().String(), "ambientProfile", s.Name)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(places) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	close(s.closing)
	s.Log.Info("stopping")
	time.Sleep(drain)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return errors.Join(err, server.Close())
	}
	s.Log.Info("stopped")
	return nil
}

// limited accepts a connection only where there is a place.
type limited struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	once   sync.Once

	mu sync.Mutex
	// idle are the connections without a request, and wanted says that one of them is to be closed.
	idle   map[*connection]bool
	wanted bool
}

func limit(l net.Listener, connections int) *limited {
	return &limited{Listener: l, free: make(chan struct{}, connections), closed: make(chan struct{}), idle: map[*connection]bool{}}
}

func (l *limited) Accept() (net.Conn, error) {
	l.want(len(l.free) == cap(l.free))
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	l.want(false)
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &connection{Conn: c, free: l.free}, nil
}

// want closes an idle connection if a place is wanted, or the next one to become idle.
func (l *limited) want(place bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = place
	l.closeIdle()
}

func (l *limited) closeIdle() {
	for c := range l.idle {
		if !l.wanted {
			return
		}
		delete(l.idle, c)
		l.wanted = false
		_ = c.Close()
	}
}

// is follows the state of a connection.
func (l *limited) is(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own, _ := c.(*connection)
	delete(l.idle, own)
	if state == http.StateIdle {
		l.idle[own] = true
		l.closeIdle()
	}
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// connection frees its place when it is closed, once.
type connection struct {
	net.Conn
	free chan struct{}
	once sync.Once
}

func (c *connection) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.free })
	return err
}
