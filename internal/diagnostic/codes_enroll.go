package diagnostic

// Codes AP03xx: objects of the input that are edited, merged or owned by others (internal/enroll).
const ()

var enrollCodes []Entry
