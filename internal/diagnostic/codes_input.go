package diagnostic

// Codes of bytes, files and YAML that cannot be read (internal/manifest).
const (
// AP01xx: bytes, files and YAML that cannot be read (internal/manifest).
)

var inputCodes = []Entry{}
