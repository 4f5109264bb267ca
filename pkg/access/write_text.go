package access

import (
	"io"
	"strings"
)

// usualWidth is that of a line, where nothing says how wide the terminal is, and leastWidth the least that a table takes.
const (
	usualWidth = 120
	leastWidth = 60
)

// tableWidths are the least of the columns WHO, REACHES and BY where the width is the usual one: with their gaps and the indent they fit it.
var tableWidths = [3]int{34, 38, 42}

// tableGaps is what a row has beside its cells.
const tableGaps = 6

// maxWidth is the most that a column has. A longer word pushes what follows on its line to the right.
const maxWidth = 64

// prose is what is written for people, in lines of a width.
type prose struct {
	strings.Builder
	width int
}

// widthOf is how many characters fit a line of a writer: those of a terminal, if it has Columns and they are not 0, else the usual ones.
func widthOf(out io.Writer) int {
	if t, ok := out.(interface{ Columns() int }); ok && t.Columns() > 0 {
		return max(t.Columns(), leastWidth)
	}
	return usualWidth
}

// item writes one of a list.
func (b *prose) item(s string) {
	for i, line := range wrap(plain(s), b.width-6) {
		b.WriteString([2]string{"  - ", "    "}[min(i, 1)] + line + "\n")
	}
}

// columns are the widths of those of a table. Where nothing says how wide the terminal is, a column is wide enough for each of its words; on a terminal, if
// all fit.
func (b *prose) columns(rows [][3]string) (widths [3]int) {
	var word, cell [3]int
	for _, row := range rows {
		for i := range row {
			cell[i] = max(cell[i], len([]rune(row[i])))
			for w := range strings.FieldsSeq(row[i]) {
				word[i] = max(word[i], min(len([]rune(w)), maxWidth))
			}
		}
	}
	var share [3]int
	over := tableGaps - b.width
	for i, usual := range tableWidths {
		share[i] = usual * (b.width - tableGaps) / (usualWidth - tableGaps)
		widths[i] = max(share[i], word[i])
		if b.width > usualWidth {
			widths[i] = max(usual, min(widths[i], cell[i]))
		}
		over += widths[i]
	}
	if b.width == usualWidth || over <= 0 {
		return widths
	}
	if word[0]+word[1]+word[2]+tableGaps > b.width { // a word that does not fit pushes what follows on its line
		return share
	}
	for i := range widths {
		take := min(over, widths[i]-word[i])
		widths[i], over = widths[i]-take, over-take
	}
	return widths
}

// rows writes those of a table.
func (b *prose) rows(rows [][3]string) {
	widths := b.columns(rows)
	for _, row := range rows {
		var columns [3][]string
		lines := 0
		for i, cell := range row {
			columns[i] = wrap(cell, widths[i])
			lines = max(lines, len(columns[i]))
		}
		for l := range lines {
			line := " "
			for i := range columns {
				cell := ""
				if l < len(columns[i]) {
					cell = columns[i][l]
				}
				line += " " + cell + strings.Repeat(" ", max(0, widths[i]-len([]rune(cell))))
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
}

// wrap breaks a text at blanks into lines of at most width characters, unless a word is longer.
func wrap(s string, width int) (lines []string) {
	line := []rune{}
	for word := range strings.FieldsSeq(s) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > width {
			lines, line = append(lines, string(line)), line[:0]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, w...)
	}
	if len(line) > 0 || len(lines) == 0 {
		lines = append(lines, string(line))
	}
	return lines
}
