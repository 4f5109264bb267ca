package diagnostic

import (
	"strconv"
	"strings"
	"unicode"
)

// Invisible is true for control characters, zero-width marks, every blank but a space, and the
// letters and marks that are drawn as nothing (Unicode: Default_Ignorable_Code_Point).
func Invisible(c rune) bool {
	return !unicode.IsPrint(c) || unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		c == unicode.ReplacementChar || c == '\u2800' // the blank of Braille
}

// Visible returns text with invisible characters spelled out: messages about names must
// not move a terminal's cursor, nor pass for a line of its own.
func Visible(text string) string {
	if !strings.ContainsFunc(text, Invisible) {
		return text
	}
	var out strings.Builder
	for _, c := range text {
		if Invisible(c) {
			quoted := strconv.QuoteRuneToASCII(c)
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}
