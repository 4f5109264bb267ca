package access

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Each judged line of the ledger must decide something: in some world that has the field, an answer changes when the field is taken away or has another
// value. The worlds are the recorded ones, whose answers are those of Istio's own code, and those of testdata/ledger.

// judgedWorld is a world with its questions.
type judgedWorld struct {
	name  string
	docs  []*yaml.Node
	ask   []func(*World) string // "" is an answer that proves nothing
	was   []string              // by the world as it is
	asked bool
}

// change is one of a document that can be undone.
type change struct {
	name     string
	do, undo func()
}

// slot is a field in a document.
type slot struct {
	of    *yaml.Node // a mapping
	at    int        // of the key in its content
	saved func()     // writes back a text that the mapping was read from
}

func (s slot) key() string       { return s.of.Content[s.at].Value }
func (s slot) value() *yaml.Node { return s.of.Content[s.at+1] }

// edits take the field away, and give it other values.
func (s slot) edits() (out []change) {
	key, old := s.key(), slices.Clone(s.of.Content)
	wrap := func(name string, do func()) {
		out = append(out, change{key + ": " + name, func() { do(); s.saved() }, func() { s.of.Content = slices.Clone(old); s.saved() }})
	}
	wrap("removed", func() { s.of.Content = slices.Delete(slices.Clone(old), s.at, s.at+2) })
	put := func(name string, n *yaml.Node) {
		wrap(name, func() { s.of.Content = slices.Clone(old); s.of.Content[s.at+1] = n })
	}
	switch v := s.value(); v.Kind {
	case yaml.ScalarNode:
		for _, other := range otherValues(v.Value) {
			n := *v
			n.Value = other
			put(other, &n)
		}
	case yaml.SequenceNode:
		if len(v.Content) > 0 && v.Content[0].Kind == yaml.ScalarNode {
			n, e := *v, *v.Content[0]
			e.Value = "altered"
			if _, err := strconv.Atoi(v.Content[0].Value); err == nil {
				e.Value = "1"
			}
			n.Content = []*yaml.Node{&e}
			put("[altered]", &n)
		}
	case yaml.MappingNode:
		put("{altered}", alteredWithin(v))
	}
	return out
}

// alteredWithin is a copy whose first text is another.
func alteredWithin(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = slices.Clone(n.Content)
	first := 0
	if n.Kind == yaml.MappingNode {
		first = 1
	}
	if n.Kind == yaml.ScalarNode {
		out.Value = "altered"
	} else if first < len(out.Content) {
		out.Content[first] = alteredWithin(out.Content[first])
	}
	return &out
}

// otherValues are other values of a field: of an enumeration all, else one that nothing has.
func otherValues(value string) []string {
	if n, err := strconv.Atoi(value); err == nil {
		return []string{strconv.Itoa(n + 1), "0"}
	}
	for _, enum := range [][]string{
		{"true", "false"}, {"ALLOW", "DENY"}, {"STRICT", "PERMISSIVE", "DISABLE"}, {"Exact", "PathPrefix", "RegularExpression"}, {"HTTP", "HTTPS", "TCP", "TLS", "HBONE"},
		{"Terminate", "Passthrough"}, {"All", "Same", "None"}, {"service", "workload", "all", "none"}, {"GET", "POST"}, {"BASE", "NONE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"},
	} {
		if slices.Contains(enum, value) {
			return append(slices.DeleteFunc(slices.Clone(enum), func(s string) bool { return s == value }), "altered")
		}
	}
	return []string{"altered"}
}

// slotsAt finds a path of the ledger below a node: lists are passed through, and * means every field below.
func slotsAt(n *yaml.Node, path string, saved func(), out *[]slot) {
	if n == nil {
		return
	}
	if n.Kind == yaml.SequenceNode {
		for _, e := range n.Content {
			slotsAt(e, path, saved, out)
		}
		return
	}
	step, rest, deep := strings.Cut(path, ".")
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		switch {
		case step == "*":
			*out = append(*out, slot{n, i, saved})
			slotsAt(n.Content[i+1], "*", saved, out)
		case n.Content[i].Value != step:
		case deep:
			slotsAt(n.Content[i+1], rest, saved, out)
		default:
			*out = append(*out, slot{n, i, saved})
		}
	}
}

// namedSlots finds a label or an annotation wherever one stands.
func namedSlots(n *yaml.Node, under, name string, out *[]slot) {
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if n.Content[i].Value == name && (under == "labels" || under == "annotations" || under == "matchLabels") {
			*out = append(*out, slot{n, i, func() {}})
		}
		namedSlots(n.Content[i+1], n.Content[i].Value, name, out)
	}
	if n.Kind == yaml.SequenceNode {
		for _, e := range n.Content {
			namedSlots(e, under, name, out)
		}
	}
}

// slotsOf finds what a line is about in a document.
func slotsOf(section string, l *ledgerLine, doc *yaml.Node) (out []slot) {
	kind, group := textOf(field(doc, "kind")), strings.Split(textOf(field(doc, "apiVersion")), "/")[0]
	still := func() {}
	switch section {
	case "meshConfig":
		raw := field(field(doc, "data"), "mesh")
		if raw == nil {
			return nil
		}
		var mesh yaml.Node
		if err := yaml.Unmarshal([]byte(raw.Value), &mesh); err != nil || len(mesh.Content) == 0 {
			return nil
		}
		slotsAt(mesh.Content[0], l.path, func() {
			text, err := yaml.Marshal(mesh.Content[0])
			if err != nil {
				panic(err)
			}
			raw.Value = string(text)
		}, &out)
	case "Pods":
		if kind == "Pod" {
			slotsAt(doc, l.path, still, &out)
		}
	default:
		if of, path, ok := strings.Cut(l.path, " "); ok {
			if kind == of && group == section {
				slotsAt(doc, path, still, &out)
			}
			return out
		}
		namedSlots(doc, "", l.path, &out)
	}
	return out
}

// recordedWorlds are those whose questions Istio's code has answered; only those count on which the referee agrees.
func recordedWorlds(t *testing.T, part string) (out []*judgedWorld) {
	for _, set := range recorded(t, part) {
		if len(set.Refused) > 0 {
			continue
		}
		w := &judgedWorld{name: part + "/" + set.Name, docs: set.docs(t)}
		for _, c := range set.Cases {
			w.ask = append(w.ask, func(w *World) string { return answerTo(w, set, c) })
		}
		out = append(out, w)
	}
	return out
}

// answerTo is "Istio's", "another" or "".
func answerTo(w *World, set recordedSet, c recordedCase) string {
	tok, ok := tokenOf(c.Request.Token)
	switch c.Point {
	case "gateway", "waypoint", "ztunnel":
		if !ok || len(c.Want.Custom) > 0 || w.look(c.Namespace).gateway(c.Name) == nil && c.Point != "ztunnel" {
			return ""
		}
		switch decideAt(w, c, tok).Outcome.String() {
		case c.Want.Got:
			return "Istio's"
		case "allow", "deny":
			return "another"
		}
		return ""
	case "route":
		if w.look(c.Namespace).gateway(c.Name) == nil || c.Service != "" && w.look(c.ServiceNamespace).service(c.Service) == nil {
			return ""
		}
	case "binding":
		if w.look(c.Namespace).service(c.Name) == nil {
			return ""
		}
	}
	var n tally
	switch why := n.disagreement(w, set, c); {
	case why != "":
		return "another"
	case n.agree == 1:
		return "Istio's"
	}
	return ""
}

func (set recordedSet) docs(t *testing.T) (out []*yaml.Node) {
	t.Helper()
	for _, doc := range inMeshOfCases(set.Manifests, set.release) {
		n, err := parsed(doc)
		if err != nil {
			t.Fatalf("%s: %v", set.Name, err)
		}
		out = append(out, n.YNode())
	}
	return out
}

// ledgerWorlds are those of testdata/ledger: manifests and an AccessCheck.
func ledgerWorlds(t *testing.T) (out []*judgedWorld) {
	files, err := filepath.Glob("testdata/ledger/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	base := string(read(t, "testdata/ledger/base.yaml"))
	for _, file := range files {
		w, text := &judgedWorld{name: "ledger/" + filepath.Base(file)}, string(read(t, file))
		if !strings.Contains(text, "kind: Namespace\napiVersion: v1\nmetadata: {name: a,") {
			text = base + "\n---\n" + text
		}
		for _, doc := range documentsOf(text) {
			n, err := parsed(doc)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if textOf(field(n.YNode(), "kind")) != "AccessCheck" {
				w.docs = append(w.docs, n.YNode())
				continue
			}
			c, err := ParseCheck(n.YNode())
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, one := range c.Cases {
				w.ask = append(w.ask, func(w *World) string { return w.Decide(one.Request).Outcome.String() })
			}
		}
		out = append(out, w)
	}
	return out
}

func (w *judgedWorld) load() *World {
	world, err := Load(slices.Values(w.docs))
	if err != nil {
		return nil
	}
	return world
}

// changes reports whether an edit changes an answer.
func (w *judgedWorld) changes(e change) bool {
	if !w.asked {
		w.asked = true
		world := w.load()
		for _, ask := range w.ask {
			w.was = append(w.was, ask(world))
		}
	}
	e.do()
	defer e.undo()
	world := w.load()
	if world == nil {
		return false
	}
	for i, ask := range w.ask {
		if was := w.was[i]; was == "Istio's" && ask(world) == "another" || was != "Istio's" && was != "another" && was != "" && ask(world) != was {
			return true
		}
	}
	return false
}

// keysOf are the fields that a line is about: its own, or all that the worlds have where it ends in a star and they have no line of their own.
func keysOf(section string, l *ledgerLine, worlds []*judgedWorld) (out []string) {
	if !strings.HasSuffix(l.path, "*") {
		return []string{""}
	}
	for _, w := range worlds {
		for _, doc := range w.docs {
			for _, s := range slotsOf(section, l, doc) {
				if key := s.key(); !slices.Contains(out, key) && !ofAnother[l.path+key] {
					out = append(out, key)
				}
			}
		}
	}
	return out
}

// ofAnother are fields below a line's star that have a harmless line of their own.
var ofAnother = map[string]bool{"HTTPRoute spec.rules.filters.urlRewrite.*type": true, "HTTPRoute spec.rules.filters.urlRewrite.path.*type": true}

// decides looks for a world in which a field of a line decides an answer, in at most so many edits.
func (l *ledgerLine) decides(section, key string, worlds []*judgedWorld, most int) bool {
	for _, w := range worlds {
		for _, doc := range w.docs {
			for _, s := range slotsOf(section, l, doc) {
				if key != "" && s.key() != key {
					continue
				}
				for _, e := range s.edits() {
					if most--; most < 0 {
						return false
					}
					if w.changes(e) {
						return true
					}
				}
			}
		}
	}
	return false
}

// byObjects are lines about objects as such. The tests that they name add these objects.
const byObjects = "What else decides which objects and pods there are"

// TestEachJudgedLineDecides finds for each judged line, and for each field that its star covers, a world in which it decides an answer, first among
// those that Istio's code has answered. There the answer changes from Istio's to the opposite. Where none of them has such a world, testdata/judged must.
func TestEachJudgedLineDecides(t *testing.T) {
	var istios []*judgedWorld
	for _, part := range []string{"shapes", "routes", "capture", "random"} {
		istios = append(istios, recordedWorlds(t, part)...)
	}
	own, asked := ledgerWorlds(t), askedLines(t)
	lines, byCode, byAsking := 0, 0, 0
	for _, s := range allLines() {
		for i := range s.lines {
			l := &s.lines[i]
			if l.state != isJudged || s.title == byObjects {
				continue
			}
			lines++
			id, byIstio := s.title+": "+l.path, true
			keys := keysOf(s.title, l, slices.Concat(istios, own))
			for _, key := range keys {
				if l.decides(s.title, key, istios, 1200) {
					continue
				}
				byIstio = false
				if !l.decides(s.title, key, own, 4000) {
					t.Errorf("%s %s: no world shows that it decides anything", id, key)
				}
			}
			switch {
			case len(keys) == 0:
				t.Errorf("%s: no world has it", id)
			case byIstio || asked[id]:
				if byIstio {
					byCode++
				} else {
					byAsking++
				}
				delete(asked, id)
				if notConfirmed[id] != "" {
					t.Errorf("%s is confirmed: take it off the list", id)
				}
			case notConfirmed[id] == "":
				t.Errorf("%s is not confirmed by an answer of Istio's code or of real proxies any more", id)
			}
		}
	}
	t.Logf("%d lines decide an answer: %d one that a recording has, %d one that was asked before and after a change", lines, byCode, byAsking)
	if lines != byCode+byAsking+len(notConfirmed) {
		t.Errorf("the list has %d lines, some of which the ledger does not have", len(notConfirmed))
	}
	for id := range asked {
		t.Errorf("%s was asked, and the ledger has no such judged line", id)
	}
}
