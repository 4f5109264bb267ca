package access

import (
	"slices"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// recording is what all objects say, in little memory: each distinct text once, and for each object the numbers of its texts. Keys of mappings are in
// order, so that equal objects have equal numbers.
type recording struct {
	numbers  [2]map[string]uint32 // of strings, and of other scalars
	texts    []string
	of       []said
	codes    []uint32
	patterns map[uint32]bool // texts that may be regular expressions
	cut      bool            // the object at hand has more than fits
	order    []*yaml.Node    // keys and values of the mappings at hand, each mapping's in order
	full     bool            // some object has more than fits
	next     bool            // what comes is of the second of two worlds
}

// said is one object.
type said struct {
	namespace string
	from, to  int  // in codes
	cut       bool // it has more than fits
	next      bool // it is of the second of two worlds
}

// What a code says of the ones behind it. Others are the number of a text and firstText.
const (
	aMapping uint32 = iota
	aSequence
	endOf
	nothing
	notAString // the next text is a number, a truth value or null
	firstText
)

// maxCodes and maxDepth bound one object, whose aliases may make it larger than its file.
const (
	maxCodes = 1 << 20
	maxDepth = 200
)

func newRecording() *recording {
	return &recording{numbers: [2]map[string]uint32{{}, {}}, patterns: map[uint32]bool{}}
}

// add records an object, and gives its place.
func (r *recording) add(n *yaml.Node, k groupKind) int {
	o := said{namespace: textOf(valueAt(n, "metadata", "namespace")), from: len(r.codes), next: r.next}
	r.cut = false
	r.fields(n, k)
	o.to, o.cut = len(r.codes), r.cut
	r.of = append(r.of, o)
	return len(r.of) - 1
}

// part is which part of an object a mapping is.
type part uint8

const (
	inside        part = iota
	whole              // the object
	itsMetadata        // of which is left out what the API server makes up
	datedMetadata      // but when tokens' rules and modes of mTLS were created, which tells the older from the newer
)

func (r *recording) fields(n *yaml.Node, k groupKind) {
	metadata := itsMetadata
	if k.kind == "RequestAuthentication" || k.kind == "PeerAuthentication" {
		metadata = datedMetadata
	}
	r.mapping(n, whole, metadata, len(r.codes)+maxCodes, 0)
}

// mapping records a mapping. metadata is what the metadata of the whole object is.
func (r *recording) mapping(n *yaml.Node, is, metadata part, limit, depth int) {
	r.codes = append(r.codes, aMapping)
	from, sorted := len(r.order), true
	for i := 0; i+1 < len(n.Content); i += 2 {
		sorted = sorted && (i == 0 || n.Content[i-2].Value <= n.Content[i].Value)
		r.order = append(r.order, n.Content[i], n.Content[i+1])
	}
	if !sorted {
		sort.Stable(keyed(r.order[from:]))
	}
	for at, to := from, len(r.order); at < to; at += 2 { // what is below comes behind, and is taken off again
		key, v := r.order[at], deref(r.order[at+1])
		r.value(key, "", limit, depth+1)
		switch {
		case is == whole && key.Value == "metadata" && v != nil && v.Kind == yaml.MappingNode:
			r.mapping(v, metadata, inside, limit, depth+1)
		case is.leavesOut(key.Value):
			r.codes = append(r.codes, nothing)
		default:
			r.value(v, key.Value, limit, depth+1)
		}
	}
	clear(r.order[from:])
	r.order = r.order[:from]
	r.codes = append(r.codes, endOf)
}

func (is part) leavesOut(key string) bool {
	switch key {
	case "uid", "resourceVersion", "generation", "managedFields", "selfLink":
		return is == itsMetadata || is == datedMetadata
	case "creationTimestamp":
		return is == itsMetadata
	}
	return false
}

// keyed are keys, each with its value.
type keyed []*yaml.Node

func (p keyed) Len() int           { return len(p) / 2 }
func (p keyed) Less(a, b int) bool { return p[2*a].Value < p[2*b].Value }
func (p keyed) Swap(a, b int) {
	p[2*a], p[2*a+1], p[2*b], p[2*b+1] = p[2*b], p[2*b+1], p[2*a], p[2*a+1]
}

// value records a node. key is the one that it stands under.
func (r *recording) value(n *yaml.Node, key string, limit, depth int) {
	if n = deref(n); len(r.codes) >= limit || depth > maxDepth {
		r.full, r.cut = true, true
		return
	}
	switch {
	case n == nil || n.Kind == yaml.AliasNode:
		r.codes = append(r.codes, nothing)
	case n.Kind == yaml.MappingNode:
		r.mapping(n, inside, inside, limit, depth)
	case n.Kind == yaml.ScalarNode:
		r.scalar(n, key)
	default:
		r.codes = append(r.codes, aSequence)
		for _, v := range n.Content {
			r.value(v, key, limit, depth+1)
		}
		r.codes = append(r.codes, endOf)
	}
}

func (r *recording) scalar(n *yaml.Node, key string) {
	numbers := r.numbers[0]
	if tag(n) != yaml.NodeTagString {
		numbers = r.numbers[1]
		r.codes = append(r.codes, notAString)
	}
	id, ok := numbers[n.Value]
	if !ok {
		id = uint32(len(r.texts))
		numbers[n.Value], r.texts = id, append(r.texts, n.Value)
	}
	if (key == "regex" || key == "value") && strings.ContainsAny(n.Value, `\^$.|?*+()[]{}`) {
		r.patterns[id] = true
	}
	r.codes = append(r.codes, id+firstText)
}

// same reports whether two objects say the same.
func (r *recording) same(a, b int) bool {
	x, y := r.of[a], r.of[b]
	return !x.cut && !y.cut && slices.Equal(r.codes[x.from:x.to], r.codes[y.from:y.to])
}

// drop takes back the last object.
func (r *recording) drop() {
	last := len(r.of) - 1
	r.codes, r.of = r.codes[:r.of[last].from], r.of[:last]
}
