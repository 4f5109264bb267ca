package access

import (
	"slices"
	"strings"
	"sync"
)

// ledgerState is what the referee does about a field, a label, an annotation or a flag.
type ledgerState uint8

const (
	isJudged    ledgerState = iota // it decides verdicts as Istio does
	isHarmless                     // it changes no verdict
	isNotJudged                    // the verdicts that it could change are NOT JUDGED
	isNamed                        // a verdict that it could change is NOT JUDGED by the code that reads it, which names it
)

// scope is which verdicts a line of the ledger clouds.
type scope uint8

const (
	ofNothing   scope = iota
	ofProxies         // of the gateways, waypoints and sidecars that the object applies to
	ofPolicies        // as ofProxies, and of the pods that the object applies to
	ofHop             // of what gateways, waypoints and sidecars send to the Service that the object names
	ofService         // of requests to the Service that the object names or selects
	ofSidecars        // of clients with a sidecar
	ofGateways        // of every ingress Gateway
	ofEnvoys          // of every gateway, waypoint and sidecar
	ofNamespace       // of everything in the namespace, everywhere for the root namespace
	ofAll             // of everything
	ofRoute           // of what the route leads to, or the ListenerSet's routes do
)

// ledgerLine is one line: a path such as `spec.rules.from.source.principals`. A line covers what is below it and has no line of its own only
// where it ends in `*`.
type ledgerLine struct {
	path  string
	state ledgerState
	scope scope
	why   string   // where it is judged and by which test; why it is harmless
	usual []string // values that change nothing
	// release is the one that has it, where that is not the pinned one.
	release string
	on      []string // the kinds that a label or annotation counts on; none: all
}

// ledgerPart is one kind of object.
type ledgerPart struct {
	group, kind string // `*`: all kinds of the group
	unknown     scope  // of fields that have no line
	lines       []ledgerLine
}

func (l ledgerLine) of(kinds ...string) ledgerLine { l.on = kinds; return l }

// since says that a line is for a later release than the one that the ledger is compared with.
func (l ledgerLine) since(release string) ledgerLine { l.release = release; return l }

//go:noinline
func judgedBy(path, file, test string) ledgerLine {
	return ledgerLine{path: path, state: isJudged, why: file + ", " + test}
}

//go:noinline
func harmless(path, why string) ledgerLine {
	return ledgerLine{path: path, state: isHarmless, why: why}
}

// notJudged is a line whose values cloud, but the usual ones.
//
//go:noinline
func notJudged(path string, r scope, why string, usual ...string) ledgerLine {
	return ledgerLine{path: path, state: isNotJudged, scope: r, why: why, usual: usual}
}

// notJudgedBy is a line that the walk over the fields leaves to the code of a file.
//
//go:noinline
func notJudgedBy(path, file, test, why string) ledgerLine {
	return ledgerLine{path: path, state: isNamed, why: file + ", " + test + ": " + why}
}

// ledgerNode is one step of a path.
type ledgerNode struct {
	unknown scope       // of a kind: that of fields without a line
	line    *ledgerLine // of the field itself
	rest    *ledgerLine // of the fields below it that have no line
	below   map[string]*ledgerNode
}

// ledgerTree makes the lines of a part quick to look up.
func ledgerTree(lines []ledgerLine) *ledgerNode {
	root := &ledgerNode{}
	for i := range lines {
		root.put(&lines[i])
	}
	return root
}

func (n *ledgerNode) put(l *ledgerLine) {
	for step := range strings.SplitSeq(l.path, ".") {
		if step == "*" {
			n.rest = l
			return
		}
		if n.below == nil {
			n.below = map[string]*ledgerNode{}
		}
		if n.below[step] == nil {
			n.below[step] = &ledgerNode{}
		}
		n = n.below[step]
	}
	n.line = l
}

// takes reports whether a value is one that changes nothing. A usual value that ends in * is for all that begin so.
func (l *ledgerLine) takes(value string) bool {
	return value == "[]" || slices.ContainsFunc(l.usual, func(u string) bool {
		prefix, all := strings.CutSuffix(u, "*")
		return value == u || all && prefix != "" && strings.HasPrefix(value, prefix)
	})
}

// ledgerIndex is the ledger, quick to look up.
type ledgerIndex struct {
	kinds map[groupKind]*ledgerNode
	names map[string][]*ledgerLine // labels and annotations; one may have lines for several kinds
	flags map[string]*ledgerLine
	mesh  *ledgerNode

	overlay *ledgerNode // of what istiod makes for Gateways
}

// ledger is made when the first object asks.
var ledger = sync.OnceValue(func() *ledgerIndex {
	l := &ledgerIndex{map[groupKind]*ledgerNode{}, map[string][]*ledgerLine{}, map[string]*ledgerLine{}, ledgerTree(meshLines), ledgerTree(overlayLines)}
	for _, p := range ledgerParts() {
		t := ledgerTree(p.lines)
		t.unknown = p.unknown
		l.kinds[groupKind{p.group, p.kind}] = t
	}
	for _, lines := range [][]ledgerLine{labelLines, annotationLines, otherNames} {
		for i := range lines {
			l.names[lines[i].path] = append(l.names[lines[i].path], &lines[i])
		}
	}
	for i := range flagLines {
		l.flags[flagLines[i].path] = &flagLines[i]
	}
	return l
})

// of is what the ledger has for a kind: nil where there is nothing for it in a group that it knows.
func (l *ledgerIndex) of(k groupKind) (tree *ledgerNode, known bool) {
	if !ledgerGroup(k.group) {
		return nil, false
	}
	if t := l.kinds[k]; t != nil {
		return t, true
	}
	return l.kinds[groupKind{k.group, "*"}], true
}

// ledgerGroup reports whether a group is one whose every kind may touch what is judged.
func ledgerGroup(group string) bool {
	switch group {
	case "gateway.networking.k8s.io", "gateway.networking.x-k8s.io", "inference.networking.k8s.io", "inference.networking.x-k8s.io":
		return true
	}
	return strings.HasSuffix(group, ".istio.io")
}
