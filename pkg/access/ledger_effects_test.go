package access

import (
	"strings"
	"testing"
)

// effects say of each test that a judged line names what the line's field decides, for docs/istio-fields.md.
var effects = map[string]string{
	"read_attachment.go, TestZtunnelDryRunAndRoot":                 "which pods, gateways and waypoints take it: the pods with these labels",
	"read_attachment.go, TestWhichPoliciesAWaypointTakes":          "which gateways, waypoints and Services take it",
	"read_policy.go, TestZtunnel":                                  "whom a policy allows or denies, and what",
	"read_policy.go, TestZtunnelDryRunAndRoot":                     "whether the policy is only a dry run, which decides nothing",
	"at_custom.go, TestCustomProviders":                            "which authorizer is asked; without one the request is denied",
	"read_when.go, TestWaypointRules":                              "a condition of a rule",
	"match_envoy.go, TestWaypointRules":                            "which clients or requests a rule matches",
	"read_authentication.go, TestTokens":                           "which tokens a proxy takes; others get 401",
	"read_jwtrule.go, TestTokens":                                  "which tokens a proxy takes; others get 401",
	"read_jwtrule.go, TestRulesAreTriedByIssuer":                   "whose tokens a proxy takes; others get 401",
	"read_jwtrule.go, TestATokenIsFoundWhereARuleLooks":            "where a proxy looks for a token, which gets 401 if it is not valid",
	"match_token.go, TestAudiences":                                "for whom a token must be; others get 401",
	"at_token.go, TestTokens":                                      "which header a token's payload is in; one that the client wrote is removed",
	"at_token.go, TestHeadersAreStrippedRuleByRule":                "which header has a claim of the token; one that the client wrote is removed",
	"at_token.go, TestATokenThatTheIngressKeepsIsNotVerifiedAgain": "whether the token goes on, so that a waypoint can verify it again",
	"at_token.go, TestClaimsThatAreWords":                          "which claims are a list of words to a policy",
	"at_token.go, TestARequiredToken":                              "whether a request without a token gets 401",
	"at_pods.go, TestPeerAuthentication":                           "whether a pod takes plain text",
	"at_cloud.go, TestClouds":                                      "to which Service the rest applies, which makes requests to it NOT JUDGED",
	"read_sidecar.go, TestWhatASidecarKnows":                       "which Services the sidecars of these clients know; what they do not know they call without an identity",
	"read_gateway.go, TestBindingAndCapture":                       "under which account the proxy of a Gateway calls",
	"at_foreign.go, TestGatewaysOfOtherClasses":                    "whether Istio's policies hold at a Gateway; at one of another controller nothing is judged",
	"read_gateway.go, TestClouds":                                  "whether Istio's policies hold at a Gateway; at one of another controller nothing is judged",
	"read_gateway.go, TestNetworkPoliciesAndAnUnknownIngress":      "whether istiod deploys the gateway; with an address it does not, and the gateway may serve more",
	"read_gateway.go, TestGatewayPolicies":                         "the labels of a gateway's pods, by which policies select them",
	"read_named.go, TestCloudsByName":                              "settings of a gateway's pods; those that change the proxy make it NOT JUDGED",
	"read_overlay.go, TestParameters":                              "a ConfigMap with changes of a gateway's pods; most make it NOT JUDGED",
	"at_listener.go, TestListenersOfAListenerSet":                  "which listeners a Gateway has, and which ListenerSets it admits",
	"at_listener.go, TestListenersHaveRoutesOfTheirOwn":            "which routes a listener takes, and whether it reads requests",
	"at_listener.go, TestHostnamesAreIsolated":                     "for which hosts a listener has routes",
	"read_route.go, TestRoutes":                                    "which requests a route takes, and where they go",
	"read_route.go, TestGRPCRoutes":                                "which requests a route takes, and where they go",
	"read_grpcroute.go, TestMatchesOfAGRPCRoute":                   "which requests a route takes",
	"read_route.go, TestARouteByAnUnknownHeader":                   "which requests a route takes, by a header",
	"read_route.go, TestRouteFilters":                              "what a route changes of a request, which later policies see changed",
	"read_route.go, TestWhatARouteHasBeside":                       "whether a backend gets requests (weight 0 gets none); filters of its own make the rule NOT JUDGED",
	"read_route.go, TestOneVirtualHost":                            "for which hosts a route is",
	"read_route.go, TestListenersHaveRoutesOfTheirOwn":             "which gateways, listeners or Services a route hangs on",
	"read_route.go, TestRouteIntoAnotherNamespaceNeedsAGrant":      "whether a route may lead into another namespace",
	"read_mesh.go, TestTrustDomain":                                "how every identity in the mesh begins",
	"read_mesh.go, TestPrincipalsAndTrustDomains":                  "which other beginnings of an identity in a policy mean the same",
	"read_mesh.go, TestGatewayPolicies":                            "the namespace whose policies hold in all others",
	"match_path.go, TestNormalize":                                 "how a proxy writes a path before policies and routes see it",
	"at_capture.go, TestBindingAndCapture":                         "whether a pod is in the mesh",
	"at_capture.go, TestMembership":                                "whether a pod has a sidecar",
	"at_waypoint.go, TestIngressUsesTheWaypointOnlyWhenToldTo":     "whether gateways go through the waypoint too",
	"at_waypoint.go, TestBindingAndCapture":                        "which waypoint judges requests to a Service or a pod",
	"at_waypoint.go, TestWaypointOfAnotherNamespace":               "which waypoint judges requests to a Service or a pod",
	"read_departure.go, TestPodsThatBypassInboundCapture":          "whether connections to a pod pass ztunnel by",
	"at_sidecar.go, TestPodsWithSidecars":                          "whether a pod has a proxy of its own, and which of its ports pass that by",
	"read_workload.go, TestZtunnelDryRunAndRoot":                   "which Services and policies select a pod",
	"read_workload.go, TestBindingAndCapture":                      "under which account a pod calls",
	"read_workload.go, TestPodsOfOneAccountThatDiffer":             "under which account a pod calls",
	"read_workload.go, TestPodAddressesAndClients":                 "which port a Service means by a name",
	"read_capture.go, TestMembershipAsConfigured":                  "which pods get a sidecar",
	"read_poddefault.go, TestPodDefaults":                          "labels and annotations of pods that it selects",
	"read_installer.go, TestInstallers":                            "meshConfig, as an installer writes it",
	"read_agent.go, TestAgents":                                    "whether it is Istio's own ztunnel that enforces policies",
	"read_identity.go, TestLocalObjects":                           "whether the object is in the cluster at all",
}

// judgedRow is a row of the page for the first of some lines and for those behind it that are of the same kind and decide the same.
func judgedRow(lines []ledgerLine) (row string, n int) {
	kind, _, ofKind := strings.Cut(lines[0].path, " ")
	same := func(l *ledgerLine) bool {
		return l.state == isJudged && effects[l.why] == effects[lines[0].why] && fileOf(l) == fileOf(&lines[0]) && l.note() == lines[0].note() &&
			(l.path == lines[0].path || ofKind && strings.HasPrefix(l.path, kind+" "))
	}
	row = "| `" + lines[0].path + "`"
	for n = 1; n < len(lines) && same(&lines[n]); n++ {
		_, path, _ := strings.Cut(lines[n].path, " ")
		row += ", `" + path + "`"
	}
	return row + lines[0].note() + " | judged | " + effects[lines[0].why] + " (" + fileOf(&lines[0]) + ") |\n", n
}

func fileOf(l *ledgerLine) string {
	file, _, _ := strings.Cut(l.why, ", ")
	return file
}

// Each judged line says on the page what it decides.
func TestEachJudgedLineSaysWhatItDecides(t *testing.T) {
	used := map[string]bool{}
	for _, s := range allLines() {
		for _, l := range s.lines {
			if l.state == isJudged {
				used[l.why] = true
				if effects[l.why] == "" {
					t.Errorf("%s %s: effects has no %q", s.title, l.path, l.why)
				}
			}
		}
	}
	for why := range effects {
		if !used[why] {
			t.Errorf("no line names %q", why)
		}
	}
}
