package diagnostic

// Codes AP05xx: the ingress, logins and sessions (internal/enroll).
const ()

var ingressCodes []Entry
