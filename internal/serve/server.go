// Package serve answers metacontroller's hooks for the Namespaces of tenants that are created at run time. It keeps no
// state and calls nobody: what a response says follows from its request and the configuration alone.
package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Server answers the hooks of one DecoratorController.
type Server struct {
	// Name of the AmbientProfile, which owns every object.
	Name string
	// Waypoint is the name of the waypoints, by the configuration.
	Waypoint string
	// Render is the function, with the configuration that all tenants share, except for the name of the waypoint.
	Render func(items []*manifest.Item, waypoint string) ([]*manifest.Item, []diagnostic.Diagnostic, error)
	// Notebooks: a Notebook gets an HTTPRoute, as do the other apps of a namespace.
	Notebooks bool
	Log       *slog.Logger

	metrics metrics
	working chan struct{}
	closing chan struct{}
	// alone is held by a large request: all others together take no more than one that is as large as it may be.
	alone sync.Mutex
}

// Limits of one request. metacontroller sends a Namespace with what belongs to it, which is far below them.
const (
	maxRequest = 4 << 20
	// maxValues bounds the memory of a request: a value takes up to 300 bytes, however short its text is.
	maxValues = 250_000
	// maxWorking requests are answered at once; metacontroller has 5 workers by default.
	maxWorking = 16
	// maxError is how much of an error is sent. metacontroller puts it into an Event.
	maxError = 1000
)

// Handler is what the server answers, by path.
func (s *Server) Handler() http.Handler {
	s.working, s.closing = make(chan struct{}, maxWorking), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sync", s.limited(s.answerSync))
	mux.HandleFunc("POST /customize", s.limited(s.answerCustomize))
	mux.HandleFunc("GET /healthz", s.answerHealth)
	mux.HandleFunc("GET /metrics", s.metrics.answer)
	return mux
}

// limited reads requests, and bounds their size and how many are answered at once. metacontroller 4.9: 429 with Retry-After
// puts the Namespace back into the queue without a Warning event.
func (s *Server) limited(answer func(http.ResponseWriter, *http.Request, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.working <- struct{}{}:
			defer func() { <-s.working }()
		default:
			s.metrics.count(busy)
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests at once", http.StatusTooManyRequests)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		count := values(body)
		if err == nil && count > maxValues {
			s.refuse(w, http.StatusRequestEntityTooLarge, r.URL.Path, fmt.Errorf("the request has more than %d values", maxValues))
			return
		}
		if err != nil {
			s.refuse(w, statusOf(err), r.URL.Path, err)
			return
		}
		if len(body) > maxRequest/maxWorking || count > maxValues/maxWorking {
			s.alone.Lock()
			defer s.alone.Unlock()
		}
		if r.Context().Err() == nil { // whoever asked may have gone while this waited
			answer(w, r, body)
		}
	}
}

// values is at most how many JSON values a text has: before each one but the first is one of these characters.
func values(text []byte) int {
	return bytes.Count(text, []byte{','}) + bytes.Count(text, []byte{'['}) + bytes.Count(text, []byte{'{'})
}

func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

func (s *Server) answerHealth(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-s.closing:
		http.Error(w, "stopping", http.StatusServiceUnavailable)
	default:
		_, _ = io.WriteString(w, "ok\n")
	}
}

func (s *Server) answerSync(w http.ResponseWriter, r *http.Request, body []byte) {
	began := time.Now()
	var request syncRequest
	err := decode(body, &request)
	if err == nil {
		err = request.check()
	}
	if err != nil {
		s.refuse(w, http.StatusBadRequest, r.URL.Path, err)
		return
	}
	result := s.sync(request)
	s.metrics.synced(result.outcome, result.drifted, time.Since(began))
	s.log(r.Context(), request.Object.name(), result)
	if result.err != nil {
		// metacontroller 4.9: changes nothing, and records a Warning event on the Namespace with this text.
		http.Error(w, short(result.err), http.StatusUnprocessableEntity)
		return
	}
	reply(w, result.response)
}

func (s *Server) log(ctx context.Context, namespace string, r result) {
	level, attributes := slog.LevelInfo, []any{"namespace", namespace, "outcome", string(r.outcome)}
	switch {
	case r.err != nil:
		level = slog.LevelWarn
		attributes = append(attributes, "error", short(r.err))
	case r.outcome == settled || r.outcome == leftAlone && !r.isAbandoned:
		level = slog.LevelDebug
	}
	if r.why != "" {
		attributes = append(attributes, "why", r.why)
	}
	if len(r.creates) > 0 {
		attributes = append(attributes, "creates", r.creates)
	}
	if r.drifted > 0 {
		attributes = append(attributes, "drifted", r.drifted)
	}
	s.Log.Log(ctx, level, "sync", attributes...)
	for _, d := range r.findings {
		if level != slog.LevelDebug && d.Severity() == diagnostic.Warning {
			s.Log.Warn("finding", "namespace", namespace, "code", string(d.Code), "message", d.Message())
		}
	}
}

func (s *Server) answerCustomize(w http.ResponseWriter, r *http.Request, body []byte) {
	var request customizeRequest
	err := decode(body, &request)
	if err == nil {
		err = request.Parent.checkNamespace()
	}
	if err != nil {
		s.refuse(w, http.StatusBadRequest, r.URL.Path, err)
		return
	}
	s.metrics.count(customized)
	reply(w, customize(request.Parent.name(), s.Notebooks))
}

func (s *Server) refuse(w http.ResponseWriter, status int, path string, err error) {
	s.metrics.count(malformed)
	s.Log.Warn("refused", "path", path, "status", status, "error", short(err))
	http.Error(w, short(err), status)
}

// short is what an error says, cut in the middle where it quotes much.
func short(err error) string {
	text := err.Error()
	if len(text) <= maxError {
		return text
	}
	return strings.ToValidUTF8(text[:maxError/2]+" … "+text[len(text)-maxError/2:], "")
}

// decode reads one JSON value. Numbers keep their digits.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the request is not JSON of the hook: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return fmt.Errorf("the request does not end after its object: %w", err)
		}
		return errors.New("the request does not end after its object")
	}
	return nil
}

func reply(w http.ResponseWriter, response any) {
	text, err := json.Marshal(response)
	if err != nil { // maps of texts, numbers and lists always have a JSON form
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n'))
}
