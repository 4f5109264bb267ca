package diagnostic

// Codes AP07xx: what the referee finds in manifests (pkg/access).
const (
	RulesLost            Code = "AP0701"
	PolicyRejected       Code = "AP0702"
	StrangersAllowed     Code = "AP0703"
	PodsUnprotected      Code = "AP0704"
	WaypointUnprotected  Code = "AP0705"
	NamespaceOffMesh     Code = "AP0706"
	WaypointNotUsed      Code = "AP0707"
	ServiceOffWaypoint   Code = "AP0708"
	OwnerLockedOut       Code = "AP0709"
	LoginRefused         Code = "AP0710"
	LoginRefusedInPart   Code = "AP0711"
	AuthenticationUnread Code = "AP0712"
	IdentityRewritten    Code = "AP0713"
	HeadlessRoute        Code = "AP0714"
	PoolRoute            Code = "AP0715"
	ConnectionRoute      Code = "AP0716"
	ConnectionListener   Code = "AP0717"
	PodsLeaveMesh        Code = "AP0718"
	MeshTrafficBlocked   Code = "AP0719"
	MeshEgressMissed     Code = "AP0720"
	IstiodPublicKey      Code = "AP0721"
	IstiodVersionUnknown Code = "AP0722"
	ManifestUnreadable   Code = "AP0723"
	GatewayOpen          Code = "AP0724"
	VerdictsClouded      Code = "AP0725"
	IstioHole            Code = "AP0726"
	IstioReleaseUnknown  Code = "AP0727"
	ManifestTwice        Code = "AP0728"
	ManifestLeftOut      Code = "AP0729"
	ManifestsLocal       Code = "AP0730"
	UserHeaderTaken      Code = "AP0731"
	AmbientOff           Code = "AP0732"
	PolicyUnattached     Code = "AP0740"
)

var refereeCodes = []Entry{
	{RulesLost, Warning, "ztunnel does not enforce rules of a policy as they are written"},
	{PolicyRejected, Warning, "Istio rejects a policy"},
	{StrangersAllowed, Warning, "a rule allows clients that do not belong to the namespace"},
	{PodsUnprotected, Warning, "no policy limits who reaches the pods of a namespace"},
	{WaypointUnprotected, Warning, "no policy limits who passes a waypoint"},
	{NamespaceOffMesh, Warning, "a profile's namespace is not in ambient mode"},
	{WaypointNotUsed, Warning, "a namespace is not behind its waypoint"},
	{ServiceOffWaypoint, Warning, "the labels of a Service keep its traffic away from the waypoint of its namespace"},
	{OwnerLockedOut, Warning, "a policy denies the owner of a profile"},
	{LoginRefused, Warning, "a RequestAuthentication rejects the tokens of a login"},
	{LoginRefusedInPart, Info, "a RequestAuthentication rejects the tokens of one login and accepts those of another"},
	{AuthenticationUnread, Warning, "no proxy reads a RequestAuthentication"},
	{IdentityRewritten, Warning, "a route changes a header that identifies the user"},
	{HeadlessRoute, Warning, "the ingress leads to a headless Service, which a waypoint cannot deliver to"},
	{PoolRoute, Warning, "the ingress leads to an InferencePool, which a waypoint cannot deliver to"},
	{ConnectionRoute, Warning, "a route carries connections, so nothing reads who the user is"},
	{ConnectionListener, Warning, "a listener carries connections that the policies of its Gateway deny"},
	{PodsLeaveMesh, Warning, "pods take themselves out of the mesh"},
	{MeshTrafficBlocked, Warning, "a NetworkPolicy blocks the mesh's own traffic"},
	{MeshEgressMissed, Warning, "an egress rule of a NetworkPolicy is for pods in the mesh, but not for the mesh's port"},
	{IstiodPublicKey, Warning, "a version of istiod accepts tokens that anyone can sign (CVE-2026-31837)"},
	{IstiodVersionUnknown, Info, "the version of istiod is not known"},
	{ManifestUnreadable, Error, "an object cannot be judged"},
	{GatewayOpen, Warning, "a Gateway other than the ingress admits clients of no profile to the namespace of a profile"},
	{VerdictsClouded, Warning, "an object or a setting that the referee does not judge may change who is allowed"},
	{IstioHole, Info, "a release of Istio is known to allow what the manifests do not"},
	{IstioReleaseUnknown, Info, "a release of Istio is older or newer than those that the referee knows"},
	{ManifestTwice, Error, "an object is in the manifests twice, and the two differ"},
	{ManifestLeftOut, Warning, "the API server refuses an object, so it is not judged"},
	{ManifestsLocal, Info, "objects that kustomize and kpt keep out of the cluster are not judged"},
	{UserHeaderTaken, Warning, "the ingress passes on a user header that a client wrote"},
	{AmbientOff, Warning, "istio-cni captures no pods, so the labels for ambient mode have no effect"},
	{PolicyUnattached, Warning, "a policy is attached to nothing that enforces it"},
}
