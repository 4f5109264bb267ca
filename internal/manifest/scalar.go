package manifest

import (
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// IsText reports whether every YAML parser reads s, unquoted, as a string and not as a number, bool
// or null. A string that starts with a letter and contains no whitespace can be recognized by its
// letters; for any other, kyaml starts a YAML 1.1 parser.
func IsText(s string) bool {
	if s == "" || !isLetter(s[0]) || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) || s[len(s)-1] == ':' {
		return !yaml.IsValueNonString(s) && !isBase60(s)
	}
	if len(s) > len("false") {
		return true
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}

// base60 is a number in base 60 (YAML 1.1: int and float). 1:30 is 90 to PyYAML and Ruby, and a text
// to go-yaml, which writes it without quotes from a node.
var base60 = regexp.MustCompile(`\A[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z`)

func isBase60(s string) bool { return strings.Contains(s, ":") && base60.MatchString(s) }

// quoteBase60 puts numbers in base 60 in quotes, so that they stay the texts that they are to the
// cluster. It is for what is written anew.
func quoteBase60(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && isBase60(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, below := range n.Content {
		quoteBase60(below)
	}
}

// plainName is true for a letter with letters, digits and inner punctuation behind it, which is a
// plain scalar to any reader, whatever stands around it; words with a meaning apart.
func plainName(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case isLetter(c), '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '/', c == '@':
		case c == ':' && i+1 < len(s):
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// IsPlainText reports whether s can be written unquoted in a block of YAML: a plain name that IsText.
func IsPlainText(s string) bool { return plainName(s) && IsText(s) }
