package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// searched is the size of the largest document in which the exact place of an error is searched for,
// by parsing its beginnings; in a larger one, the line that the YAML library names must do.
const searched = 4 << 20

// syntaxError describes a document that the YAML library cannot read, with its lines.
func syntaxError(data []byte) diagnostic.Diagnostic { return ofTemplate(data, invalid(data)) }

func invalid(data []byte) diagnostic.Diagnostic {
	problem, line := problemOf(data)
	if problem == noContent { // at the end, it is about the bracket that is open there
		if p, l := problemOf(append(slices.Clone(data), "\n x"...)); opening[p] != 0 {
			problem, line = p, l
		}
	}
	line = max(1, min(line, 1+bytes.Count(bytes.TrimRight(data, "\r\n"), []byte("\n"))))
	d := diagnostic.Diagnostic{
		Code: diagnostic.InvalidYAML, Position: diagnostic.Position{Line: line},
		Found: fmt.Sprintf("the YAML is not valid (%s)", problem), Remedy: "check the indentation, and quote values with special characters",
	}
	start := offset(data, line)
	switch {
	case opening[problem] != 0 || problem == noEnd:
		if at, closing := unclosed(data, start, opening[problem]); at >= 0 {
			d.Code, d.Position = diagnostic.NeverClosed, placeOf(data, at)
			d.Found, d.Remedy = string(data[at])+" is never closed", "add the missing "+closing
		}
	case problem == noContent:
	case problem == noColon:
		d.Position = placeOf(data, start+len(data[start:])-len(bytes.TrimLeft(data[start:], " ")))
	case len(data) <= searched:
		at := shortest(data, start, problem)
		switch alias := noAnchor.FindStringSubmatch(problem); {
		case alias != nil:
			d.Code, d.Found, d.Remedy = diagnostic.UnknownAlias, fmt.Sprintf(unknownAlias, alias[1]), "write the value out"
			at = bytes.LastIndexByte(data[:at], '*')
		case data[at] == '\t':
			d.Code, d.Found, d.Remedy = diagnostic.TabIndentation, "the indentation contains a tab", "replace it with spaces"
		case problem == badEscape || problem == noEscape:
			at = bytes.LastIndexByte(data[:at+1], '\\')
			if text, escape := jsonEscape(data[at:]); escape != "" {
				d.Remedy = "write " + text + " in place of the JSON escape " + escape
			}
		case byParser(problem):
			at = 1 + bytes.LastIndexAny(data[:at], " \t\n")
		}
		d.Position = placeOf(data, at)
	}
	return d
}

// What the library says of a document that ends too early, or in the middle of something.
const (
	noContent = "did not find expected node content"
	noColon   = "could not find expected ':'"
	noEnd     = "found unexpected end of stream"
	// noDocument is about what comes after a document.
	noDocument = "did not find expected <document start>"
)

// What the library says of escapes, of which JSON has two that YAML 1.1 has not.
const (
	badEscape = "found invalid Unicode character escape code"
	noEscape  = "found unknown escape character"
)

// surrogates is one character of JSON, in two halves of UTF-16.
var surrogates = regexp.MustCompile(`\A\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})`)

// jsonEscape is what an escape of JSON at the beginning of a text stands for, and the escape; "" where it is none.
func jsonEscape(data []byte) (text, escape string) {
	if bytes.HasPrefix(data, []byte(`\/`)) {
		return "/", `\/`
	}
	halves := surrogates.FindSubmatch(data)
	if halves == nil {
		return "", ""
	}
	high, _ := strconv.ParseUint(string(halves[1]), 16, 32) // the pattern has digits only
	low, _ := strconv.ParseUint(string(halves[2]), 16, 32)
	return string(utf16.DecodeRune(rune(high), rune(low))), string(halves[0])
}

// opening is the bracket that a problem is about, whose line the library names.
var opening = map[string]byte{"did not find expected ',' or ']'": '[', "did not find expected ',' or '}'": '{'}

// byParser reports whether a problem is found by the library's parser and not by its scanner: at
// the end of a token, and named by a line too few.
func byParser(problem string) bool {
	switch problem {
	case noContent, "did not find expected key", "did not find expected '-' indicator", noDocument, "found undefined tag handle":
		return true
	}
	return opening[problem] != 0
}

// noAnchor is the library's message about an alias that refers to nothing in its document.
var noAnchor = regexp.MustCompile(`\Aunknown anchor '(.*)' referenced\z`)

var yamlError = regexp.MustCompile(`(?s)\Ayaml: (?:line (\d+): )?(.*)\z`)

// problemOf is what the YAML library finds wrong with a document, and the line that it names; "" if
// there is nothing, and 0 for no line. The library (go.yaml.in/yaml/v3: parser.fail) never names the first line,
// so there is one more for it to read.
func problemOf(data []byte) (problem string, line int) {
	decoder := yaml.NewDecoder(io.MultiReader(strings.NewReader("#\n"), bytes.NewReader(data)))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return "", 0
		case err == nil:
			continue
		}
		found := yamlError.FindStringSubmatch(err.Error())
		if found == nil {
			return err.Error(), 0
		}
		problem = found[2]
		line, _ = strconv.Atoi(found[1])
		if line > 0 && !byParser(problem) {
			line--
		}
		return problem, line
	}
}

// shortest is the offset, at least from, of the last character of the shortest beginning of data
// that has a problem.
func shortest(data []byte, from int, problem string) int {
	has := func(n int) bool {
		end := from + n + 1
		for end < len(data) && !utf8.RuneStart(data[end]) {
			end++
		}
		found, _ := problemOf(data[:min(end, len(data))])
		return found == problem
	}
	near := 64
	for from+near < len(data) && !has(near-1) {
		near *= 4
	}
	at := min(from+sort.Search(min(near, len(data)-from), has), len(data)-1)
	for !utf8.RuneStart(data[at]) {
		at--
	}
	return at
}

// placeOf is the position of an offset.
func placeOf(data []byte, at int) diagnostic.Position {
	start := 1 + bytes.LastIndexByte(data[:at], '\n')
	return diagnostic.Position{Line: 1 + bytes.Count(data[:start], []byte("\n")), Column: 1 + utf8.RuneCount(data[start:at])}
}
