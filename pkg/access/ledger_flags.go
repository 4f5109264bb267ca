package access

import (
	"slices"
	"strings"
)

// flagLines are the environment variables of istiod that Istio 1.31 knows.
var flagLines = []ledgerLine{
	notJudged("PILOT_ENABLE_AMBIENT", ofAll, "without it istiod serves neither ztunnel nor waypoints", "true", "1", "t", "T", "TRUE", "True"),
	notJudged("PILOT_ENABLE_AMBIENT_WAYPOINTS", ofAll, "without it there are no waypoints", "true"),
	notJudged("PILOT_ENABLE_SENDING_HBONE", ofAll, "without it gateways have no identity toward ztunnel", "true"),
	notJudged("PILOT_ENABLE_SIDECAR_LISTENING_HBONE", ofEnvoys, "it changes what sidecars take", "true"),
	notJudged("PILOT_PREFER_SENDING_HBONE", ofEnvoys, "it changes how proxies connect", "false"),
	notJudged("PILOT_AUTO_ALLOW_WAYPOINT_POLICY", ofAll, "ztunnel has a policy more for each pod behind a waypoint", "false"),
	notJudged("ENABLE_INGRESS_WAYPOINT_ROUTING", ofGateways, "without it gateways call no waypoint", "true"),
	notJudged("ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES", ofAll, "ztunnel takes policies for the waypoint's traffic too", "false"),
	notJudged("AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY", ofAll, "a ztunnel before 1.29 enforces policies that are a dry run", "false"),
	notJudged("AMBIENT_ENABLE_MULTI_NETWORK", ofAll, "pods of other networks are reached too", "false"),
	notJudged("PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS", ofEnvoys, "policies of several providers are not refused", "false"),
	notJudged("ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY", ofGateways, "without it a selector picks no gateway", "true"),
	notJudged("PILOT_SKIP_VALIDATE_TRUST_DOMAIN", ofAll, "identities of other trust domains are taken", "false"),
	notJudged("ISTIO_MULTIROOT_MESH", ofAll, "it changes whose identities are taken", "false"),
	notJudged("PILOT_ENABLE_GATEWAY_API", ofAll, "without it there are no Gateways", "true"),
	notJudged("PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER", ofEnvoys, "without it istiod makes no pods for Gateways", "true"),
	notJudged("PILOT_ENABLE_GATEWAY_API_GATEWAYCLASS_CONTROLLER", ofEnvoys, "without it there may be no GatewayClass", "true"),
	notJudged("PILOT_ENABLE_GATEWAY_API_COPY_LABELS_ANNOTATIONS", ofGateways, "without it a Gateway's labels do not come to its pods", "true"),
	notJudged("PILOT_GATEWAY_API_DEFAULT_GATEWAYCLASS_NAME", ofEnvoys, "it renames the class of gateways", "istio"),
	notJudged("PILOT_GATEWAY_API_CONTROLLER_NAME", ofEnvoys, "it changes which Gateways istiod serves", "istio.io/gateway-controller"),
	notJudged("ENABLE_GATEWAY_API_MANUAL_DEPLOYMENT", ofGateways, "without it only Gateways that istiod deploys are served", "true"),
	notJudged("PILOT_ENABLE_STRICT_GATEWAY_MERGING", ofGateways, "Gateways of Istio's own kind may add to others", "true"),
	notJudged("PILOT_SCOPE_GATEWAY_TO_NAMESPACE", ofGateways, "it changes which gateway serves what", "false"),
	notJudged("PILOT_ENABLE_ALPHA_GATEWAY_API", ofGateways, "kinds of route are served that are not without it", "false"),
	notJudged("ENABLE_GATEWAY_API_INFERENCE_EXTENSION", ofEnvoys, "routes to InferencePools are served", "false"),
	notJudged("PILOT_FILTER_GATEWAY_CLUSTER_CONFIG", ofGateways, "gateways know only what routes name", "false"),
	notJudged("PILOT_IGNORE_RESOURCES", ofAll, "istiod does not read the kinds that it names"),
	notJudged("ISTIO_WATCH_NAMESPACE", ofAll, "istiod reads one namespace only"),
	notJudged("SHARED_MESH_CONFIG", ofAll, "meshConfig is not all in the ConfigMap istio"),
	notJudged("PILOT_SIDECAR_USE_REMOTE_ADDRESS", ofEnvoys, "it changes which headers proxies take from clients", "false"),
	notJudged("JWKS_RESOLVER_INSECURE_SKIP_VERIFY", ofEnvoys, "keys may come from anybody between istiod and the issuer", "false"),
	notJudged("CA_TRUSTED_NODE_ACCOUNTS", ofAll, "the accounts that it names get every pod's identity on their node", "istio-system/ztunnel", "kube-system/ztunnel"),
	notJudged("PILOT_HTTP10", ofEnvoys, "proxies take requests without a host", "false", "0"),
	notJudged("ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY", ofAll, "an account may join as another's workload", "true"),
	notJudged("XDS_AUTH", ofAll, "istiod does not authenticate its clients", "true"),
	notJudged("PILOT_ENABLE_XDS_IDENTITY_CHECK", ofAll, "a proxy may take another's place", "true"),
	notJudged("TRUSTED_GATEWAY_CIDR", ofAll, "it changes whom istiod trusts"),
	notJudged("PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES", ofNothing, "a Service that a WorkloadEntry fits is NOT JUDGED"),
	notJudged("ENABLE_MCS_CLUSTER_LOCAL", ofAll, "it changes which Services istiod knows", "false"),
	notJudged("ENABLE_MCS_SERVICE_DISCOVERY", ofAll, "it changes which Services istiod knows", "false"),
	notJudged("PILOT_ENABLE_AGENTGATEWAY", ofNothing, "a waypoint of another class is NOT JUDGED with and without it"),
}

// quietFlags are the lines of harmlessFlags.
func quietFlags() []ledgerLine {
	var out []ledgerLine
	for why, names := range harmlessFlags {
		for _, name := range names {
			out = append(out, harmless(name, why))
		}
	}
	slices.SortFunc(out, func(a, b ledgerLine) int { return strings.Compare(a.path, b.path) })
	return out
}

// harmlessFlags are the variables that change no verdict, by the reason.
var harmlessFlags = map[string][]string{
	"where keys and certificates come from does not change whose they are": {
		"PILOT_JWT_ENABLE_REMOTE_JWKS", "PILOT_JWT_PUB_KEY_REFRESH_INTERVAL", "BLOCKED_CIDRS_IN_JWKS_URIS", "CERT_SIGNER_DOMAIN",
		"USE_CACERTS_FOR_SELF_SIGNED_CA", "ENABLE_CA_SERVER", "EXTERNAL_ISTIOD", "PILOT_CA_CERT_CONFIGMAP", "PILOT_CRL_CONFIGMAP", "PILOT_CERT_PROVIDER",
		"PILOT_ENABLE_CA_CRL", "ENABLE_CLUSTER_TRUST_BUNDLE_API", "ISTIOD_CUSTOM_HOST", "TOKEN_AUDIENCES", "COMPLIANCE_POLICY",
	},
	"it counts with several clusters or networks only": {
		"AMBIENT_ENABLE_MULTI_NETWORK_INGRESS", "AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT", "CLUSTER_ID", "ENABLE_HCM_INTERNAL_NETWORKS", "ENABLE_MCS_AUTO_EXPORT",
		"ENABLE_MCS_HOST", "ENABLE_MULTICLUSTER_HEADLESS", "LOCAL_CLUSTER_SECRET_WATCHER", "MCS_API_GROUP", "MCS_API_VERSION", "PILOT_ENABLE_CROSS_CLUSTER_WORKLOAD_ENTRY",
		"PILOT_ENABLE_REMOTE_CREDENTIALS_CONTROLLER", "PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS", "PILOT_MULTICLUSTER_KUBECONFIG_PATH",
		"PILOT_MULTI_NETWORK_DISCOVER_GATEWAY_API", "PILOT_REMOTE_CLUSTER_TIMEOUT", "RESOLVE_HOSTNAME_GATEWAYS",
	},
	"it is about istiod's own work, status, logs or debugging": {
		"AMBIENT_ENABLE_STATUS", "AMBIENT_SCOPED_ADDRESS_PUSHES", "DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES", "ENABLE_DEBUG_ENDPOINT_AUTH", "ENABLE_DEBUG_ON_HTTP",
		"ENABLE_LAZY_SIDECAR_EVALUATION", "ENABLE_LEADER_ELECTION", "ENABLE_PROXY_FIND_POD_BY_IP", "ENABLE_VTPROTOBUF", "ENABLE_XDS_API_GENERATOR_AUTH",
		"INJECTION_WEBHOOK_CONFIG_NAME", "ISTIO_DELTA_XDS", "ISTIO_ENABLE_CONTROLLER_QUEUE_METRICS", "ISTIO_KUBE_CLIENT_CONTENT_TYPE", "METRICS_LOCALHOST_ACCESS_ONLY",
		"MUTEX_PROFILE_FRACTION", "PILOT_ANALYSIS_INTERVAL", "PILOT_ENABLE_ANALYSIS", "PILOT_ENABLE_GATEWAY_API_STATUS", "PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS",
		"PILOT_NODE_UNTAINT_CONTROLLERS_TAINT_NAME", "PILOT_ENVOY_FILTER_STATS", "UNSAFE_ENABLE_ADMIN_ENDPOINTS", "UNSAFE_PILOT_ENABLE_RUNTIME_ASSERTIONS",
		"VALIDATION_WEBHOOK_CONFIG_NAME", "PILOT_STATUS_MAX_WORKERS", "XDS_AUTH_PLAINTEXT",
	},
	"it is about metrics and traces": {
		"AMBIENT_ENABLE_BAGGAGE", "DISABLE_TRACK_REMAINING_CB_METRICS", "LABEL_CANONICAL_SERVICES_FOR_MESH_EXTERNAL_SERVICE_ENTRIES", "PILOT_AGENT_MERGE_ENVOY_STATS",
		"PILOT_DISABLE_MX_ALPN", "PILOT_ENABLE_METADATA_EXCHANGE", "PILOT_ENABLE_TELEMETRY_LABEL", "PILOT_ENDPOINT_TELEMETRY_LABEL", "PILOT_MX_ADDITIONAL_LABELS",
		"PILOT_TRACE_SAMPLING", "PILOT_XDS_CACHE_STATS",
	},
	"it is about time, size or load": {
		"GRPC_KEEPALIVE_INTERVAL", "GRPC_KEEPALIVE_TIMEOUT", "ISTIO_GPRC_MAXRECVMSGSIZE", "ISTIO_GPRC_MAXSTREAMS", "ISTIO_WASM_MAX_BINARY_SIZE_BYTES",
		"MAX_CONNECTIONS_PER_SOCKET_EVENT_LOOP", "PILOT_ALLOW_ANY_DYNAMIC_DNS_MAX_HOSTS", "PILOT_CONVERT_SIDECAR_SCOPE_CONCURRENCY", "PILOT_DEBOUNCE_AFTER",
		"PILOT_DEBOUNCE_MAX", "PILOT_DNS_CARES_UDP_MAX_QUERIES", "PILOT_DNS_JITTER_DURATION", "PILOT_ENABLE_CDS_CACHE", "PILOT_ENABLE_EDS_DEBOUNCE", "PILOT_ENABLE_RDS_CACHE",
		"PILOT_ENABLE_XDS_CACHE", "PILOT_GATEWAY_TRANSPORT_SOCKET_CONNECT_TIMEOUT", "PILOT_HBONE_INITIAL_CONNECTION_WINDOW_SIZE", "PILOT_HBONE_INITIAL_STREAM_WINDOW_SIZE",
		"PILOT_MAX_REQUESTS_PER_SECOND", "PILOT_PUSH_THROTTLE", "PILOT_XDS_CACHE_INDEX_CLEAR_INTERVAL", "PILOT_XDS_CACHE_SIZE", "PILOT_WORKLOAD_ENTRY_GRACE_PERIOD",
	},
	"it chooses among endpoints that are judged alike": {
		"ENABLE_LOCALITY_WEIGHTED_LB_CONFIG", "PILOT_AUTO_SEND_UNHEALTHY_ENDPOINTS", "PILOT_DRAINING_LABEL", "PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES",
		"PILOT_ENABLE_PERSISTENT_SESSION_FILTER", "PILOT_PERSISTENT_SESSION_HEADER_LABEL", "PILOT_PERSISTENT_SESSION_LABEL", "PILOT_SEND_UNHEALTHY_ENDPOINTS",
	},
	"it is about the listeners of a Sidecar, which are NOT JUDGED, about how sidecars are started, or about traffic that leaves the mesh": {
		"ENABLE_NATIVE_SIDECARS", "ENABLE_TLS_ON_SIDECAR_INGRESS", "ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS", "PILOT_ALLOW_SIDECAR_SERVICE_INBOUND_LISTENER_MERGE",
		"PREFER_DESTINATIONRULE_TLS_FOR_EXTERNAL_SERVICES", "PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE", "PILOT_UNIFIED_SIDECAR_SCOPE",
		"ISTIO_ENABLE_IPV4_OUTBOUND_LISTENER_FOR_IPV6_CLUSTERS",
	},
	"ServiceEntries, WorkloadEntries and Wasm plugins are NOT JUDGED whatever it says": {
		"ISTIO_AGENT_ENABLE_WASM_REMOTE_LOAD_CONVERSION", "PILOT_ENABLE_IP_AUTOALLOCATE", "PILOT_ENABLE_SERVICEENTRY_SELECT_PODS",
		"PILOT_ENABLE_WORKLOAD_ENTRY_AUTOREGISTRATION", "PILOT_ENABLE_WORKLOAD_ENTRY_HEALTHCHECKS", "PILOT_IP_AUTOALLOCATE_IPV4_PREFIX", "PILOT_IP_AUTOALLOCATE_IPV6_PREFIX",
	},
	"it changes how a proxy's configuration is written down, and not what it decides": {
		"DISABLE_SHADOW_HOST_SUFFIX", "ENABLE_100_CONTINUE_HEADERS", "ENABLE_ENHANCED_DESTINATIONRULE_MERGE", "ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL", "ISTIO_DUAL_STACK",
		"PILOT_ENABLE_ALPN_FILTER", "PILOT_ENABLE_MONGO_FILTER", "PILOT_ENABLE_MYSQL_FILTER", "PILOT_ENABLE_QUIC_LISTENERS", "PILOT_ENABLE_REDIS_FILTER",
		"PILOT_ENABLE_ROUTE_COLLAPSE_OPTIMIZATION", "PILOT_ENABLE_ABSOLUTE_FQDN_VHOST_DOMAIN", "PILOT_INCLUDE_RESOURCES",
	},
}
