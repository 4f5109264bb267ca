package diagnostic

// Codes AP02xx: the AmbientProfile (pkg/profile), also where the input contradicts it or does not
// complete it (internal/survey).
const (
	ConfigNotAnAmbientProfile Code = "AP0201"
	ConfigUnknownVersion      Code = "AP0202"
	ConfigUnknownField        Code = "AP0203"
	ConfigDuplicateField      Code = "AP0204"
	ConfigBadFieldName        Code = "AP0205"
	ConfigAlias               Code = "AP0206"
	ConfigNotRendered         Code = "AP0207"
	ConfigNoValue             Code = "AP0208"
	ConfigEmptyValue          Code = "AP0209"
	ConfigWrongType           Code = "AP0210"
	ConfigAmbiguousValue      Code = "AP0211"
	ConfigMissingField        Code = "AP0212"
	ConfigBadName             Code = "AP0213"
	ConfigBadReference        Code = "AP0214"
	ConfigBadChoice           Code = "AP0215"
	ConfigBadNumber           Code = "AP0216"
	ConfigPattern             Code = "AP0217"
	ConfigWhitespace          Code = "AP0218"
	ConfigInvisible           Code = "AP0219"
	ConfigTooLong             Code = "AP0220"
	ConfigListedTwice         Code = "AP0221"
	ConfigEmptyList           Code = "AP0222"
	ConfigTooMany             Code = "AP0223"
	ConfigReservedNamespace   Code = "AP0224"
	ConfigNoEffect            Code = "AP0225"
	ConfigContradiction       Code = "AP0226"
	ConfigSameBinding         Code = "AP0227"
	ConfigWaypointAccount     Code = "AP0228"
	ConfigBadHeader           Code = "AP0229"
	ConfigUnsafeHeader        Code = "AP0230"
	ConfigBadPath             Code = "AP0231"
	ConfigBadTrustDomain      Code = "AP0232"
	ConfigBadImage            Code = "AP0233"
	ConfigBadAddress          Code = "AP0234"
	ConfigBadQuantity         Code = "AP0235"
	ConfigUnknownResource     Code = "AP0236"
	ConfigUnusableIssuer      Code = "AP0237"
	ConfigNothingSelected     Code = "AP0238"
	ConfigOwnerDiffers        Code = "AP0239"
	ConfigBadClaim            Code = "AP0240"

	ConfigGroupOwner   Code = "AP0251"
	ConfigUppercase    Code = "AP0252"
	ConfigBeyondASCII  Code = "AP0253"
	ConfigRestrict     Code = "AP0254"
	ConfigNotLocal     Code = "AP0255"
	ConfigGroupsUnread Code = "AP0256"
)

var configCodes = []Entry{
	{ConfigNotAnAmbientProfile, Error, "the configuration is not an AmbientProfile"},
	{ConfigUnknownVersion, Error, "the configuration has an apiVersion or kind that this version does not read"},
	{ConfigUnknownField, Error, "a field does not exist, or belongs somewhere else"},
	{ConfigDuplicateField, Error, "a field is set twice in the same map"},
	{ConfigBadFieldName, Error, "a key cannot be the name of a field"},
	{ConfigAlias, Error, "a value is a YAML alias"},
	{ConfigNotRendered, Error, "a value is a template, or a variable that was not replaced"},
	{ConfigNoValue, Error, "a field has no value"},
	{ConfigEmptyValue, Error, "a field is an empty string"},
	{ConfigWrongType, Error, "a value has another type than its field"},
	{ConfigAmbiguousValue, Error, "YAML parsers disagree on the type of a value"},
	{ConfigMissingField, Error, "a required field is missing"},
	{ConfigBadName, Error, "a name is not valid in Kubernetes"},
	{ConfigBadReference, Error, "a reference is not of the form namespace/name"},
	{ConfigBadChoice, Error, "a value is not one of the choices of its field"},
	{ConfigBadNumber, Error, "a number is out of range, or not in decimal digits"},
	{ConfigPattern, Error, "a value is a pattern to Istio, and would match more than itself"},
	{ConfigWhitespace, Error, "a value starts or ends with whitespace"},
	{ConfigInvisible, Error, "a value contains an invisible character"},
	{ConfigTooLong, Error, "a value is too long for the object that it goes into"},
	{ConfigListedTwice, Error, "an item is in its list twice"},
	{ConfigEmptyList, Error, "a list is empty that needs an item"},
	{ConfigTooMany, Error, "a list has more items than one object can hold"},
	{ConfigReservedNamespace, Error, "a profile is a namespace of the control plane"},
	{ConfigNoEffect, Error, "a field has no effect with the other fields as they are"},
	{ConfigContradiction, Error, "two fields cannot work together"},
	{ConfigSameBinding, Error, "two contributors would share one RoleBinding"},
	{ConfigWaypointAccount, Error, "pods of users would have the waypoint's identity"},
	{ConfigBadHeader, Error, "a header name is not valid"},
	{ConfigUnsafeHeader, Error, "a header cannot carry the identity of users safely"},
	{ConfigBadPath, Error, "a path is not an exact path"},
	{ConfigBadTrustDomain, Error, "the trust domain is not valid"},
	{ConfigBadImage, Error, "an image reference is not valid"},
	{ConfigBadAddress, Error, "an address is not one that Istio can fetch"},
	{ConfigBadQuantity, Error, "a resource quantity is not valid"},
	{ConfigUnknownResource, Error, "a resource is not one that a waypoint can request"},
	{ConfigUnusableIssuer, Error, "a token issuer cannot be used in this place"},
	{ConfigNothingSelected, Error, "profileSelector matches no Profile of the input"},
	{ConfigOwnerDiffers, Error, "a Profile and the AmbientProfile name different owners"},
	{ConfigBadClaim, Error, "a claim cannot name the groups of a user"},

	{ConfigGroupOwner, Warning, "an owner or contributor is a group, and no rule allows its members"},
	{ConfigUppercase, Warning, "a user name contains uppercase letters"},
	{ConfigBeyondASCII, Warning, "a user name contains characters beyond ASCII, which can look like others"},
	{ConfigRestrict, Warning, "Restrict stops the profile-controller from making new profiles"},
	{ConfigNotLocal, Warning, "a configuration in a kpt package would be applied to the cluster"},
	{ConfigGroupsUnread, Warning, "identity.groupsClaim has no effect without waypoint.verifyTokens"},
}
