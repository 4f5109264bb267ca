package access

import (
	"cmp"
	"slices"
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
	full     bool            // some object has more than fits
}

// said is one object.
type said struct {
	namespace string
	from, to  int  // in codes
	cut       bool // it has more than fits
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
	o := said{namespace: textOf(valueAt(n, "metadata", "namespace")), from: len(r.codes)}
	r.cut = false
	r.fields(n, k)
	o.to, o.cut = len(r.codes), r.cut
	r.of = append(r.of, o)
	return len(r.of) - 1
}

// fields leaves out what the API server makes up, except when tokens' rules and modes of mTLS were created, which tells the older from the newer.
func (r *recording) fields(n *yaml.Node, k groupKind) {
	limit, depth := len(r.codes)+maxCodes, 0
	dated := k.kind == "RequestAuthentication" || k.kind == "PeerAuthentication"
	r.mapping(n, limit, depth, func(key string, v *yaml.Node) {
		if key != "metadata" || deref(v) == nil || deref(v).Kind != yaml.MappingNode {
			r.value(v, key, limit, depth+1)
			return
		}
		r.mapping(deref(v), limit, depth+1, func(key string, v *yaml.Node) {
			switch key {
			case "uid", "resourceVersion", "generation", "managedFields", "selfLink":
				r.codes = append(r.codes, nothing)
			case "creationTimestamp":
				if !dated {
					r.codes = append(r.codes, nothing)
					return
				}
				fallthrough
			default:
				r.value(v, key, limit, depth+1)
			}
		})
	})
}

func (r *recording) mapping(n *yaml.Node, limit, depth int, each func(key string, v *yaml.Node)) {
	r.codes = append(r.codes, aMapping)
	order := make([]int, 0, 16)
	for i := 0; i+1 < len(n.Content); i += 2 {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(n.Content[a].Value, n.Content[b].Value) })
	for _, i := range order {
		r.value(n.Content[i], "", limit, depth+1)
		each(n.Content[i].Value, n.Content[i+1])
	}
	r.codes = append(r.codes, endOf)
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
		r.mapping(n, limit, depth, func(key string, v *yaml.Node) { r.value(v, key, limit, depth+1) })
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
		text := strings.Clone(n.Value)
		numbers[text], r.texts = id, append(r.texts, text)
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
