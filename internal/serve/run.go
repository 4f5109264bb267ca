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
	// maxConnections are open at once; the next one waits until another one is closed.
	maxConnections = 64
)

// Run serves on the listener until ctx is done, and then lets requests that are under way finish. drain is how long it
// still takes requests after that: the time until nobody sends any.
func (s *Server) Run(ctx context.Context, listener net.Listener, drain time.Duration) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	s.Log.Info("serving", "address", listener.Addr().String(), "ambientProfile", s.Name)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(limit(listener, maxConnections)) }()
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

// limited accepts a connection only where one is free.
type limited struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func limit(l net.Listener, connections int) net.Listener {
	return &limited{Listener: l, free: make(chan struct{}, connections), closed: make(chan struct{})}
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &connection{Conn: c, free: l.free}, nil
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
