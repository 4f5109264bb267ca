package manifest

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// IsText reports whether every YAML reader takes s, without quotes, for a text and not for a number,
// a bool, a date or null. What begins with a letter and holds no blank can be told by its letters;
// the rest kyaml parses, which starts a YAML 1.1 parser for each.
func IsText(s string) bool {
	if s == "" || !isLetter(s[0]) || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) || s[len(s)-1] == ':' {
		return !yaml.IsValueNonString(s)
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

// IsPlainText reports whether s can stand in a block of YAML as it is: a plain name that IsText.
func IsPlainText(s string) bool { return plainName(s) && IsText(s) }
