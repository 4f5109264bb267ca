package fn

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"
)

var serveSyncs = flag.Int("serve-syncs", 2000, "how many syncs TestServeKeepsNothing makes")

// settledRequests are the requests of tenants where nothing is left to do.
func settledRequests(t *testing.T, h http.Handler, tenants int) [][]byte {
	t.Helper()
	w := bornTenant(t, h, "team-x", "owner-of-team-x@example.com")
	w.related = append(w.related, binding(t, w.name(), "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
	w.settle()
	var requests [][]byte
	for i := range tenants {
		requests = append(requests, bytes.ReplaceAll(w.request(), []byte("team-x"), fmt.Append(nil, "team-", i)))
	}
	return requests
}

// grown is how many bytes more are in use after all requests were sent several times.
func grown(t *testing.T, h http.Handler, requests [][]byte, times int) int64 {
	t.Helper()
	inUse := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	send := func() {
		for _, r := range requests {
			if status, text := post(t, h, "/sync", r); status != http.StatusOK {
				t.Fatalf("%d %s", status, text)
			}
		}
	}
	send()
	before := inUse()
	for range times {
		send()
	}
	return inUse() - before
}

// mayGrow is far less than one kept request for each sync would take, and more than the collector leaves.
const mayGrow = 1 << 20

// A server that runs for months keeps nothing of a sync. 100,000 syncs: -serve-syncs 100000.
func TestServeKeepsNothing(t *testing.T) {
	h := hook(t, serveConfig)
	requests := settledRequests(t, h, 200)
	if more := grown(t, h, requests, *serveSyncs/len(requests)); more > mayGrow {
		t.Errorf("%d bytes more are in use after %d syncs", more, *serveSyncs)
	}
}

// A server that keeps a little of each sync is noticed.
func TestServeKeepingSomethingIsNoticed(t *testing.T) {
	h := hook(t, serveConfig)
	requests := settledRequests(t, h, 50)
	var kept [][]byte
	leaking := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept = append(kept, make([]byte, 8<<10))
		h.ServeHTTP(w, r)
	})
	if more := grown(t, leaking, requests, 20); more <= mayGrow {
		t.Errorf("%d bytes more are in use, and %d pieces were kept", more, len(kept))
	}
}

// Requests at once do not meet: each gets its own tenant's objects. The race detector looks on in make verify.
func TestServeAtOnce(t *testing.T) {
	h := hook(t, serveConfig)
	requests := settledRequests(t, h, 8)
	var wg sync.WaitGroup
	for _, r := range requests {
		wg.Go(func() {
			_, want := post(t, h, "/sync", r)
			for range 10 {
				if _, got := post(t, h, "/sync", r); got != want {
					t.Errorf("another answer: %s", got)
				}
			}
		})
	}
	wg.Wait()
}

// A thousand tenants are synced every 300 seconds: that must cost a small part of one CPU.
func TestServeAThousandTenants(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	h := hook(t, serveConfig)
	requests := settledRequests(t, h, 1000)
	began := time.Now()
	for _, r := range requests {
		post(t, h, "/sync", r)
	}
	took := time.Since(began)
	t.Logf("%s for 1000 syncs", took)
	if took > 30*time.Second { // a tenth of one CPU
		t.Errorf("1000 syncs took %s", took)
	}
}

func BenchmarkServeSync(b *testing.B) {
	h := hook(&testing.T{}, serveConfig)
	requests := settledRequests(&testing.T{}, h, 10)
	for i := 0; b.Loop(); i++ {
		post(&testing.T{}, h, "/sync", requests[i%len(requests)])
	}
}
