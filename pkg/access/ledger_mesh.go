package access

const (
	whyProxy     = "it changes every proxy itself"
	whyResources = "it is about time, size or load"
	whyFound     = "it changes which Services, endpoints or policies istiod knows"
)

// meshLines are the settings of meshConfig.
var meshLines = []ledgerLine{
	judgedBy("trustDomain", "read_mesh.go", "TestTrustDomain"),
	judgedBy("trustDomainAliases", "read_mesh.go", "TestPrincipalsAndTrustDomains"),
	judgedBy("rootNamespace", "read_mesh.go", "TestGatewayPolicies"),
	judgedBy("pathNormalization", "match_path.go", "TestNormalize"),
	judgedBy("pathNormalization.normalization", "match_path.go", "TestNormalize"),
	judgedBy("extensionProviders", "at_custom.go", "TestCustomProviders"),
	judgedBy("extensionProviders.name", "at_custom.go", "TestCustomProviders"),
	judgedBy("extensionProviders.envoyExtAuthzHttp", "at_custom.go", "TestCustomProviders"),
	judgedBy("extensionProviders.envoyExtAuthzGrpc", "at_custom.go", "TestCustomProviders"),
	notJudgedBy("extensionProviders.envoyExtAuthzHttp.*", "at_custom.go", "TestCustomProviders", "what an authorizer answers is NOT JUDGED"),
	notJudgedBy("extensionProviders.envoyExtAuthzGrpc.*", "at_custom.go", "TestCustomProviders", "what an authorizer answers is NOT JUDGED"),
	harmless("extensionProviders.*", whyLog),
	harmless("defaultProviders", whyLog), harmless("defaultProviders.*", whyLog),

	notJudged("discoverySelectors", ofAll, "istiod does not know the namespaces that it leaves out"), notJudged("discoverySelectors.*", ofNothing, "discoverySelectors covers it"),
	notJudged("configSources", ofAll, whyFound), notJudged("configSources.*", ofNothing, "configSources covers it"),
	notJudged("serviceSettings", ofAll, whyFound), notJudged("serviceSettings.*", ofNothing, "serviceSettings covers it"),
	harmless("serviceScopeConfigs", "it counts with several clusters only"), harmless("serviceScopeConfigs.*", "it counts with several clusters only"),
	harmless("serviceEntryVisibility", "a ServiceEntry is NOT JUDGED"), harmless("serviceEntryVisibility.*", "a ServiceEntry is NOT JUDGED"),
	notJudged("defaultServiceExportTo", ofEnvoys, "gateways and waypoints may not know the Services", "*"),
	harmless("defaultDestinationRuleExportTo", "all DestinationRules are taken to apply"),
	notJudged("defaultVirtualServiceExportTo", ofEnvoys, "proxies may not know the VirtualServices of others", "*"),
	notJudged("enableAutoMtls", ofEnvoys, "a proxy may send what it has as plain text", "true"),
	notJudged("caCertificates", ofAll, "it changes whose identities are taken"), notJudged("caCertificates.*", ofNothing, "caCertificates covers it"),
	notJudged("outboundTrafficPolicy", ofSidecars, whySidecar), notJudged("outboundTrafficPolicy.*", ofNothing, "outboundTrafficPolicy covers it"),
	harmless("inboundTrafficPolicy", "it says to which address of its pod a sidecar sends"), harmless("inboundTrafficPolicy.*", "it says to which address of its pod a sidecar sends"),

	harmless("ca", "who signs certificates does not change for whom"), harmless("ca.*", "who signs certificates does not change for whom"),
	harmless("certificates", "Istio 1.31 does not read it"), harmless("certificates.*", "Istio 1.31 does not read it"),
	harmless("meshMTLS", "all proxies of the mesh agree on one"), harmless("meshMTLS.*", "all proxies of the mesh agree on one"),
	harmless("tlsDefaults", "it is about TLS outside the mesh"), harmless("tlsDefaults.*", "it is about TLS outside the mesh"),
	harmless("verifyCertificateAtClient", "it is about TLS outside the mesh"),
	harmless("proxyListenPort", "a port of the sidecar itself"), harmless("proxyInboundListenPort", "a port of the sidecar itself"), harmless("proxyHttpPort", "a port of the sidecar itself"),
	notJudgedBy("ingressClass", "at_unfollowed.go", "TestIngresses", "where an Ingress leads is NOT JUDGED"), notJudgedBy("ingressService", "at_unfollowed.go", "TestIngresses", "where an Ingress leads is NOT JUDGED"),
	notJudgedBy("ingressControllerMode", "at_unfollowed.go", "TestIngresses", "where an Ingress leads is NOT JUDGED"), notJudgedBy("ingressSelector", "at_unfollowed.go", "TestIngresses", "where an Ingress leads is NOT JUDGED"),

	harmless("connectTimeout", whyResources), harmless("hboneIdleTimeout", whyResources), harmless("protocolDetectionTimeout", whyResources),
	harmless("tcpKeepalive", whyResources), harmless("tcpKeepalive.*", whyResources), harmless("dnsRefreshRate", whyResources), harmless("h2UpgradePolicy", whyResources),
	harmless("localityLbSetting", whyWhichPod), harmless("localityLbSetting.*", whyWhichPod), harmless("zoneAwareLbSetting", whyWhichPod), harmless("zoneAwareLbSetting.*", whyWhichPod),
	harmless("defaultHttpRetryPolicy", whyResources), harmless("defaultHttpRetryPolicy.*", whyResources),
	harmless("defaultInboundHttpRetryPolicy", whyResources).since("Istio 1.32"), harmless("defaultInboundHttpRetryPolicy.*", whyResources).since("Istio 1.32"),
	harmless("defaultTrafficPolicy", whyWhichPod), harmless("defaultTrafficPolicy.*", whyWhichPod),
	harmless("enableTracing", whyLog), harmless("accessLogFile", whyLog), harmless("accessLogFormat", whyLog), harmless("accessLogEncoding", whyLog),
	harmless("enableEnvoyAccessLogService", whyLog), harmless("disableEnvoyListenerLog", whyLog),
	harmless("inboundClusterStatName", whyLog), harmless("outboundClusterStatName", whyLog), harmless("enablePrometheusMerge", whyLog),

	harmless("defaultConfig", "its fields say what counts"),
	notJudged("defaultConfig.configPath", ofEnvoys, whyProxy, "./etc/istio/proxy"),
	notJudged("defaultConfig.binaryPath", ofEnvoys, whyProxy, "/usr/local/bin/envoy"),
	notJudged("defaultConfig.customConfigFile", ofEnvoys, whyProxy),
	notJudged("defaultConfig.proxyBootstrapTemplatePath", ofEnvoys, whyProxy),
	notJudged("defaultConfig.caCertificatesPem", ofEnvoys, "it changes whose identities are taken"),
	harmless("defaultConfig.proxyMetadata", "its variables say what counts"),
	harmless("defaultConfig.proxyMetadata.ISTIO_META_ENABLE_HBONE", "Istio's profile ambient sets it, and ambient proxies do not read it"), // Istio 1.31: model Node.EnableHBONEListen
	notJudged("defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE", ofSidecars, whySidecar, "false"), notJudged("defaultConfig.proxyMetadata.ISTIO_META_DNS_AUTO_ALLOCATE", ofSidecars, whySidecar, "false"),
	notJudged("defaultConfig.proxyMetadata.*", ofEnvoys, "it changes what proxies ask istiod for"),
	notJudged("defaultConfig.discoveryAddress", ofEnvoys, "another control plane than istiod says what proxies enforce", "istiod.istio-system.svc*", "istiod-*"),
	notJudged("defaultConfig.runtimeValues", ofEnvoys, whyProxy, "{}"),
	notJudged("defaultConfig.gatewayTopology", ofGateways, "it changes what gateways take from a client's headers and connection", "{}"),
	notJudged("defaultConfig.gatewayTopology.*", ofNothing, "gatewayTopology covers it"),
	notJudged("defaultConfig.proxyHeaders", ofEnvoys, "it changes the headers that proxies write", "{}"), notJudged("defaultConfig.proxyHeaders.*", ofNothing, "proxyHeaders covers it"),
	harmless("defaultConfig.image", "all types of the image decide alike"), harmless("defaultConfig.image.imageType", "all types of the image decide alike"),
	harmless("defaultConfig.connectionSettings", whyResources),
	notJudged("defaultConfig.connectionSettings.profile", ofEnvoys, "it changes how proxies read paths and headers"),
	notJudged("defaultConfig.connectionSettings.httpMergeSlashes", ofEnvoys, "it changes how proxies read paths"),
	notJudged("defaultConfig.connectionSettings.httpPathWithEscapedSlashesAction", ofEnvoys, "it changes how proxies read paths"),
	notJudged("defaultConfig.connectionSettings.httpHeadersWithUnderscoresAction", ofEnvoys, "it changes which headers proxies take"),
	harmless("defaultConfig.connectionSettings.*", whyResources),
	notJudged("defaultConfig.interceptionMode", ofSidecars, whyTraffic, "REDIRECT", "TPROXY"),
	harmless("defaultConfig.privateKeyProvider", "who holds a key does not change whose it is"), harmless("defaultConfig.privateKeyProvider.*", "who holds a key does not change whose it is"),
	harmless("defaultConfig.*", whyResources+", or what is measured"),
}
