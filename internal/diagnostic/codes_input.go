package diagnostic

// Codes AP01xx: bytes, files and YAML that cannot be read (internal/manifest).
const ()

var inputCodes []Entry
