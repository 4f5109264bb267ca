package diagnostic

// Codes AP05xx: the ingress, logins and sessions (internal/survey, internal/enroll).
const (
	LoginOfAnotherRevision Code = "AP0501"
)

var ingressCodes = []Entry{
	{LoginOfAnotherRevision, Warning, "a login at the ingress Gateway is for another revision of istiod"},
}
