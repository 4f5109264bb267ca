package access

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// wide is a terminal.
type wide struct {
	strings.Builder
	columns int
}

func (w *wide) Columns() int { return w.columns }

// On a terminal what is for people takes its width, elsewhere the usual one; a line is longer only where a word is, and no word is cut.
func TestTablesTakeTheWidthOfTheTerminal(t *testing.T) {
	old := tenants(t)
	next := strings.Replace(old, "values: [alice@example.com]", "values: [alice@example.com, mallory@example.com]", 1)
	report, diff := load(t, old).Explain(Roles{}), diffOf(t, old, next)
	answer := load(t, old).Ask(Request{From: From{User: "bob@example.com"}, To: To{Namespace: "alice", Service: "tet"}})
	for name, write := range map[string]func(io.Writer) error{"explain": report.WriteTable, "diff": diff.WriteTable, "ask": answer.WriteText} {
		written := func(columns int) (words []string, lines, longest int) {
			var out wide
			out.columns = columns
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(out.String(), "\n") {
				longest = max(longest, len([]rune(line)))
			}
			return strings.Fields(out.String()), strings.Count(out.String(), "\n"), longest
		}
		usual, lines, longest := written(0)
		narrow, more, atMost := written(90)
		broad, fewer, _ := written(200)
		if same, _, _ := written(usualWidth); !slices.Equal(usual, same) {
			t.Errorf("%s is otherwise on a terminal of the usual width", name)
		}
		if more <= lines || fewer >= lines {
			t.Errorf("%s has %d lines, %d on a narrow terminal and %d on a wide one", name, lines, more, fewer)
		}
		if name != "explain" && (longest > usualWidth || atMost > 90) { // its example has a word that does not fit its column
			t.Errorf("%s has lines of %d characters, and of %d on a terminal of 90", name, longest, atMost)
		}
		if len(narrow) != len(usual) || len(broad) != len(usual) {
			t.Errorf("%s has %d words, %d on a narrow terminal and %d on a wide one", name, len(usual), len(narrow), len(broad))
		}
	}
}
