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

var exceptions = []exception{
	{
		name:   "the account of a gateway",
		reason: "A case with the ServiceAccount of a Gateway means the Gateway's proxy, which has that identity. The questions here are asked by a pod of istio-system that is not in the mesh, so they come as plain text and past the waypoint: ztunnel denies most of them, and pods that left the mesh take all.",
		is: func(_ string, r question.Row) bool {
			return r.Case.From.ServiceAccount == "istio-system/ambient-ingressgateway-istio" && r.Case.From.Token == ""
		},
	},
}

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
