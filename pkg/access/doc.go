// Package access judges rendered manifests; it never sees a profile. It decides as Istio does in ambient mode, from Istio's own rules, and
// what it cannot decide it calls NOT JUDGED, which is never an allow. It reads no clock, no environment and no network, and it trusts no
// policy for its name.
//
// It reads from the outside in, and a file's name states the step: read_ turns manifests and AccessChecks into what decides; at_ is a point
// on a request's way; match_ compares one rule or pattern with the request; set_ asks for all clients and targets: explain with requests made from
// the rules in force, claims with all requests that there are (docs/referee.md); diff compares two worlds, and lock keeps the sets of one as text; moment.go holds a moment of a change against its ends; find_ looks for what is probably wrong; write_ prints. ledger_ is the table of every field, label, annotation, setting
// and flag: judged, harmless, or NOT JUDGED. What it does not judge is a cloud (read_cloud.go) over the verdicts that it could change
// (at_cloud.go).
//
// Most of it does what Istio, the Gateway API, Kubernetes, Envoy and ztunnel do. The table says which function is followed in which file, and at which
// version. test/conformance asks Istio's own code at these versions. Envoy and ztunnel are not Go: the version of Envoy is that of its API,
// and ztunnel's is the commit that istio.deps of this Istio pins.
//
//	istio.io/istio v0.0.0-20260827124520-eed52ebb66ad
//	  cni/pkg/nodeagent getPodLevelTrafficOverrides                        read_departure.go
//	  cni/pkg/nodeagent reconcilePod                                       at_capture.go
//	  cni/pkg/util CheckBooleanAnnotation                                  read_departure.go
//	  cni/pkg/util Matches                                                 at_capture.go
//	  cni/pkg/util podHasSidecar                                           at_capture.go
//	  cni/pkg/util SplitExcludeNamespaces                                  read_cni.go
//	  pilot/pkg/bootstrap getConfigurationSources                          read_istiod.go
//	  pilot/pkg/bootstrap getMeshConfigMapName                             read_istiod.go
//	  pilot/pkg/config/kube/gateway buildDestination                       read_route.go
//	  pilot/pkg/config/kube/gateway buildListener                          at_listener.go
//	  pilot/pkg/config/kube/gateway computeRoute                           read_route.go
//	  pilot/pkg/config/kube/gateway convertGRPCRoute                       read_grpcroute.go
//	  pilot/pkg/config/kube/gateway createGRPCURIMatch                     read_grpcroute.go
//	  pilot/pkg/config/kube/gateway createRewriteFilter                    at_route.go
//	  pilot/pkg/config/kube/gateway createURIMatch                         read_route.go
//	  pilot/pkg/config/kube/gateway extractGatewayServices                 find_gateway.go
//	  pilot/pkg/config/kube/gateway GatewayCollection                      at_listener.go
//	  pilot/pkg/config/kube/gateway hostnameAllowedByIsolation             at_listener.go
//	  pilot/pkg/config/kube/gateway ListenerSetCollection                  read_listenerset.go
//	  pilot/pkg/config/kube/gateway mergeHTTPRoutes                        at_routetable.go
//	  pilot/pkg/config/kube/gateway referenceAllowed                       at_listener.go
//	  pilot/pkg/config/kube/gateway sortHTTPRoutes                         at_routetable.go
//	  pilot/pkg/config/kube/gateway toInternalParentReference              read_route.go
//	  pilot/pkg/config/kube/gatewaycommon applyOverlay                     read_overlay.go
//	  pilot/pkg/config/kube/gatewaycommon GetDefaultName                   read_gateway.go
//	  pilot/pkg/config/kube/gatewaycommon IsManaged                        read_gateway.go
//	  pilot/pkg/config/kube/gatewaycommon setLabelOverrides                at_ingress.go
//	  pilot/pkg/config/kube/ingress convertIngressRule                     read_leadpath.go
//	  pilot/pkg/config/kube/ingress shouldProcessIngressWithClass          read_entrance.go
//	  pilot/pkg/model getConfigsForWorkload                                at_order.go
//	  pilot/pkg/model getMatchedEnvoyFilters                               at_cloud.go
//	  pilot/pkg/model ListAuthorizationPolicies                            at_policies.go
//	  pilot/pkg/model ResolveShortnameToFQDN                               read_lead.go
//	  pilot/pkg/model ShouldAttachPolicy                                   at_policies.go
//	  pilot/pkg/model sortConfigByCreationTime                             read_authentication.go
//	  pilot/pkg/networking/core applyHBONETransportSocketMatches           ledger_networking.go
//	  pilot/pkg/networking/core buildHTTPConnectionManager                 match_path.go
//	  pilot/pkg/networking/core buildWaypointInboundHTTPFilters            at_meshroute.go
//	  pilot/pkg/networking/core buildWaypointTLSContext                    ledger_networking.go
//	  pilot/pkg/networking/core getVirtualServiceForWaypoint               at_meshroute.go
//	  pilot/pkg/networking/core getWaypointDestinationCluster              at_meshroute.go
//	  pilot/pkg/security/authn buildSpaceDelimitedClaims                   at_token.go
//	  pilot/pkg/security/authn convertToEnvoyJwtConfig                     at_token.go
//	  pilot/pkg/security/authn newPolicyApplier                            read_authentication.go
//	  pilot/pkg/security/authz/builder buildExtAuthzHTTP                   read_provider.go
//	  pilot/pkg/security/authz/builder buildTCP                            at_custom.go
//	  pilot/pkg/security/authz/builder generateHeaders                     read_provider.go
//	  pilot/pkg/security/authz/builder generateHTTPConfig                  read_provider.go
//	  pilot/pkg/security/authz/builder getBadCustomDenyRules               at_custom.go
//	  pilot/pkg/security/authz/matcher HeaderMatcher                       match_pattern.go
//	  pilot/pkg/security/authz/matcher HostMatcher                         match_pattern.go
//	  pilot/pkg/security/authz/matcher StringMatcherWithPrefix             match_pattern.go
//	  pilot/pkg/security/authz/model checkError                            match_envoy.go
//	  pilot/pkg/security/authz/model extractNameInNestedBrackets           read_when.go
//	  pilot/pkg/security/authz/model MetadataListValueMatcherForJWTClaims  match_envoy.go
//	  pilot/pkg/security/authz/model requestPrincipalGenerator             match_envoy.go
//	  pilot/pkg/security/authz/model serviceAccountRegex                   match_identity.go
//	  pilot/pkg/security/authz/model srcNamespaceGenerator                 match_identity.go
//	  pilot/pkg/security/authz/model srcTrustDomainGenerator               find_release.go
//	  pilot/pkg/security/trustdomain ExpandTrustDomainAliases              match_identity.go
//	  pilot/pkg/security/trustdomain ReplaceTrustDomainAliases             match_identity.go
//	  pilot/pkg/serviceregistry/ambient buildWorkloadPolicies              at_policies.go
//	  pilot/pkg/serviceregistry/ambient constructServices                  at_listening.go
//	  pilot/pkg/serviceregistry/ambient convertAuthorizationPolicy         at_policies.go
//	  pilot/pkg/serviceregistry/ambient convertPeerAuthentication          at_peers.go
//	  pilot/pkg/serviceregistry/ambient fetchPeerAuthentications           at_peers.go
//	  pilot/pkg/serviceregistry/ambient convertedSelectorPeerAuthentications at_peers.go
//	  pilot/pkg/serviceregistry/ambient fetchWaypointForService            at_waypoint.go
//	  pilot/pkg/serviceregistry/ambient getUseWaypointCanary               at_waypoint.go
//	  pilot/pkg/serviceregistry/ambient handleRule                         match_ztunnel.go
//	  pilot/pkg/serviceregistry/ambient ingressUseWaypointFromLabels       at_waypoint.go
//	  pilot/pkg/serviceregistry/ambient makeWaypointSelector               at_waypoint.go
//	  pilot/pkg/serviceregistry/ambient stringToMatch                      match_pattern.go
//	  pilot/pkg/xds/endpoints findServiceWaypoint                          at_clientpod.go
//	  pkg/config LabelsInRevision                                          read_cloud.go
//	  pkg/config/kube ConvertProtocol                                      read_workload.go
//	  pkg/config/security CheckTrustDomainValues                           read_policy_check.go
//	  pkg/config/security CheckValidPathTemplate                           match_pattern.go
//	  pkg/config/security ContainsPathTemplate                             match_pattern.go
//	  pkg/config/security ValidateAttribute                                read_when.go
//	  pkg/config/validation allowedTargetRefs                              read_attachment.go
//	  pkg/config/validation ValidateAuthorizationPolicy                    read_policy_check.go
//	  pkg/config/validation validateJwtRule                                read_jwtrule.go
//	  pkg/config/validation validateOneOfSelectorType                      read_attachment.go
//	  pkg/config/validation ValidateStrictHTTPHeaderName                   read_jwtrule.go
//	  pkg/kube/inject IgnoredNamespaces                                    at_capture.go
//	  pkg/kube/inject injectRequired                                       at_capture.go
//	  pkg/revisions IsMine                                                 read_istiod.go
//
//	github.com/envoyproxy/go-control-plane/envoy v1.37.1-0.20260713214202-ca8ce173c36f
//	  common/http/conn_manager_utility.cc mutateRequestHeaders             read_header.go
//	  common/http/http1/balsa_parser.cc isMethodValid                      at_method.go
//	  config/rbac/v3 url_path                                              match_envoy.go
//	  config/route/v3 path_separated_prefix                                at_route.go
//	  filters/http/jwt_authn/authenticator.cc addJWTClaimToHeader          at_token.go
//	  filters/http/jwt_authn/check_audience.cc sanitizeAudience            match_token.go
//	  filters/http/jwt_authn/extractor.cc addProvider                      read_jwtrule.go
//	  filters/http/jwt_authn/extractor.cc extractJWT                       match_token.go
//	  path/match/uri_template uri_template                                 match_pattern.go
//	  pilot/pkg/config/kube/gatewaycommon ComputeGatewayListenerConflicts  at_listener.go
//	  pilot/pkg/config/kube/gatewaycommon ListenerEntryPortNumber          read_listenerset.go
//	  pilot/pkg/model filterStrictGatewayMerging                           at_unfollowed.go
//	  pilot/pkg/model mergeGateways                                        at_routetable.go
//	  pilot/pkg/networking/core/route IsCatchAllRoute                      at_route.go
//	  pilot/pkg/networking/core/route SortVHostRoutes                      at_routetable.go
//	  pilot/pkg/networking/core/route TranslateHeadersOperations           at_route.go
//	  pilot/pkg/networking/core/route TranslateRouteMatch                  read_grpcroute.go
//	  pkg/config/host SubsetOf                                             at_listener.go
//
//	sigs.k8s.io/gateway-api v1.6.0
//	  apis/v1 allowedRoutes                                                at_waypoint.go
//
//	k8s.io/api v0.36.1
//	  networking/v1 NetworkPolicy                                          match_networkpolicy.go
//
//	ztunnel 44beaefcd456ab46f98b297023ff0a382e69bb03
//	  src/rbac.rs matches_principal                                        match_identity.go
//	  src/rbac.rs ServiceAccountMatch                                      match_identity.go
//	  src/state.rs assert_rbac                                             at_point.go
package access
