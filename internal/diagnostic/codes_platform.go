package diagnostic

// Codes of the control plane of Kubeflow (internal/enroll, internal/survey).
const (
// AP06xx: the control plane of Kubeflow (internal/enroll, internal/survey).
)

var platformCodes = []Entry{}
