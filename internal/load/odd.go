package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Odd is a Namespace whose file was written by hand, in the oddest YAML that every reader takes for
// the same: anchors, aliases and merge keys, comments at every place, block scalars, flow style,
// any indentation, and CRLF. In addition to its metadata it has fields that mean nothing. The same source of
// numbers gives the same text. Each comment has a number of its own.
func Odd(r *rand.Rand, name string) string {
	o := &odd{Rand: r, step: 1 + r.IntN(4)}
	for range r.IntN(3) {
		o.comment("")
		if o.one(2) {
			o.line("")
		}
	}
	before, after := o.IntN(3), o.IntN(4)
	for range before {
		o.entry("", 3)
	}
	o.pairs("", "apiVersion: v1", "kind: Namespace")
	o.metadata(name)
	for range after {
		o.entry("", 3)
	}
	if o.one(2) {
		o.line("")
	}
	for range r.IntN(3) {
		o.comment("")
	}
	text := o.out.String()
	if o.one(5) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

type odd struct {
	*rand.Rand
	out strings.Builder
	// step is how far the next level is indented.
	step int
	// keys and comments are how many there were, so that none comes twice.
	keys, comments int
	// maps and values are the anchors of maps of texts and of other values so far.
	maps, values []string
}

func (o *odd) one(of int) bool { return o.IntN(of) == 0 }

func (o *odd) pick(from ...string) string { return from[o.IntN(len(from))] }

func (o *odd) line(text string) { o.out.WriteString(text + "\n") }

// comment is a line that is a comment.
func (o *odd) comment(indent string) {
	o.comments++
	o.line(fmt.Sprintf("%s# comment %d.", indent, o.comments))
}

// behind is a comment behind something on its line, or not.
func (o *odd) behind() string {
	if !o.one(6) {
		return ""
	}
	o.comments++
	return fmt.Sprintf("%s# comment %d.", o.pick(" ", "  "), o.comments)
}

// between is what may stand between two entries.
func (o *odd) between(indent string) {
	if o.one(8) {
		o.line("")
	}
	if o.one(6) {
		o.comment(indent)
	}
	if o.one(12) {
		o.line("")
	}
}

func (o *odd) key() string {
	o.keys++
	name := fmt.Sprintf("key%d", o.keys)
	return o.pick(name, name, name, `"`+name+`"`, "'"+name+"'", "a.b/"+name, `"`+name+`: #"`)
}

func (o *odd) pairs(indent string, pairs ...string) {
	for _, pair := range pairs {
		o.between(indent)
		o.line(indent + pair + o.behind())
	}
}

// metadata has labels and annotations that share an anchor, as people do it to write them once.
func (o *odd) metadata(name string) {
	indent := o.deeper("")
	o.line("metadata:" + o.behind())
	o.pairs(indent, "name: "+o.pick(name, `"`+name+`"`))
	shared := ""
	for _, in := range []string{"annotations", "labels"} {
		if o.one(4) {
			continue
		}
		o.between(indent)
		below := o.deeper(indent)
		anchor := ""
		switch {
		case shared == "" && o.one(2):
			o.keys++
			shared = fmt.Sprintf("shared%d", o.keys)
			anchor = " &" + shared
			o.maps = append(o.maps, shared)
		case shared != "" && o.one(4):
			o.line(indent + in + ": *" + shared)
			continue
		case o.one(4):
			o.line(fmt.Sprintf("%s%s: {%s: %s}", indent, in, o.key(), o.pick("x", `"1:30"`, "'a, b'", `""`)))
			continue
		}
		o.line(indent + in + ":" + anchor + o.behind())
		if anchor == "" && shared != "" {
			o.pairs(below, "<<: *"+shared)
		}
		for range 1 + o.IntN(3) {
			o.between(below)
			o.line(below + o.key() + ": " + o.text() + o.behind())
		}
	}
	for range o.IntN(2) {
		o.entry(indent, 2)
	}
}

func (o *odd) deeper(indent string) string { return indent + strings.Repeat(" ", o.step) }

// text is one on a line that every reader takes for a text.
func (o *odd) text() string {
	return o.pick("x", "plain words", `"1:30"`, "'1:30'", "1:30", "'yes'", `"12"`, "'it''s'", `"tab\tquote\" \u00e9"`, "é", "a#b", "a:b", "-x", `""`, "'# no comment'", "https://example.com/?a=b&c=d", `"{}"`)
}

// scalar is any one on a line.
func (o *odd) scalar() string {
	if o.one(2) {
		return o.text()
	}
	return o.pick("1", "0x1f", "1.5", "1e3", "true", "yes", "Off", "null", "~", "2026-01-01", "0777", "-1", "!!str 80", "12:30:45", "190:20:30")
}

// entry is a key and its value, in a map of any values.
func (o *odd) entry(indent string, depth int) {
	o.between(indent)
	o.line(indent + o.key() + ":" + o.value(indent, depth))
}

// value is what stands behind a colon or a dash, with the lines below it, up to the last line's end.
func (o *odd) value(indent string, depth int) string {
	kind := o.IntN(12)
	if depth == 0 && kind > 6 {
		kind = o.IntN(7)
	}
	switch {
	case kind < 3:
		return " " + o.anchored(o.scalar()) + o.behind()
	case kind == 3:
		return " " + o.blockScalar(indent)
	case kind == 4:
		return " " + o.flow(2, indent) + o.behind()
	case kind == 5 && len(o.values) > 0:
		return " *" + o.pick(o.values...) + o.behind()
	case kind == 5:
		return o.pick("", " ", " {}", " []") + o.behind()
	case kind == 6:
		return o.lines(indent)
	case kind < 10:
		return o.below(indent, depth, o.block)
	default:
		return o.below(indent, depth, o.list)
	}
}

// anchored is a scalar with an anchor, or without.
func (o *odd) anchored(text string) string {
	if strings.HasPrefix(text, "!") || !o.one(6) {
		return text
	}
	return "&" + o.anchor() + " " + text
}

func (o *odd) anchor() string {
	o.keys++
	name := fmt.Sprintf("a%d", o.keys)
	o.values = append(o.values, name)
	return name
}

// below is a map or a list on the lines below its key, whose text has no last line end.
func (o *odd) below(indent string, depth int, write func(indent string, depth int)) string {
	name := ""
	if o.one(5) {
		o.keys++
		name = fmt.Sprintf("m%d", o.keys)
	}
	outer := o.out
	o.out = strings.Builder{}
	head := o.behind()
	write(indent, depth-1)
	text := o.out.String()
	o.out = strings.Builder{}
	o.out.WriteString(outer.String())
	if name != "" {
		o.values = append(o.values, name)
		head = " &" + name + head
	}
	return head + "\n" + strings.TrimSuffix(text, "\n")
}

func (o *odd) block(indent string, depth int) {
	indent = o.deeper(indent)
	if len(o.maps) > 0 && o.one(4) {
		o.pairs(indent, "<<: *"+o.pick(o.maps...))
	}
	for range 1 + o.IntN(3) {
		o.entry(indent, depth)
	}
}

func (o *odd) list(indent string, depth int) {
	if o.one(2) || indent == "" && o.one(2) {
		indent = o.deeper(indent)
	}
	for range 1 + o.IntN(3) {
		o.between(indent)
		switch o.IntN(4) {
		case 0: // a map that begins behind the dash
			dash := o.pick("- ", "-   ")
			inner := indent + strings.Repeat(" ", len(dash))
			o.line(indent + dash + o.key() + ": " + o.scalar() + o.behind())
			for range o.IntN(3) {
				o.entry(inner, depth)
			}
		case 1:
			o.line(indent + "- - " + o.scalar() + o.behind())
			o.line(indent + "  - " + o.scalar() + o.behind())
		default:
			o.line(indent + "-" + o.value(indent, depth))
		}
	}
}

// blockScalar is one with lines that look like something else.
func (o *odd) blockScalar(indent string) string {
	head := o.pick("|", "|-", "|+", ">", ">-", ">+")
	below := o.deeper(indent)
	first := o.pick("first", "# no comment", "- no list", "key: value", "'quoted'")
	if o.one(4) {
		head = fmt.Sprintf("%c%d%s", head[0], o.step, head[1:])
		first = "  " + first
	}
	lines := []string{first}
	for range o.IntN(4) {
		lines = append(lines, o.pick("more text", "  deeper", "", "# no comment either", "a: b", "trailing  ", "&x *y", "\ttab"))
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = below + line
		}
	}
	return head + o.behind() + "\n" + strings.Join(lines, "\n")
}

// lines is a scalar on several lines.
func (o *odd) lines(indent string) string {
	below := o.deeper(indent)
	switch o.IntN(3) {
	case 0:
		return " plain text\n" + below + "on two lines" + o.behind()
	case 1:
		return ` "double \` + "\n" + below + "quoted\n\n" + below + `text"` + o.behind()
	default:
		return "\n" + below + "'single\n" + below + "quoted'" + o.behind()
	}
}

// flow is a map or a list in brackets.
func (o *odd) flow(depth int, indent string) string {
	var items []string
	isMap := o.one(2)
	for range o.IntN(4) {
		item := o.flowScalar()
		if depth > 0 && o.one(4) {
			item = o.flow(depth-1, indent)
		}
		if isMap {
			item = o.key() + ": " + item
		}
		items = append(items, item)
	}
	separator := o.pick(", ", ",  ")
	if o.one(4) {
		separator = ",\n" + o.deeper(indent)
	}
	text := strings.Join(items, separator)
	if isMap {
		return "{" + text + "}"
	}
	return "[" + text + o.pick("", " ") + "]"
}

func (o *odd) flowScalar() string {
	return o.pick("x", `"1:30"`, "1:30", "12", "true", "'a, b'", `"{"`, "null", "a#b", "yes", `""`)
}
