package diagnostic

// Codes of the ingress, logins and sessions (internal/enroll).
const (
// AP05xx: the ingress, logins and sessions (internal/enroll).
)

var ingressCodes = []Entry{}
