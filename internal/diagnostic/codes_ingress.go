package diagnostic

// Codes AP05xx: the ingress, logins and sessions (internal/survey, internal/enroll).
const (
	LoginOfAnotherRevision Code = "AP0501"
	SeveralSessionIssuers  Code = "AP0502"
	NoSessionIssuer        Code = "AP0503"
	NoSessionIssuerYet     Code = "AP0504"
	NobodyCouldLogIn       Code = "AP0505"
	RuleWithoutIssuer      Code = "AP0506"
	HeaderNotWritten       Code = "AP0507"
	ChosenClaim            Code = "AP0508"
	AudienceNotChecked     Code = "AP0509"
	IssuerNotListed        Code = "AP0510"
	KeysDiscovered         Code = "AP0511"
	KeysDiscoveredTwice    Code = "AP0512"
	OtherKeys              Code = "AP0513"
	OtherClaim             Code = "AP0514"
	TokenNotForwarded      Code = "AP0515"
	SessionRuleUnknown     Code = "AP0516"
	NothingVerified        Code = "AP0517"
	VerifyTokensVoid       Code = "AP0518"
	VoidingRuleLeftOut     Code = "AP0519"
	VoidingRuleLost        Code = "AP0520"
	ListenerUnknown        Code = "AP0521"
)

var ingressCodes = []Entry{
	{LoginOfAnotherRevision, Warning, "a login at the ingress Gateway is for another revision of istiod"},
	{SeveralSessionIssuers, Info, "several issuers were found whose tokens name users"},
	{NoSessionIssuer, Warning, "no issuer is known that people log in with"},
	{NoSessionIssuerYet, Info, "no issuer is known that people log in with, and the input has no ingress Gateway"},
	{NobodyCouldLogIn, Error, "waypoint.verifyTokens without a login that is in force at the ingress Gateway"},
	{RuleWithoutIssuer, Warning, "a JWT rule at the ingress Gateway names no issuer"},
	{HeaderNotWritten, Warning, "a JWT rule at the ingress Gateway does not write the user or the groups header"},
	{ChosenClaim, Warning, "the user header is written from a claim that people may choose"},
	{AudienceNotChecked, Warning, "a JWT rule accepts the cluster's tokens for other audiences"},
	{IssuerNotListed, Info, "an issuer at the ingress Gateway is not listed in sessionIssuers"},
	{KeysDiscovered, Info, "istiod must discover the keys of a login"},
	{KeysDiscoveredTwice, Warning, "istiod must discover the keys of a login, for the waypoints too"},
	{OtherKeys, Warning, "two JWT rules for one issuer have different keys"},
	{OtherClaim, Warning, "two JWT rules for one issuer take the user from different claims"},
	{TokenNotForwarded, Error, "waypoint.verifyTokens with a login that does not forward its token"},
	{SessionRuleUnknown, Warning, "the ingress Gateway's rule for a session issuer is not in the input"},
	{NothingVerified, Warning, "none of the Services of verifyTokensFor is in the input"},
	{VerifyTokensVoid, Warning, "a JWT rule at a waypoint makes verifyTokens void"},
	{VoidingRuleLeftOut, Info, "a JWT rule was not attached to a waypoint, where it would make verifyTokens void"},
	{VoidingRuleLost, Warning, "a JWT rule was not attached to a waypoint, and policies there see no token by it"},
	{ListenerUnknown, Warning, "the ingress Gateway has no listener of the name that is configured"},
}
