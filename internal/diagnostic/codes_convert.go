package diagnostic

// Codes of policies of the sidecar era that are converted (internal/enroll).
const (
// AP04xx: policies of the sidecar era that are converted (internal/enroll).
)

var convertCodes = []Entry{}
