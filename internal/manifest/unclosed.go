package manifest

import "bytes"

// unclosed is the offset of the bracket that begins on the line at from and is not closed, and what
// closes it; -1 if there is none. For the bracket 0 it is that of a quote.
func unclosed(data []byte, from int, bracket byte) (at int, closing string) {
	end := from + len(data[from:])
	if line := bytes.IndexByte(data[from:], '\n'); line >= 0 {
		end = from + line
	}
	f := flow{data: data, at: from, begins: true}
	for f.at < len(data) && (f.at < end || len(f.open) > 0) {
		if quote := f.next(); quote >= 0 {
			if bracket == 0 && quote < end {
				return quote, string(data[quote])
			}
			return -1, ""
		}
		if f.mismatch {
			break
		}
	}
	for i := len(f.open) - 1; i >= 0 && bracket != 0; i-- {
		if at := f.open[i]; at < end && data[at] == bracket {
			return at, string(closes[bracket])
		}
	}
	return -1, ""
}

var closes = map[byte]byte{'[': ']', '{': '}'}

// flow goes through YAML from the beginning of a line on, as far as brackets and quotes go.
type flow struct {
	data []byte
	at   int
	// open are the offsets of the brackets that are open.
	open []int
	// begins is true where a value may begin, and so a quote or, outside of brackets, a bracket.
	begins bool
	// mismatch is true once another bracket was closed than the one that is open.
	mismatch bool
}

// next goes one step. It returns the offset of a quote that is not closed, else -1.
func (f *flow) next() (quote int) {
	c, rest := f.data[f.at], f.data[f.at+1:]
	step := 1
	switch {
	case c == '#' && (f.at == 0 || isBlank(f.data[f.at-1])):
		if step = 1 + bytes.IndexByte(rest, '\n'); step == 0 {
			step = 1 + len(rest)
		}
	case (c == '"' || c == '\'') && f.begins:
		length := quoted(rest, c)
		if length < 0 {
			return f.at
		}
		f.begins, step = false, 1+length
	case closes[c] != 0 && (f.begins || len(f.open) > 0):
		f.open, f.begins = append(f.open, f.at), true
	case (c == ']' || c == '}') && len(f.open) > 0:
		last := len(f.open) - 1
		if f.mismatch = closes[f.data[f.open[last]]] != c; !f.mismatch {
			f.open, f.begins = f.open[:last], false
		}
	case c == ',' || (c == ':' || (c == '-' || c == '?') && f.begins) && (len(rest) == 0 || isBlank(rest[0])):
		f.begins = true
	case (c == '&' || c == '!') && f.begins: // an anchor or a tag, and the value after it
		if step = 1 + bytes.IndexAny(rest, " \t\r\n"); step == 0 {
			step = 1 + len(rest)
		}
	case !isBlank(c):
		f.begins = false
	}
	f.at += step
	return -1
}

// quoted is the length of what stands after a quote, with the quote that closes it; -1 for none.
func quoted(rest []byte, quote byte) int {
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote == '"', rest[i] == quote && quote == '\'' && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case rest[i] == quote:
			return i + 1
		}
	}
	return -1
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
