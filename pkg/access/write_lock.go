package access

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// LockKind is the kind of a lock file.
const LockKind = "AccessLock"

const lockHead = `# Who may reach what, as text to review and to compare with: ambient-profile diff THIS.yaml RENDERED.yaml
# Made by ambient-profile explain -o lock. Make it again instead of editing it.
apiVersion: ambient.kubeflow.org/v1alpha1
kind: AccessLock
`

// Write writes the lock. Where and by which policy something is allowed is not in it.
func (l *Lock) Write(out io.Writer) error {
	var b strings.Builder
	b.WriteString(lockHead)
	fmt.Fprintf(&b, "mesh:\n  trustDomain: %s\n  pathNormalization: %s\n", quotedYAML(l.domain), quotedYAML(l.normalization))
	list := func(indent, name string, all []string) {
		if len(all) > 0 {
			b.WriteString(indent + name + ":\n")
			for _, s := range all {
				b.WriteString(indent + "- " + quotedYAML(s) + "\n")
			}
		}
	}
	list("  ", "issuers", l.issuers)
	var outside []string
	for _, f := range l.outside {
		outside = append(outside, f.who)
	}
	list("  ", "outside", outside)
	b.WriteString("namespaces:\n")
	for _, s := range l.spaces {
		fmt.Fprintf(&b, "- name: %s\n  mesh: %s\n  targets:\n", quotedYAML(s.name), quotedYAML(s.mesh))
		for i := range s.targets {
			b.WriteString("  - " + s.targets[i].text() + "\n")
		}
		access, leftOut := s.lists()
		list("  ", "access", access)
		list("  ", "leftOut", leftOut)
		list("  ", "notJudged", s.doors)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// quotedYAML is a text in the quotes that leave most of it as it is.
func quotedYAML(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // it fails for no text
	return strings.TrimSuffix(b.String(), "\n")
}

func (t *lockedTarget) text() string {
	kind := "service"
	if t.pods {
		kind = "pods"
	}
	var ports []string
	for _, p := range t.ports {
		if p != t.free || t.free == 0 {
			ports = append(ports, portText(p))
		}
	}
	out := fmt.Sprintf("{%s: %s, ports: [%s]", kind, quotedYAML(t.name), strings.Join(ports, ", "))
	if t.free > 0 {
		out += ", anyOther: " + portText(t.free)
	}
	for _, flag := range t.flags() {
		if *flag.is {
			out += ", " + flag.name + ": true"
		}
	}
	return out + "}"
}

// lists are the facts of who gets in, and of which requests there is no telling here.
func (s *lockedSpace) lists() (access, leftOut []string) {
	for i := range s.facts {
		if f := &s.facts[i]; f.tier <= tierAway {
			leftOut = append(leftOut, s.text(f))
		} else {
			access = append(access, s.text(f))
		}
	}
	return access, leftOut
}

type lockedFlag struct {
	name string
	is   *bool
}

func (t *lockedTarget) flags() []lockedFlag {
	return []lockedFlag{{"assumed", &t.assumed}, {"verifiesTokens", &t.verifies}, {"waypoint", &t.waypoint}}
}

// text is a fact on a line.
func (s *lockedSpace) text(f *fact) string {
	out := tierWords[f.tier] + " | " + f.who + " | " + strings.Join(s.spotWords(f.spots), ", ")
	if f.what != "" {
		out += " | " + f.what
	}
	return out
}

// Words for all targets of a kind.
const (
	allServices    = "services"
	allConnections = "connections"
	allPods        = "pods"
	allPodRequests = "pod-requests"
)

// spotWord is the word for a target, and tcp where it is about connections. Those of one name are numbered.
func (s *lockedSpace) spotWord(i int, tcp bool) string {
	t := &s.targets[i]
	nth := 1
	for j := range i {
		if s.targets[j].pods == t.pods && s.targets[j].name == t.name {
			nth++
		}
	}
	name := t.name
	if nth > 1 {
		name = fmt.Sprintf("%s#%d", name, nth)
	}
	kind := "service/"
	if t.pods {
		kind = "pods/"
	}
	out := kind + quoteWord(name)
	if tcp {
		out += "/tcp"
	}
	return out
}

// spotWords names spots: all of a kind by one word, all ports of a target by its name.
func (s *lockedSpace) spotWords(spots []lockedSpot) (out []string) {
	left := slices.Clone(spots)
	take := func(word string, all []lockedSpot) bool {
		if len(all) == 0 || slices.ContainsFunc(all, func(p lockedSpot) bool { return !slices.Contains(left, p) }) {
			return false
		}
		out = append(out, word)
		left = slices.DeleteFunc(left, func(p lockedSpot) bool { return slices.Contains(all, p) })
		return true
	}
	for _, word := range [4]string{allServices, allConnections, allPods, allPodRequests} {
		take(word, s.spotsOf(word))
	}
	for i := range s.targets {
		for _, tcp := range [2]bool{false, true} {
			word := s.spotWord(i, tcp)
			if take(word, s.spotsOf(word)) {
				continue
			}
			for _, port := range s.targets[i].ports {
				take(word+":"+portText(port), []lockedSpot{{i, port, tcp}})
			}
		}
	}
	return out
}

// spotsOf are those of a word.
func (s *lockedSpace) spotsOf(word string) []lockedSpot {
	return slices.DeleteFunc(s.spots(), func(p lockedSpot) bool {
		pods, all := s.targets[p.target].pods, s.spotWord(p.target, p.tcp)
		switch word {
		case allServices:
			return pods || p.tcp
		case allConnections:
			return pods || !p.tcp
		case allPods:
			return !pods || !p.tcp
		case allPodRequests:
			return !pods || p.tcp
		}
		return word != all && word != all+":"+portText(p.port)
	})
}
