package diagnostic

// Codes of what the referee finds in manifests (pkg/access).
const (
// AP07xx: what the referee finds in manifests (pkg/access).
)

var refereeCodes = []Entry{}
