package diagnostic

// Codes of the AmbientProfile (pkg/profile).
const (
// AP02xx: the AmbientProfile (pkg/profile).
)

var configCodes = []Entry{}
