//go:build unix

package fn

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
)

var (
	serveTenants = flag.Int("serve-tenants", 100, "how many tenants TestServeLoad has; 1000 at full size")
	serveSyncs   = flag.Int("serve-syncs", 2000, "how many syncs TestServeLoad makes; 100000 at full size")
)

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

// maxSync is the CPU time of a sync in milliseconds: with it, 1000 tenants that are synced every 300 seconds take a tenth of one CPU.
const maxSync = 30

// A server that runs for months keeps nothing of a sync, and a sync costs the same as the first ones did.
func TestServeLoad(t *testing.T) {
	h := hook(t, serveConfig)
	requests := settledRequests(t, h, *serveTenants)
	times := max(1, *serveSyncs / *serveTenants)
	before := cpuMilliseconds()
	more := grown(t, h, requests, times)
	each := (cpuMilliseconds() - before) / float64((times+1)*len(requests))
	t.Logf("%d syncs of %d tenants: %.2f ms of CPU for each, %d bytes more in use after them", times*len(requests), len(requests), each, more)
	if more > mayGrow {
		t.Errorf("%d bytes more are in use", more)
	}
	if each > maxSync {
		t.Errorf("a sync takes %.2f ms of CPU, want at most %d", each, maxSync)
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

func BenchmarkServeSync(b *testing.B) {
	h := hook(&testing.T{}, serveConfig)
	requests := settledRequests(&testing.T{}, h, 10)
	for i := 0; b.Loop(); i++ {
		post(&testing.T{}, h, "/sync", requests[i%len(requests)])
	}
}
