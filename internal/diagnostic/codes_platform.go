package diagnostic

// Codes AP06xx: the control plane of Kubeflow (internal/survey, internal/enroll).
const (
	ComponentsFound       Code = "AP0601"
	NoZtunnel             Code = "AP0602"
	KubeflowNotEnrolled   Code = "AP0603"
	GatewayIsolated       Code = "AP0604"
	GatewayNotInInput     Code = "AP0605"
	WebhookServiceMissing Code = "AP0606"
	WebhookPortUnknown    Code = "AP0607"
	InjectionSelected     Code = "AP0614"
	OtherLogin            Code = "AP0608"
	DefaultDenyAdded      Code = "AP0609"
	DefaultDenyStops      Code = "AP0610"

	WaypointLabelNotSet  Code = "AP0611"
	WaypointLabelRemoved Code = "AP0612"
	ReaderNotVerified    Code = "AP0613"
	WaypointReplaced     Code = "AP0615"

	MalformedPolicyKept   Code = "AP0621"
	LoginPolicyKept       Code = "AP0622"
	LoginPolicyTooOpen    Code = "AP0623"
	LoginPolicyExempts    Code = "AP0624"
	PolicyOfOtherRevision Code = "AP0625"
	LoginPathsDenied      Code = "AP0626"

	RouteOfKFAMRemoved Code = "AP0631"
	RouteNotConverted  Code = "AP0632"
	SidecarTLSRemoved  Code = "AP0633"
	RouteReplaced      Code = "AP0634"
	SidecarRuleRemoved Code = "AP0635"
	GatewayRemoved     Code = "AP0636"
	GatewayKept        Code = "AP0637"
	StaysOnOldGateway  Code = "AP0638"
	ProviderNotDefined Code = "AP0639"
	TLSLost            Code = "AP0640"
	OldGatewayUnknown  Code = "AP0641"
	RedirectLost       Code = "AP0642"
	ServerLost         Code = "AP0643"
	MovedToGateway     Code = "AP0644"
	IngressReplaced    Code = "AP0645"
	ServerHostsLost    Code = "AP0646"
	ServerSettingsLost Code = "AP0647"
	EditedForAmbient   Code = "AP0648"
)

var platformCodes = []Entry{
	{ComponentsFound, Info, "which components of Kubeflow were found, and which were assumed"},
	{NoZtunnel, Warning, "the input has istiod, but no ztunnel"},
	{KubeflowNotEnrolled, Warning, "the Namespace kubeflow is not in the input"},
	{GatewayIsolated, Warning, "a NetworkPolicy may keep users from the new Gateway"},
	{GatewayNotInInput, Warning, "the input has the old gateway, but not the Gateway that policies allow"},
	{WebhookServiceMissing, Info, "a webhook's Service is not in the input"},
	{WebhookPortUnknown, Warning, "the pods' port of a webhook is not known"},
	{InjectionSelected, Warning, "a sidecar label was left, because something selects the pods by it or the pod template cannot change"},
	{OtherLogin, Warning, "the input does not have Kubeflow's login, or has another one"},
	{DefaultDenyAdded, Warning, "a default deny for the whole mesh was added"},
	{DefaultDenyStops, Warning, "the default deny for the whole mesh closes a namespace that had none"},

	{WaypointLabelNotSet, Warning, "a Service that needs a waypoint label is not in the input"},
	{WaypointLabelRemoved, Warning, "the waypoint label of a Service was removed"},
	{ReaderNotVerified, Info, "a route leads to a Service where no waypoint verifies tokens"},
	{WaypointReplaced, Warning, "a Service of Kubeflow used another waypoint"},

	{MalformedPolicyKept, Warning, "a policy that Istio rejects was left unchanged"},
	{LoginPolicyKept, Info, "a login policy that differs from Kubeflow's was kept"},
	{LoginPolicyTooOpen, Warning, "a login policy exempts more than exact paths"},
	{LoginPolicyExempts, Warning, "a login policy exempts paths"},
	{PolicyOfOtherRevision, Warning, "a policy with a revision label does not replace a generated one"},
	{LoginPathsDenied, Warning, "a login policy that was kept requires a session on paths of the login"},

	{RouteOfKFAMRemoved, Info, "the VirtualService of KFAM was removed"},
	{RouteNotConverted, Warning, "a VirtualService was not converted to an HTTPRoute"},
	{SidecarTLSRemoved, Info, "a DestinationRule's mutual TLS was removed"},
	{RouteReplaced, Info, "a VirtualService was removed, because an HTTPRoute replaces it"},
	{SidecarRuleRemoved, Info, "a DestinationRule for mutual TLS between sidecars was removed"},
	{GatewayRemoved, Info, "an Istio Gateway of Kubeflow was removed"},
	{GatewayKept, Info, "an Istio Gateway of Kubeflow was kept, because something names it"},
	{StaysOnOldGateway, Warning, "an object stays on the old gateway, from which users move"},
	{ProviderNotDefined, Warning, "a policy asks an extension provider that meshConfig does not define"},
	{TLSLost, Warning, "the old gateway serves HTTPS, and the new one does not"},
	{OldGatewayUnknown, Warning, "Kubeflow's Gateway is for other pods than those of Kubeflow's old gateway"},
	{RedirectLost, Warning, "the old gateway redirects HTTP to HTTPS, and the new one does not"},
	{ServerLost, Warning, "a server of the old gateway has no counterpart at the new one"},
	{MovedToGateway, Info, "a policy of the old gateway was attached to the new one"},
	{IngressReplaced, Info, "a policy names the new gateway in place of the old one"},
	{EditedForAmbient, Info, "an object of the input was edited for ambient mode"},
	{ServerHostsLost, Warning, "the old gateway serves some hosts only, and the new one every host"},
	{ServerSettingsLost, Warning, "a server of the old gateway has settings that the new one does not have"},
}
