package access

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// mentions reports whether an object has a text, as a key or a value. One that has more than fits may have any.
func (r *recording) mentions(at int, text string) bool {
	o := r.of[at]
	id, known := r.numbers[0][text]
	return o.cut || known && slices.Contains(r.codes[o.from:o.to], id+firstText)
}

// node is an object as it was recorded, without what the API server makes up and without places.
func (r *recording) node(at int) *yaml.Node {
	o := r.of[at]
	n, _ := r.read(r.codes[o.from:o.to])
	return n
}

// read reads one node, and gives what is behind it. Where an object has more than fits, its lists and mappings end there.
func (r *recording) read(codes []uint32) (n *yaml.Node, rest []uint32) {
	if len(codes) == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagNull}, nil
	}
	code, rest := codes[0], codes[1:]
	switch code {
	case aMapping, aSequence:
		n = &yaml.Node{Kind: yaml.MappingNode}
		if code == aSequence {
			n.Kind = yaml.SequenceNode
		}
		for len(rest) > 0 && rest[0] != endOf {
			var e *yaml.Node
			e, rest = r.read(rest)
			n.Content = append(n.Content, e)
		}
		if len(rest) > 0 {
			rest = rest[1:]
		}
		return n, rest
	case nothing, endOf:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagNull}, rest
	case notAString:
		n, rest = r.read(rest)
		n.Tag = yaml.NodeTagBool
		return n, rest
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: r.texts[code-firstText]}, rest
}

// twice reports whether the second of two worlds has the same objects as the first, in the same order.
func (r *recording) twice() bool {
	at, more := r.apart()
	return at < 0 && !more
}

// apart is the first object in which two worlds differ, or whether one has more.
func (r *recording) apart() (at int, more bool) {
	second := slices.IndexFunc(r.of, func(o said) bool { return o.next })
	if second < 0 {
		return -1, len(r.of) > 0
	}
	for i := range min(second, len(r.of)-second) {
		if !r.same(i, second+i) {
			return i, false
		}
	}
	return -1, len(r.of) != 2*second
}

// turned reports whether the second of two worlds stands before the first, by what the first objects in which they differ say.
func (r *recording) turned() bool {
	second := slices.IndexFunc(r.of, func(o said) bool { return o.next })
	at, _ := r.apart()
	if at < 0 {
		return second > len(r.of)-second
	}
	words := func(at int) (out []string) {
		for _, c := range r.codes[r.of[at].from:r.of[at].to] {
			if c < firstText {
				out = append(out, string(rune(c)))
			} else {
				out = append(out, r.texts[c-firstText])
			}
		}
		return out
	}
	return slices.Compare(words(at), words(second+at)) > 0
}

// between are the objects of both worlds between those that they begin and those that they end with alike.
func (r *recording) between() (out []int) {
	second := slices.IndexFunc(r.of, func(o said) bool { return o.next })
	from, to, end := 0, second, len(r.of)
	for from < to && second+from < end && r.same(from, second+from) {
		from++
	}
	for to > from && end > second+from && r.same(to-1, end-1) {
		to, end = to-1, end-1
	}
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	for i := second + from; i < end; i++ {
		out = append(out, i)
	}
	return out
}
