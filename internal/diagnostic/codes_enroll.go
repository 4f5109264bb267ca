package diagnostic

// Codes of objects of the input that are edited, merged or owned by others (internal/enroll).
const (
// AP03xx: objects of the input that are edited, merged or owned by others (internal/enroll).
)

var enrollCodes = []Entry{}
