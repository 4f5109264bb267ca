package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// The function collects often. A verb that judges collects seldom, until its heap is no longer small.
func TestCollector(t *testing.T) {
	before := debug.SetGCPercent(gcPercent)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	percent := func() uint64 {
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(now)
		return now[0].Value.Uint64()
	}
	debug.SetGCPercent(99)
	if setCollector(nil); percent() != gcPercent {
		t.Errorf("the function collects at %d", percent())
	}
	if setCollector([]string{"diff", "a", "b"}); percent() != smallPercent {
		t.Errorf("diff collects at %d", percent())
	}
	held := make([]byte, 2*smallHeap)
	for range 1000 {
		if runtime.GC(); percent() == gcPercent {
			break
		}
		time.Sleep(time.Millisecond)
	}
	runtime.KeepAlive(held)
	if percent() != gcPercent {
		t.Errorf("a large heap is collected at %d", percent())
	}
}
