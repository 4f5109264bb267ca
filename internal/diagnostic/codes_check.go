package diagnostic

// Codes AP08xx: AccessChecks (pkg/access).
const ()

var checkCodes []Entry
