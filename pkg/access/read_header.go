package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// badHeader says why a header cannot be sent, "" where it can (RFC 9110 5.1 and 5.5).
func badHeader(name, v string) string {
	if name == "" {
		return "is not the name of a header"
	}
	for i := range len(name) {
		if c := name[i]; !symbolic.Unreserved(c) && strings.IndexByte("!#$%&'*+^`|", c) < 0 {
			return "is not the name of a header"
		}
	}
	if strings.ContainsAny(v, "\r\n\x00") {
		return "holds a character that no header can hold"
	}
	return ""
}

// proxyHeaders are those that Envoy itself writes, drops or takes for the connection's before any policy sees them (Envoy 1.39:
// source/common/http/conn_manager_utility.cc mutateRequestHeaders, http1/codec_impl.cc). Their values are not the client's.
var proxyHeaders = []string{
	"b3", "connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "traceparent", "tracestate",
	"transfer-encoding", "upgrade", "via", "x-client-trace-id", "x-ot-span-context", "x-request-id",
}

func isProxyHeader(name string) bool {
	return slices.Contains(proxyHeaders, name) || strings.HasPrefix(name, "x-envoy-") || strings.HasPrefix(name, "x-forwarded-") || strings.HasPrefix(name, "x-b3-")
}

// nominated: a proxy may drop the headers that Connection names (RFC 9110 7.6.1; Envoy Utility::sanitizeConnectionHeader).
func (h headers) nominated() headers {
	for name := range strings.SplitSeq(find(h, "connection").Read(), ",") {
		for i := range h {
			if h[i].name == strings.ToLower(trim(name)) {
				h[i].value = symbolic.In(perhaps)
			}
		}
	}
	return h
}

// noteCompared notes the headers that policies and routes compare.
func (w *World) noteCompared() {
	w.comparedHeaders = map[string]bool{}
	for _, name := range w.names {
		s := w.namespaces[name]
		for _, p := range s.policies {
			for i := range p.rules {
				for _, c := range p.rules[i].when {
					if c.attribute == header {
						w.comparedHeaders[c.key] = true
					}
				}
			}
		}
		for _, r := range s.routes {
			for i := range r.rules {
				for _, m := range r.rules[i].matches {
					for _, h := range m.headers {
						w.comparedHeaders[strings.ToLower(h.name)] = true
					}
				}
			}
		}
	}
}
