package diagnostic

// Codes of the command line and how the function is called (cmd, fn).
const (
// AP09xx: the command line and how the function is called (cmd, fn).
)

var commandCodes = []Entry{}
