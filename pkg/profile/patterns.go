package profile

// The forms of names, as regular expressions for a whole name. Parse and the JSON Schema of an
// AmbientProfile both use them; neither has a form of its own.
const (
	// Kubernetes: the forms that it gives to names (apimachinery: util/validation).
	LabelPattern     = "^" + aLabel + "$"     // DNS-1123 label
	SubdomainPattern = "^" + aSubdomain + "$" // DNS-1123 subdomain
	ServicePattern   = `^[a-z]([-a-z0-9]*[a-z0-9])?$`
	// namespace/name, and the same with an optional namespace.
	NamespacedPattern = "^" + aLabel + "/" + aSubdomain + "$"
	AccountPattern    = "^(" + aLabel + "/)?" + aSubdomain + "$"
	// Kubernetes: a quantity of a resource (apimachinery: resource.Quantity).
	QuantityPattern = `^(0|[1-9][0-9]*)(\.[0-9]+)?(m|k|Ki|[MGTPE]i?)?$`
	// Istio: outputClaimToHeaders accepts no other header names (request_authentication.proto).
	HeaderPattern = `^[-_A-Za-z0-9]+$`
	// SPIFFE: the characters of a trust domain.
	TrustDomainPattern = `^[a-z0-9]([-._a-z0-9]*[a-z0-9])?$`
	// Istio: a literal of a path template or an exact path (RFC 3986 pchar, without *).
	PathPattern = `^/[-a-zA-Z0-9._~%!$&'()+,;:@=/]*$`
	// LoginPathPattern is a path that is not /, or all below one.
	LoginPathPattern = `^(/[-a-zA-Z0-9._~%!$&'()+,;:@=]+)+(/|/\*)?$`
	// A claim of a token as Istio's key request.auth.claims has it, without the brackets if it is not
	// nested. A dot is part of the name (Istio 1.31: authz/model extractNameInNestedBrackets) and often
	// meant as nesting, so a plain name has none unless it is a URL.
	ClaimPattern = `^([^][.*\s]+|[^][*\s]*[/:][^][*\s]*|(\[[^][*\s]+\])+)$`
	// A container image: repository, then a tag, a digest or both.
	ImagePattern = `^[a-zA-Z0-9][-a-zA-Z0-9._:/]*(@sha256:[0-9a-f]{64})?$`

	aLabel     = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	aSubdomain = aLabel + `(\.` + aLabel + `)*`
)
