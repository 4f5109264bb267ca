package access

import "slices"

const (
	whyTCP       = "a route of connections to a Service is NOT JUDGED"
	whyPool      = "a route to a pool is NOT JUDGED"
	whyAnswer    = "it changes what is answered, or how long that may take"
	byListener   = "at_listener.go"
	byRouteFile  = "read_route.go"
	byOthers     = "read_others.go"
	whyOnce      = "its fields say what counts"
	whyTLS       = "it changes who may connect, and how the gateway does"
	whyNoRelease = "no supported release reads it"
	whyRedirect  = "that the rule redirects says its type, and where the client goes next is another request"
)

// gatewayParts are the Gateway API and its extension for inference.
var gatewayParts = []ledgerPart{
	{gatewayGroup, "Gateway", ofPolicies, slices.Concat([]ledgerLine{
		judgedBy("spec", "read_gateway.go", "TestBindingAndCapture"),
		judgedBy("spec.gatewayClassName", "at_foreign.go", "TestGatewaysOfOtherClasses"),
		judgedBy("spec.addresses", "read_gateway.go", "TestNetworkPoliciesAndAnUnknownIngress"),
		harmless("spec.addresses.*", "who reaches a gateway's address is not judged"),
		judgedBy("spec.infrastructure", "read_gateway.go", "TestGatewayPolicies"),
		judgedBy("spec.infrastructure.labels", "read_gateway.go", "TestGatewayPolicies"),
		judgedBy("spec.infrastructure.annotations", "read_named.go", "TestCloudsByName"),
		harmless("spec.defaultScope", whyNoRelease),
		notJudged("spec.tls", ofProxies, whyTLS), notJudged("spec.tls.*", ofNothing, "tls covers it"),
	}, judgedFields("spec.infrastructure.parametersRef", "read_overlay.go", "TestParameters", "group", "kind", "name"),
		namespaceLines("spec.allowedListeners", "TestListenersOfAListenerSet"), listenerLines())},
	{gatewayGroup, "GatewayClass", ofEnvoys, []ledgerLine{
		judgedBy("spec", "read_gateway.go", "TestClouds"),
		judgedBy("spec.controllerName", "at_foreign.go", "TestGatewaysOfOtherClasses"),
		harmless("spec.description", "it is a text"),
		harmless("spec.parametersRef", whyNoRelease), harmless("spec.parametersRef.*", whyNoRelease),
	}},
	{gatewayGroup, "HTTPRoute", ofRoute, slices.Concat(routeLines("TestRoutes"),
		judgedFields("spec.rules.matches.path", byRouteFile, "TestRoutes", "type", "value"),
		judgedFields("spec.rules.matches.queryParams", byRouteFile, "TestRoutes", "type", "name", "value"),
		judgedFields("spec.rules.filters.urlRewrite", byRouteFile, "TestRouteFilters", "hostname", "path", "path.replaceFullPath", "path.replacePrefixMatch"), []ledgerLine{
			judgedBy("spec.rules.matches.method", byRouteFile, "TestRoutes"),
			harmless("spec.rules.filters.requestRedirect", whyRedirect), harmless("spec.rules.filters.requestRedirect.*", whyRedirect),
			harmless("spec.rules.filters.urlRewrite.path.type", "the API server rejects one that does not match the other field of path"),
			harmless("spec.rules.filters.cors", whyAnswer), harmless("spec.rules.filters.cors.*", whyAnswer),
			notJudgedBy("spec.rules.filters.externalAuth", byRouteFile, "TestWhatARouteHasBeside", "the route is NOT JUDGED"),
			notJudgedBy("spec.rules.filters.externalAuth.*", byRouteFile, "TestWhatARouteHasBeside", "the route is NOT JUDGED"),
			harmless("spec.rules.timeouts", whyAnswer), harmless("spec.rules.timeouts.*", whyAnswer),
			harmless("spec.rules.retry", whyAnswer), harmless("spec.rules.retry.*", whyAnswer),
		})},
	{gatewayGroup, "GRPCRoute", ofRoute, slices.Concat(routeLines("TestGRPCRoutes"),
		judgedFields("spec.rules.matches.method", "read_grpcroute.go", "TestMatchesOfAGRPCRoute", "type", "service", "method"))},
	{gatewayGroup, "TCPRoute", ofProxies, []ledgerLine{notJudgedBy("spec.*", "at_unfollowed.go", "TestUnfollowedRoutes", whyTCP)}},
	{gatewayGroup, "TLSRoute", ofProxies, []ledgerLine{notJudgedBy("spec.*", "at_unfollowed.go", "TestUnfollowedRoutes", whyTCP)}},
	{gatewayGroup, "UDPRoute", ofProxies, []ledgerLine{harmless("spec.*", "no supported release serves UDP")}},
	{gatewayGroup, "ReferenceGrant", ofNamespace, slices.Concat([]ledgerLine{judgedBy("spec", byRouteFile, "TestRouteIntoAnotherNamespaceNeedsAGrant")},
		judgedFields("spec.from", byRouteFile, "TestRouteIntoAnotherNamespaceNeedsAGrant", "group", "kind", "namespace"),
		judgedFields("spec.to", byRouteFile, "TestRouteIntoAnotherNamespaceNeedsAGrant", "group", "kind", "name"))},
	{gatewayGroup, "ListenerSet", ofRoute, slices.Concat([]ledgerLine{judgedBy("spec", byListener, "TestListenersOfAListenerSet")},
		judgedFields("spec.parentRef", byListener, "TestListenersOfAListenerSet", "group", "kind", "name", "namespace"), listenerLines())},
	{"gateway.networking.x-k8s.io", "XListenerSet", ofRoute, []ledgerLine{
		notJudgedBy("spec.*", byListener, "TestListenersOfAListenerSet", "a route by its listeners is NOT JUDGED"),
	}},
	{gatewayGroup, "BackendTLSPolicy", ofHop, []ledgerLine{
		notJudged("spec", ofHop, "a proxy that speaks TLS of its own is not understood, or has no identity"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
	{"gateway.networking.x-k8s.io", "XBackendTrafficPolicy", ofNothing, []ledgerLine{harmless("spec.*", whyWhichPod)}},
	{"inference.networking.k8s.io", "InferencePool", ofNothing, []ledgerLine{notJudgedBy("spec.*", "at_unfollowed.go", "TestInferencePools", whyPool)}},
	{"inference.networking.x-k8s.io", "*", ofNothing, []ledgerLine{notJudgedBy("spec.*", "at_unfollowed.go", "TestInferencePools", whyPool)}},
	{"inference.networking.k8s.io", "*", ofNothing, []ledgerLine{harmless("spec.*", "it is about pools, and "+whyPool)}},
}

// otherLines are about kinds of API groups that are neither Istio's nor the Gateway API's.
var otherLines = []ledgerLine{
	notJudgedBy("any other kind: spec.targetRefs", byOthers, "TestPoliciesOfOthers", "what it is attached to (a Gateway, a GatewayClass, a Service, a route or a ListenerSet) is NOT JUDGED"),
	notJudgedBy("any other kind: spec.targetRef", byOthers, "TestPoliciesOfOthers", "as targetRefs"),
	notJudgedBy("any other kind: spec.targetSelectors", byOthers, "TestPoliciesOfOthers", "everything in its namespace is NOT JUDGED"),
	notJudgedBy("EndpointSlice endpoints", "read_endpointslice.go", "TestEndpointSlices", "requests to its Service are NOT JUDGED, unless endpointslice-controller.k8s.io has made it of the Service's pods"),
	harmless("Endpoints subsets", "Kubernetes makes them of the Service's pods, and a Service without a selector is NOT JUDGED"),
}

// judgedFields are the lines of a field and of those below it. One that is misspelt is none of them, so that what it was to narrow is NOT JUDGED.
func judgedFields(path, file, test string, below ...string) []ledgerLine {
	lines := []ledgerLine{judgedBy(path, file, test)}
	for _, f := range below {
		lines = append(lines, judgedBy(path+"."+f, file, test))
	}
	return lines
}

// namespaceLines are those of a field that says which namespaces may attach something.
func namespaceLines(path, test string) []ledgerLine {
	return judgedFields(path, byListener, test, "namespaces", "namespaces.from", "namespaces.selector", "namespaces.selector.*")
}

// listenerLines are those of a Gateway or a ListenerSet.
func listenerLines() []ledgerLine {
	const routes = "spec.listeners.allowedRoutes"
	return append(slices.Concat(namespaceLines(routes, "TestListenersHaveRoutesOfTheirOwn"), judgedFields(routes+".kinds", byListener, "TestListenersHaveRoutesOfTheirOwn", "group", "kind")),
		judgedBy("spec.listeners", byListener, "TestListenersHaveRoutesOfTheirOwn"),
		judgedBy("spec.listeners.name", byListener, "TestListenersHaveRoutesOfTheirOwn"),
		judgedBy("spec.listeners.hostname", byListener, "TestHostnamesAreIsolated"),
		judgedBy("spec.listeners.port", byListener, "TestListenersOfAListenerSet"),
		judgedBy("spec.listeners.protocol", byListener, "TestListenersHaveRoutesOfTheirOwn"),
		judgedBy("spec.listeners.tls", byListener, "TestListenersHaveRoutesOfTheirOwn"),
		judgedBy("spec.listeners.tls.mode", byListener, "TestListenersHaveRoutesOfTheirOwn"),
		harmless("spec.listeners.tls.certificateRefs", "whose certificate a gateway shows decides nothing that is judged"),
		harmless("spec.listeners.tls.certificateRefs.*", "whose certificate a gateway shows decides nothing that is judged"),
		notJudgedBy("spec.listeners.tls.options", byListener, "TestListenersWithOptions", "options of TLS, such as gateway.istio.io/tls-terminate-mode, change who may connect"))
}

// routeLines are those that HTTPRoutes and GRPCRoutes share. What has no line makes the route one of which nobody knows what it does.
func routeLines(test string) []ledgerLine {
	lines := []ledgerLine{judgedBy("spec", byRouteFile, test), judgedBy("spec.rules", byRouteFile, test), judgedBy("spec.rules.matches", byRouteFile, test),
		judgedBy("spec.rules.filters", byRouteFile, "TestRouteFilters"), judgedBy("spec.rules.filters.type", byRouteFile, "TestRouteFilters"),
		judgedBy("spec.rules.backendRefs.filters", byRouteFile, "TestWhatARouteHasBeside"),
		notJudgedBy("spec.rules.backendRefs.filters.*", byRouteFile, "TestWhatARouteHasBeside", "filters of a backendRef make the rule NOT JUDGED"),
		judgedBy("spec.hostnames", byRouteFile, "TestOneVirtualHost"),
		harmless("spec.rules.name", "nothing refers to it"),
		harmless("spec.useDefaultGateways", whyNoRelease),
		harmless("spec.rules.sessionPersistence", whyWhichPod), harmless("spec.rules.sessionPersistence.*", whyWhichPod),
		harmless("spec.rules.filters.responseHeaderModifier", whyAnswer), harmless("spec.rules.filters.responseHeaderModifier.*", whyAnswer),
		notJudgedBy("spec.rules.filters.extensionRef", byRouteFile, "TestWhatARouteHasBeside", "the route is NOT JUDGED"),
		notJudgedBy("spec.rules.filters.extensionRef.*", byRouteFile, "TestWhatARouteHasBeside", "the route is NOT JUDGED"),
		notJudgedBy("spec.rules.filters.requestMirror", byRouteFile, "TestUnfollowedRoutes", "a Service that gets copies of requests is NOT JUDGED"),
		notJudgedBy("spec.rules.filters.requestMirror.*", byRouteFile, "TestUnfollowedRoutes", "a Service that gets copies of requests is NOT JUDGED"),
	}
	lines = append(lines, judgedFields("spec.rules.filters.requestHeaderModifier", byRouteFile, "TestRouteFilters",
		"set", "set.name", "set.value", "add", "add.name", "add.value", "remove")...)
	lines = append(lines, judgedFields("spec.rules.matches.headers", byRouteFile, "TestARouteByAnUnknownHeader", "type", "name", "value")...)
	for _, f := range [6]string{"", ".group", ".kind", ".namespace", ".name", ".port"} {
		lines = append(lines, judgedBy("spec.parentRefs"+f, byRouteFile, "TestListenersHaveRoutesOfTheirOwn"), judgedBy("spec.rules.backendRefs"+f, byRouteFile, test))
	}
	return append(lines, judgedBy("spec.parentRefs.sectionName", byRouteFile, "TestListenersHaveRoutesOfTheirOwn"), judgedBy("spec.rules.backendRefs.weight", byRouteFile, "TestWhatARouteHasBeside"))
}

// overlayLines are what a ConfigMap may change of the objects that istiod makes for a Gateway. What has no line is NOT JUDGED.
var overlayLines = []ledgerLine{
	harmless("horizontalPodAutoscaler.*", "it is about how many pods there are"),
	harmless("podDisruptionBudget.*", "it is about how many pods there are"),
	harmless("serviceAccount.metadata.annotations", "an identity has no annotations"),
	harmless("service.metadata.annotations", "it says from where a gateway is reached"),
	harmless("service.spec.type", "it says from where a gateway is reached"),
	harmless("service.spec.externalTrafficPolicy", "it says from where a gateway is reached"),
	harmless("service.spec.loadBalancerClass", "it says from where a gateway is reached"),
	harmless("service.spec.loadBalancerIP", "it says from where a gateway is reached"),
	harmless("service.spec.loadBalancerSourceRanges", "it says from where a gateway is reached"),
	harmless("deployment.spec.replicas", "it is about how many pods there are"),
	harmless("deployment.spec.strategy", "it is about how many pods there are"),
	harmless("deployment.spec.minReadySeconds", "it is about how many pods there are"),
	harmless("deployment.spec.template.spec.affinity", whyTopology),
	harmless("deployment.spec.template.spec.tolerations", whyTopology),
	harmless("deployment.spec.template.spec.nodeSelector", whyTopology),
	harmless("deployment.spec.template.spec.topologySpreadConstraints", whyTopology),
	harmless("deployment.spec.template.spec.priorityClassName", whyTopology),
	harmless("deployment.spec.template.spec.terminationGracePeriodSeconds", whyResources),
	harmless("deployment.spec.template.spec.securityContext", "it is about the pod's rights on its node"),
	harmless("deployment.spec.template.spec.containers.name", "it says which container"),
	harmless("deployment.spec.template.spec.containers.resources", whyResources),
	harmless("deployment.spec.template.spec.containers.securityContext", "it is about the container's rights on its node"),
}
