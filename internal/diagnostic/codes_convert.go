package diagnostic

// Codes AP04xx: policies of the sidecar era that are converted (internal/enroll).
const (
	SelectorNotKnown             Code = "AP0401"
	NoServiceSelected            Code = "AP0402"
	ServicesPastWaypoint         Code = "AP0403"
	TooManyServices              Code = "AP0404"
	PodsNotKnown                 Code = "AP0405"
	PortsNotKnown                Code = "AP0406"
	PortsOfNoService             Code = "AP0407"
	PortsDiffer                  Code = "AP0408"
	ModelServicesNotKnown        Code = "AP0409"
	OtherWaysToPods              Code = "AP0410"
	BehindNoWaypoint             Code = "AP0411"
	OnlyAtWaypoint               Code = "AP0412"
	NotAtPods                    Code = "AP0413"
	PodAttributeAtWaypoint       Code = "AP0414"
	OtherPodsToo                 Code = "AP0415"
	OnlyForServicesOfInput       Code = "AP0416"
	RootPolicyNotConverted       Code = "AP0417"
	OldGatewayPolicyNotConverted Code = "AP0418"
	AmbientPolicyNotConverted    Code = "AP0419"
	GatewayPortNotKnown          Code = "AP0420"
	GatewayPortsDiffer           Code = "AP0421"
	ClientAddressesAtGateway     Code = "AP0422"
	GatewayPolicyOfRevision      Code = "AP0423"
	OpenGatewayPolicyLeftOut     Code = "AP0424"
	TokensNotVerified            Code = "AP0425"
	TokensOfOtherPods            Code = "AP0426"
	MeshTokensNotVerified        Code = "AP0427"
)

var convertCodes = []Entry{
	{SelectorNotKnown, Warning, "the selector of a policy is not one that Istio knows"},
	{NoServiceSelected, Warning, "a policy selects the pods of no Service in the input"},
	{ServicesPastWaypoint, Warning, "a policy selects the pods of Services that are not behind the waypoint"},
	{TooManyServices, Warning, "a policy selects the pods of more Services than it can name"},
	{PodsNotKnown, Warning, "a policy may select the pods of Services whose pods are not in the input"},
	{PortsNotKnown, Warning, "a policy names ports of pods, and the ports of their Services are not known"},
	{PortsOfNoService, Warning, "a policy names ports of pods that no Service leads to"},
	{PortsDiffer, Warning, "a policy names ports of pods that are different ports at its Services"},
	{ModelServicesNotKnown, Warning, "a policy selects the pods of models whose Services are not in the input"},
	{OtherWaysToPods, Warning, "the pods of a policy are reached by a name for which no waypoint enforces it"},
	{BehindNoWaypoint, Warning, "rules need a waypoint, and the pods of the policy are behind none"},
	{OnlyAtWaypoint, Warning, "rules are enforced at the waypoint only"},
	{NotAtPods, Warning, "rules are no longer enforced at pod addresses"},
	{PodAttributeAtWaypoint, Warning, "rules compare what a waypoint does not see of a pod"},
	{OtherPodsToo, Warning, "a policy is enforced for other pods too"},
	{OnlyForServicesOfInput, Info, "a policy that names ports is enforced for the Services of the input"},
	{RootPolicyNotConverted, Warning, "rules of the root namespace are not enforced at the waypoints of profiles"},
	{OldGatewayPolicyNotConverted, Warning, "rules of the old gateway are not enforced at the new one"},
	{AmbientPolicyNotConverted, Warning, "rules outside of profiles are not enforced in ambient mode"},
	{GatewayPortNotKnown, Warning, "rules for the old gateway name a port that the new one does not know"},
	{GatewayPortsDiffer, Warning, "rules for every pod name ports that are others at the new Gateway"},
	{ClientAddressesAtGateway, Warning, "rules compare the addresses of clients at the new Gateway"},
	{GatewayPolicyOfRevision, Warning, "a policy of the Gateway is for another revision of istiod"},
	{OpenGatewayPolicyLeftOut, Info, "the policy that opens the Gateway is left out"},
	{TokensNotVerified, Warning, "a RequestAuthentication that a policy depends on is not attached"},
	{TokensOfOtherPods, Warning, "a RequestAuthentication is for other pods too"},
	{MeshTokensNotVerified, Warning, "a RequestAuthentication of the mesh is not read by waypoints"},
}
