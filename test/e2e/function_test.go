package e2e

// functionDir holds the function's binary for the length of the run.
var functionDir string
