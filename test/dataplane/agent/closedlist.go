package agent

import (
	udpa "github.com/cncf/xds/go/udpa/type/v1"
	xdstype "github.com/cncf/xds/go/xds/type/v3"
	"google.golang.org/protobuf/types/known/anypb"
)

const prefix = "type.googleapis.com/"

// Removed lists every extension that is taken out of what istiod sends, with the reason why no verdict depends on it.
// README.md of this module has the whole argument, and a test compares the two.
var Removed = map[string]string{
	"stats.PluginConfig":                                            "telemetry: counts requests by peer",
	"io.istio.http.peer_metadata.Config":                            "telemetry: finds the peer's workload labels for metrics",
	"envoy.tcp.metadataexchange.config.MetadataExchange":            "telemetry: exchanges workload labels between sidecars",
	"envoy.extensions.network_filters.peer_metadata.Config":         "telemetry: reads the peer's labels from the baggage header",
	"envoy.extensions.network_filters.peer_metadata.UpstreamConfig": "telemetry: sends labels in the baggage header",
	"istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig":     "protocol: offers sidecars an ALPN of Istio's own; HBONE does not use it",
}

// The same class has two names: Istio registered it before Envoy did.
const hashableIstio, hashableEnvoy = "istio.hashable_string", "envoy.hashable_string"

// Kept lists every extension that istiod sends and that Envoy gets unchanged. One that is in neither list fails the run:
// someone must say first what it decides.
var Kept = []string{
	"envoy.extensions.filters.http.cors.v3.Cors",
	"envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
	"envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
	"envoy.extensions.filters.http.fault.v3.HTTPFault",
	"envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
	"envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
	"envoy.extensions.filters.http.rbac.v3.RBAC",
	"envoy.extensions.filters.http.router.v3.Router",
	"envoy.extensions.filters.http.set_filter_state.v3.Config",
	"envoy.extensions.filters.listener.http_inspector.v3.HttpInspector",
	"envoy.extensions.filters.listener.original_dst.v3.OriginalDst",
	"envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
	"envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
	"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
	"envoy.extensions.filters.network.rbac.v3.RBAC",
	"envoy.extensions.filters.network.set_filter_state.v3.Config",
	"envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
	"envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost",
	"envoy.extensions.matching.common_inputs.network.v3.ApplicationProtocolInput",
	"envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput",
	"envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput",
	"envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig",
	"envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
	"envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
	"envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
	"envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
	"envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
	"envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
	"google.protobuf.StringValue",
	"xds.type.matcher.v3.IPMatcher",
}

// typeOf looks into the envelopes in which istiod sends what it has no Go type for.
func typeOf(a *anypb.Any) string {
	url := a.GetTypeUrl()
	switch url {
	case prefix + "udpa.type.v1.TypedStruct":
		var t udpa.TypedStruct
		if a.UnmarshalTo(&t) == nil {
			url = t.TypeUrl
		}
	case prefix + "xds.type.v3.TypedStruct":
		var t xdstype.TypedStruct
		if a.UnmarshalTo(&t) == nil {
			url = t.TypeUrl
		}
	}
	if len(url) > len(prefix) && url[:len(prefix)] == prefix {
		return url[len(prefix):]
	}
	return url
}
