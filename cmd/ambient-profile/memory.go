package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
)

const (
	// gcPercent trades a little time for memory: pipelines run the program next to others, and its peak is set by what the collector waits for.
	gcPercent = 50
	// smallPercent is for the verbs that judge, as long as they hold no more than smallHeap: there the collector would take a third of their time, and the
	// peak is at most smallHeap and its smallPercent.
	smallPercent = 400
	smallHeap    = 12 << 20
)

// judging are the verbs that search all requests.
var judging = []string{"explain", "ask", "check", "diff", "lint"}

// setCollector says how often the garbage collector runs.
func setCollector(args []string) {
	if len(args) == 0 || !slices.Contains(judging, args[0]) {
		debug.SetGCPercent(gcPercent)
		return
	}
	debug.SetGCPercent(smallPercent)
	watchHeap()
}

// watchHeap looks at the heap when the collector has run, until it is no longer small.
func watchHeap() {
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		if metrics.Read(live); live[0].Value.Uint64() > smallHeap {
			debug.SetGCPercent(gcPercent)
			return
		}
		watchHeap()
	})
}
