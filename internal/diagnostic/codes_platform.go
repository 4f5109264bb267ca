package diagnostic

// Codes AP06xx: the control plane of Kubeflow (internal/enroll, internal/survey).
const ()

var platformCodes []Entry
