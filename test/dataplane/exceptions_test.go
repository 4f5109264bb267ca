package dataplane

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
)

// exception is a way in which the referee is known to differ from the proxies. One that no question needs any more fails
// the run, so that the list shrinks when the referee learns.
type exception struct {
	name   string
	envoys string // the versions in which it shows, as a prefix
	reason string
	is     func(world string, r question.Row) bool
}

var exceptions = []exception{}

// explained counts rows by the exception that explains them, and returns the others.
func explained(envoy, world string, rows []question.Row, needed map[string]int) (wrong []question.Row) {
	for _, r := range rows {
		known := false
		for _, e := range exceptions {
			if !known && strings.HasPrefix(envoy, e.envoys) && e.is(world, r) {
				known = true
				needed[e.name]++
			}
		}
		if !known {
			wrong = append(wrong, r)
		}
	}
	return wrong
}
