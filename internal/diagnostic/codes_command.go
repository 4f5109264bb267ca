package diagnostic

// Codes AP09xx: the command line and how the function is called (cmd, fn).
const ()

var commandCodes []Entry
