package diagnostic

import "sync"

// Code is the stable name of a kind of message, such as AP0101. A code is never given to another
// kind of message, and the first two digits say which part of the program it comes from.
type Code string

// Severity is how bad what a code is about is.
type Severity int

// The severities. Info tells what was found or done, and needs no action; a warning is an error
// with failOnWarning; an error ends the run, and nothing is written.
const (
	Error Severity = iota
	Warning
	Info
)

// String is the severity as stderr and results have it (KRM functions specification).
func (s Severity) String() string { return [...]string{"error", "warning", "info"}[s] }

// Entry is the line of a code in the table: how severe it is, and in a few words what it is about.
type Entry struct {
	Code     Code
	Severity Severity
	About    string
}

// Codes is the table of all messages, by code.
func Codes() []Entry {
	var all []Entry
	for _, part := range [][]Entry{inputCodes, configCodes, enrollCodes, convertCodes, ingressCodes, platformCodes, refereeCodes, checkCodes, commandCodes} {
		all = append(all, part...)
	}
	return all
}

var byCode = sync.OnceValue(func() map[Code]Entry {
	entries := map[Code]Entry{}
	for _, entry := range Codes() {
		entries[entry.Code] = entry
	}
	return entries
})

func (c Code) entry() Entry { return byCode()[c] }
