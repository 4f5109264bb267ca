package access

const networkingGroup = "networking.istio.io"

const (
	whyOthersRoute = "where it leads is NOT JUDGED"
	whyWhichPod    = "it chooses among endpoints that are judged alike, or refuses for load"
	whyListener    = "it changes which requests of a pod its sidecar takes"
	whyLog         = "what is written down about requests changes none"
)

// networkingParts are networking.istio.io.
var networkingParts = []ledgerPart{
	{networkingGroup, "EnvoyFilter", ofProxies, []ledgerLine{
		notJudged("spec", ofProxies, "it changes the proxy itself"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
	{networkingGroup, "Gateway", ofNamespace, []ledgerLine{
		notJudgedBy("spec.*", "at_unfollowed.go", "TestMergedVirtualServices", whyOthersRoute),
	}},
	{networkingGroup, "VirtualService", ofNamespace, []ledgerLine{
		notJudgedBy("spec.*", "at_meshroute.go", "TestRoutesOfAService", whyOthersRoute+", except for one that leads every request to the same place"),
	}},
	{networkingGroup, "DestinationRule", ofHop, destinationLines()},
	{networkingGroup, "ServiceEntry", ofService, []ledgerLine{
		notJudged("spec", ofService, "it changes what a host leads to"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
	{networkingGroup, "WorkloadEntry", ofService, []ledgerLine{
		notJudged("spec", ofService, "Services that select its labels lead to its address too"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
	{networkingGroup, "WorkloadGroup", ofService, []ledgerLine{
		notJudged("spec", ofService, "Services that select its labels lead to addresses that join it"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
	{networkingGroup, "Sidecar", ofSidecars, []ledgerLine{
		harmless("spec", "its fields say what counts"),
		judgedBy("spec.workloadSelector", "read_sidecar.go", "TestWhatASidecarKnows"),
		judgedBy("spec.workloadSelector.labels", "read_sidecar.go", "TestWhatASidecarKnows"),
		judgedBy("spec.egress", "read_sidecar.go", "TestWhatASidecarKnows"),
		judgedBy("spec.egress.hosts", "read_sidecar.go", "TestWhatASidecarKnows"),
		notJudged("spec.egress.port", ofSidecars, whyListener), notJudged("spec.egress.port.*", ofNothing, "port covers it"),
		notJudged("spec.egress.bind", ofSidecars, whyListener),
		notJudged("spec.egress.captureMode", ofSidecars, whyListener),
		notJudged("spec.ingress", ofSidecars, "it changes what the sidecar takes"), notJudged("spec.ingress.*", ofNothing, "ingress covers it"),
		notJudged("spec.outboundTrafficPolicy", ofSidecars, "it changes what becomes of requests to Services that the sidecar does not know"),
		notJudged("spec.outboundTrafficPolicy.*", ofNothing, "outboundTrafficPolicy covers it"),
		harmless("spec.inboundConnectionPool", whyWhichPod), harmless("spec.inboundConnectionPool.*", whyWhichPod),
	}},
	{networkingGroup, "ProxyConfig", ofProxies, []ledgerLine{
		harmless("spec", "its fields say what counts"),
		harmless("spec.selector", "it narrows where the rest applies"),
		harmless("spec.selector.matchLabels", "it narrows where the rest applies"),
		harmless("spec.concurrency", "the number of a proxy's threads decides nothing"),
		notJudged("spec.environmentVariables", ofProxies, "they change what the proxy asks istiod for", "{}"),
		harmless("spec.image", "all types of the image decide alike"), harmless("spec.image.imageType", "all types of the image decide alike"),
	}},
	{"telemetry.istio.io", "*", ofNothing, []ledgerLine{harmless("*", whyLog)}},
}

// destinationLines: Istio 1.31: toward pods in the mesh HBONE comes before the modes ISTIO_MUTUAL and DISABLE (applyHBONETransportSocketMatches
// of a gateway, buildWaypointTLSContext of a waypoint).
func destinationLines() []ledgerLine {
	lines := []ledgerLine{
		harmless("spec", "its fields say what counts"),
		judgedBy("spec.host", "at_cloud.go", "TestClouds"),
		harmless("spec.exportTo", "it narrows who takes the rest; all are taken to"),
		harmless("spec.workloadSelector", "it narrows who takes the rest; all are taken to"),
		harmless("spec.workloadSelector.*", "it narrows who takes the rest; all are taken to"),
		harmless("spec.subsets", "only a VirtualService names a subset"),
		harmless("spec.subsets.*", "only a VirtualService names a subset"),
	}
	for _, at := range [2]string{"spec.trafficPolicy", "spec.trafficPolicy.portLevelSettings"} {
		lines = append(lines,
			harmless(at, "its fields say what counts"),
			harmless(at+".loadBalancer", whyWhichPod), harmless(at+".loadBalancer.*", whyWhichPod),
			harmless(at+".connectionPool", whyWhichPod), harmless(at+".connectionPool.*", whyWhichPod),
			harmless(at+".outlierDetection", whyWhichPod), harmless(at+".outlierDetection.*", whyWhichPod),
			harmless(at+".tls", "its mode says what counts"),
			notJudged(at+".tls.mode", ofHop, "a proxy that speaks TLS of its own is not understood, or has no identity", "ISTIO_MUTUAL", "DISABLE"),
			harmless(at+".tls.*", "only the modes SIMPLE and MUTUAL use it, which are NOT JUDGED"))
	}
	const policy = "spec.trafficPolicy."
	return append(lines,
		harmless(policy+"portLevelSettings.port", "it narrows where the rest applies"),
		harmless(policy+"portLevelSettings.port.number", "it narrows where the rest applies"),
		notJudged(policy+"tunnel", ofHop, "the request goes to another proxy"), notJudged(policy+"tunnel.*", ofNothing, "tunnel covers it"),
		notJudged(policy+"proxyProtocol", ofHop, "the pod gets something else than the request"), notJudged(policy+"proxyProtocol.*", ofNothing, "proxyProtocol covers it"),
		harmless(policy+"retryBudget", whyWhichPod), harmless(policy+"retryBudget.*", whyWhichPod))
}

// extensionParts are extensions.istio.io.
var extensionParts = []ledgerPart{
	{"extensions.istio.io", "*", ofProxies, []ledgerLine{
		notJudged("spec", ofProxies, "it runs code in the proxy"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
}
