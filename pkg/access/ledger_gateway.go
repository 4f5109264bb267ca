package access

const whyRoute = "a rule whose filters, matches or backends are not followed is NOT JUDGED"

// gatewayParts are the Gateway API and its extension for inference.
var gatewayParts = []ledgerPart{
	{gatewayGroup, "Gateway", ofPolicies, []ledgerLine{
		judgedBy("spec", "read_gateway.go", "TestBindingAndCapture"),
		judgedBy("spec.gatewayClassName", "at_waypoint.go", "TestBindingAndCapture"),
		judgedBy("spec.addresses", "read_gateway.go", "TestNetworkPoliciesAndAnUnknownIngress"),
		harmless("spec.addresses.*", "who reaches a gateway's address is not judged"),
		judgedBy("spec.infrastructure", "read_gateway.go", "TestGatewayPolicies"),
		judgedBy("spec.infrastructure.labels", "read_gateway.go", "TestGatewayPolicies"),
		elsewhere("spec.infrastructure.annotations", "its names have lines of their own"),
		judgedBy("spec.infrastructure.parametersRef", "read_overlay.go", "TestParameters"),
		judgedBy("spec.infrastructure.parametersRef.*", "read_overlay.go", "TestParameters"),
		judgedBy("spec.listeners", "read_gateway.go", "TestWaypointOfAnotherNamespace"),
		elsewhere("spec.listeners.*", "listeners are read as far as routes hang on them"),
		elsewhere("spec.allowedListeners", "listeners of others are not followed"), elsewhere("spec.allowedListeners.*", "listeners of others are not followed"),
		harmless("spec.defaultScope", "Istio 1.31 does not read it"),
		notJudged("spec.tls", ofProxies, "it changes who may connect, and how the gateway does"), notJudged("spec.tls.*", ofNothing, "tls covers it"),
	}},
	{gatewayGroup, "GatewayClass", ofEnvoys, []ledgerLine{
		judgedBy("spec", "read_gateway.go", "TestClouds"),
		judgedBy("spec.controllerName", "read_gateway.go", "TestClouds"),
		harmless("spec.description", "it is a text"),
		harmless("spec.parametersRef", "Istio 1.31 does not read it"), harmless("spec.parametersRef.*", "Istio 1.31 does not read it"),
	}},
	{gatewayGroup, "HTTPRoute", ofProxies, []ledgerLine{elsewhere("spec.*", whyRoute)}},
	{gatewayGroup, "GRPCRoute", ofProxies, []ledgerLine{elsewhere("spec.*", whyRoute)}},
	{gatewayGroup, "TCPRoute", ofProxies, []ledgerLine{elsewhere("spec.*", "TCP through the ingress is NOT JUDGED")}},
	{gatewayGroup, "TLSRoute", ofProxies, []ledgerLine{elsewhere("spec.*", "TCP through the ingress is NOT JUDGED")}},
	{gatewayGroup, "UDPRoute", ofProxies, []ledgerLine{harmless("spec.*", "Istio 1.31 serves no UDP")}},
	{gatewayGroup, "ReferenceGrant", ofNothing, []ledgerLine{judgedBy("spec.*", "read_route.go", "TestRouteIntoAnotherNamespaceNeedsAGrant")}},
	{gatewayGroup, "ListenerSet", ofProxies, []ledgerLine{elsewhere("spec.*", "listeners of others are not followed")}},
	{"gateway.networking.x-k8s.io", "XListenerSet", ofProxies, []ledgerLine{elsewhere("spec.*", "listeners of others are not followed")}},
	{gatewayGroup, "BackendTLSPolicy", ofHop, []ledgerLine{
		notJudged("spec", ofHop, "a proxy that speaks TLS of its own is not understood, or has no identity"), notJudged("spec.*", ofNothing, "spec covers it"),
	}},
	{"gateway.networking.x-k8s.io", "XBackendTrafficPolicy", ofNothing, []ledgerLine{harmless("spec.*", whyWhichPod)}},
	{"inference.networking.k8s.io", "InferencePool", ofNothing, []ledgerLine{elsewhere("spec.*", whyRoute)}},
	{"inference.networking.x-k8s.io", "*", ofNothing, []ledgerLine{elsewhere("spec.*", whyRoute)}},
	{"inference.networking.k8s.io", "*", ofNothing, []ledgerLine{elsewhere("spec.*", whyRoute)}},
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
