package diagnostic

// Codes of AccessChecks (pkg/access).
const (
// AP08xx: AccessChecks (pkg/access).
)

var checkCodes = []Entry{}
