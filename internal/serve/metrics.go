package serve

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// outcome is how a request ended, as /metrics counts it.
type outcome string

const (
	settled    outcome = "settled"   // nothing to do
	changed    outcome = "changed"   // metacontroller has something to do
	closed     outcome = "closed"    // no user gets access
	leftAlone  outcome = "leftAlone" // not ours
	refused    outcome = "refused"   // a Warning event, and no change
	busy       outcome = "busy"
	malformed  outcome = "malformed"
	customized outcome = "customized"
)

var outcomes = []outcome{settled, changed, closed, leftAlone, refused, busy, malformed, customized}

// metrics has a fixed number of series, whatever is asked.
type metrics struct {
	mu      sync.Mutex
	by      [8]int64
	drifted int64
	syncs   int64
	seconds float64
}

func (m *metrics) count(o outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(o)
}

func (m *metrics) add(o outcome) {
	for i, known := range outcomes {
		if known == o {
			m.by[i]++
		}
	}
}

func (m *metrics) synced(o outcome, drifted int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(o)
	m.drifted += int64(drifted)
	m.syncs++
	m.seconds += took.Seconds()
}

// answer prints the text format of Prometheus, version 0.0.4.
func (m *metrics) answer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = w.Write(m.text())
}

func (m *metrics) text() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []byte("# HELP ambient_profile_requests_total Requests of metacontroller, by how they ended.\n# TYPE ambient_profile_requests_total counter\n")
	for i, o := range outcomes {
		out = fmt.Appendf(out, "ambient_profile_requests_total{outcome=%q} %d\n", o, m.by[i])
	}
	out = fmt.Appendf(out, "# HELP ambient_profile_drifted_total Objects that were not as they should be.\n# TYPE ambient_profile_drifted_total counter\nambient_profile_drifted_total %d\n", m.drifted)
	return fmt.Appendf(out, "# HELP ambient_profile_sync_seconds Time that a sync took.\n# TYPE ambient_profile_sync_seconds summary\nambient_profile_sync_seconds_sum %g\nambient_profile_sync_seconds_count %d\n", m.seconds, m.syncs)
}
