package diagnostic

// Codes AP02xx: the AmbientProfile (pkg/profile).
const ()

var configCodes []Entry
