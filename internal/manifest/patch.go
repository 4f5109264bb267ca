package manifest

import (
	"bytes"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A file belongs to its user: where an edited object leaves as a document of a file, only the text of what
// was edited is written anew. What that text is follows from comparing the tree that was read with the
// tree that is there now. The result is read again, and used only if it means that tree.

// patched is the text of a document, changed so that it means now. It is nil where that takes more than
// lines, entries and scalars of it: what two places share by an alias, say.
func patched(text []byte, now *yaml.Node) []byte {
	if text == nil || now == nil || !countsLines(text) {
		return nil
	}
	raw, was := rootOf(text), settledRoot(text)
	if raw == nil || was == nil {
		return nil
	}
	p := &patcher{data: text, lines: lineStarts(text)}
	if !p.value(raw, was, now, documentEnd(text)) || !p.quoteBase60(raw) {
		return nil
	}
	out := p.apply()
	if is := settledRoot(out); is == nil || !Equal(is, now) {
		return nil
	}
	return out
}

// rootOf is the top node of a document as it is written, or nil.
func rootOf(text []byte) *yaml.Node {
	document, err := onlyDocument(text)
	if err != nil {
		return nil
	}
	return Root(document)
}

// settledRoot is the top node of a document without aliases and merge keys, or nil.
func settledRoot(text []byte) *yaml.Node {
	item, err := (&Reader{}).Read(rootOf(text))
	if err != nil {
		return nil
	}
	return item.Node
}

// patch replaces the text between two offsets.
type patch struct {
	start, end int
	text       string
}

type patcher struct {
	data []byte
	// lines are the offsets at which the lines begin.
	lines   []int
	patches []patch
}

// apply is the data with all patches; nil if they overlap.
func (p *patcher) apply() []byte {
	slices.SortStableFunc(p.patches, func(a, b patch) int { return a.start - b.start })
	var out bytes.Buffer
	at := 0
	for _, patch := range p.patches {
		if patch.start < at {
			return nil
		}
		out.Write(p.data[at:patch.start])
		out.Write(withLineEndsOf(p.data, []byte(patch.text)))
		at = patch.end
	}
	out.Write(p.data[at:])
	return out.Bytes()
}

// value makes the text of a value mean now. raw is the value as it is written, and was the same without aliases
// and merge keys. The text ends before limit. It reports whether it could.
func (p *patcher) value(raw, was, now *yaml.Node, limit int) bool {
	flow := raw.Style&yaml.FlowStyle != 0
	switch {
	case Equal(was, now):
		return true
	case raw.Kind != now.Kind:
		return false
	case raw.Kind == yaml.ScalarNode:
		return p.inline(raw, now)
	case flow:
		return p.flow(raw, was, now)
	case raw.Kind == yaml.MappingNode:
		return p.mapping(raw, was, now, limit)
	case raw.Kind == yaml.SequenceNode:
		return p.sequence(raw, was, now, limit)
	}
	return false
}

// mapping is value for a map in block style.
func (p *patcher) mapping(raw, was, now *yaml.Node, limit int) bool {
	for i := 0; i+1 < len(raw.Content); i += 2 {
		end := limit
		if i+2 < len(raw.Content) {
			end = p.lineOf(raw.Content[i+2])
		}
		if !p.entry(raw.Content[i], raw.Content[i+1], was, now, end) {
			return false
		}
	}
	added, ok := addedTo(raw, was, now)
	if !ok || len(added) == 0 || len(raw.Content) == 0 {
		return ok && len(added) == 0
	}
	last := len(raw.Content) - 1
	at := p.behindComments(p.contentEnd(raw.Content[last-1], raw.Content[last], limit), raw.Column, limit)
	return p.write(at, at, &yaml.Node{Kind: yaml.MappingNode, Content: added}, raw.Column, true)
}

// entry is value for one entry of a map in block style.
func (p *patcher) entry(key, raw, was, now *yaml.Node, limit int) bool {
	if key.ShortTag() == yaml.MergeTag {
		return true
	}
	at := IndexOf(now, key.Value)
	if at < 0 {
		start := p.lineOf(key)
		if !onlyBlanks(p.data[start:p.offsetOf(key)]) {
			return false
		}
		p.patches = append(p.patches, patch{above(p.data, start, key.HeadComment), p.contentEnd(key, raw, limit), ""})
		return true
	}
	before, of := len(p.patches), IndexOf(was, key.Value)
	if of >= 0 && p.value(raw, was.Content[of+1], now.Content[at+1], limit) {
		return true
	}
	p.patches = p.patches[:before]
	written := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{yaml.CopyYNode(now.Content[at]), yaml.CopyYNode(now.Content[at+1])}}
	written.Content[0].HeadComment = "" // it stands above the entry
	dropFeet(written)
	return p.write(p.offsetOf(key), p.contentEnd(key, raw, limit), written, key.Column, false)
}

// addedTo are the entries of now that a map does not have, in its own text or by a merge key. It reports false
// where now lacks an entry that the merge key gives.
func addedTo(raw, was, now *yaml.Node) (added []*yaml.Node, ok bool) {
	for i := 0; i+1 < len(was.Content); i += 2 {
		if key := was.Content[i].Value; IndexOf(raw, key) < 0 && IndexOf(now, key) < 0 {
			return nil, false
		}
	}
	for i := 0; i+1 < len(now.Content); i += 2 {
		key, value := now.Content[i], now.Content[i+1]
		merged := IndexOf(was, key.Value)
		if IndexOf(raw, key.Value) < 0 && (merged < 0 || !Equal(was.Content[merged+1], value)) {
			added = append(added, key, value)
		}
	}
	return added, true
}

// sequence is value for a list in block style: what it has can change, and items can be added to it.
func (p *patcher) sequence(raw, was, now *yaml.Node, limit int) bool {
	if len(now.Content) < len(raw.Content) || len(was.Content) != len(raw.Content) || len(raw.Content) == 0 {
		return false
	}
	for i, item := range raw.Content {
		end := limit
		if i+1 < len(raw.Content) {
			end = p.lineOf(raw.Content[i+1])
		}
		if !p.value(item, was.Content[i], now.Content[i], end) {
			return false
		}
	}
	added := now.Content[len(raw.Content):]
	if len(added) == 0 {
		return true
	}
	last := raw.Content[len(raw.Content)-1]
	at := p.behindComments(p.contentEnd(last, last, limit), raw.Column, limit)
	return p.write(at, at, &yaml.Node{Kind: yaml.SequenceNode, Content: added}, raw.Column, true)
}

// flow is value for a map or a list in flow style: what it has can change, and more can be added to it.
func (p *patcher) flow(raw, was, now *yaml.Node) bool {
	start := p.textOf(raw)
	end := closing(p.data, start)
	if end < 0 || raw.Kind == yaml.SequenceNode && (len(now.Content) < len(raw.Content) || len(was.Content) != len(raw.Content)) {
		return false
	}
	for i := 0; i < len(raw.Content); i++ {
		at, of := i, i
		if raw.Kind == yaml.MappingNode {
			key := raw.Content[i].Value
			at, of, i = IndexOf(now, key)+1, IndexOf(was, key)+1, i+1
			if at == 0 || of == 0 {
				return false
			}
		}
		if !p.value(raw.Content[i], was.Content[of], now.Content[at], end) && !p.inline(raw.Content[i], now.Content[at]) {
			return false
		}
	}
	added := now.Content[min(len(raw.Content), len(now.Content)):]
	if raw.Kind == yaml.MappingNode {
		var ok bool
		if added, ok = addedTo(raw, was, now); !ok {
			return false
		}
	}
	if len(added) == 0 {
		return true
	}
	text, ok := inFlow(&yaml.Node{Kind: raw.Kind, Content: added})
	if !ok {
		return false
	}
	at := start + len(bytes.TrimRight(p.data[start:end-1], " \t\r\n"))
	switch text = text[1 : len(text)-1]; {
	case len(raw.Content) > 0 && p.data[at-1] == ',':
		text = " " + text + ","
	case len(raw.Content) > 0:
		text = ", " + text
	}
	p.patches = append(p.patches, patch{at, at, text})
	return true
}

// quoteBase60 is the function of that name, for the texts of what stays.
func (p *patcher) quoteBase60(raw *yaml.Node) bool {
	if raw.Kind == yaml.ScalarNode && raw.Style == 0 && isBase60(raw.Value) {
		at := p.offsetOf(raw)
		inside := func(patch patch) bool { return patch.start <= at && at < patch.end }
		return slices.ContainsFunc(p.patches, inside) || p.inline(raw, Text(raw.Value))
	}
	for _, below := range raw.Content {
		if !p.quoteBase60(below) {
			return false
		}
	}
	return true
}

// inline replaces a value that has a text on one line.
func (p *patcher) inline(raw, now *yaml.Node) bool {
	start := p.textOf(raw)
	end := tokenEnd(p.data, start, raw)
	text, ok := inFlow(now)
	if end < 0 || !ok {
		return false
	}
	p.patches = append(p.patches, patch{start, end, text})
	return true
}
