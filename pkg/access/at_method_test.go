package access

import "testing"

// Envoy refuses over HTTP/1 what it takes over HTTP/2, so such a method is never allowed. What the policies deny stays denied.
func TestMethodsThatEnvoyMayRefuse(t *testing.T) {
	to := To{Namespace: "a", Service: "s"}
	w := load(t, onWaypoint("rules: [{to: [{operation: {notMethods: [PUT, put]}}]}]"))
	front := load(t, small+ingress)
	for method, want := range map[string]Outcome{
		"GET": Allow, "PURGE": Allow, "Get": NotJudged, "BREW": NotJudged, "CONNECT": NotJudged, "PUT": Deny, "put": Deny,
	} {
		decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: to, Method: method}, want)
		if want != Deny {
			decides(t, front, Request{From: From{Anonymous: true}, To: to, Path: "/s/x", Method: method}, want)
		}
	}
	// So does a sidecar, that of an open namespace too, and it may take what it refuses over HTTP/1 for bytes.
	for method, want := range map[string]Outcome{"GET": Allow, "Get": NotJudged, "CONNECT": NotJudged} {
		decides(t, load(t, sidecarWorld), Request{From: From{ServiceAccount: "b/c"}, To: to, Method: method}, want)
	}
	// ztunnel reads no method.
	decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s", Direct: true}, Method: "get"}, Allow)
}
