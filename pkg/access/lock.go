package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Lock is who may reach what under some manifests, apart from them: as text that is reviewed and committed, and that Diff compares with manifests, or with
// another lock, later on.
type Lock struct {
	domain        string // the trust domain
	normalization string // of paths
	issuers       []string
	outside       []fact // the pods outside the mesh, of which only offTheMesh tells
	spaces        []*lockedSpace
	at            map[string]*lockedSpace
}

// lockedSpace is a namespace of a lock.
type lockedSpace struct {
	name    string
	mesh    string // how it takes part in the mesh
	targets []lockedTarget
	facts   []fact
	doors   []string // what leads to its targets from elsewhere
	asked   map[lockedKey][]*fact
}

// lockedTarget is a Service, or a kind of pods.
type lockedTarget struct {
	name     string
	pods     bool
	assumed  bool  // only a policy names it
	verifies bool  // a waypoint looks for tokens on the way of pods
	waypoint bool  // pods take requests, which a waypoint reads
	free     int   // stands for the ports that nothing names, 0 where the target takes nothing there
	ports    []int // with free
	only     *workload
}

// fact is a set of requests with one standing. What no fact has is denied.
type fact struct {
	tier  tier
	who   string
	what  string
	spots []lockedSpot

	kind    clientKind
	issuer  string
	axes    []string // in the order in which they are compared
	phrases []symbolic.Phrase
}

// lockedSpot is a target, by its number, at a port.
type lockedSpot struct {
	target, port int
	tcp          bool
}

// lockedKey is a question.
type lockedKey struct {
	lockedSpot
	kind   clientKind
	issuer string
}

// tier is the standing of a fact.
type tier uint8

const (
	tierUntold tier = iota // the request is told of as another one
	tierAway
	tierUncharted
	tierUnknown
	tierUnrouted
	tierUnroutedHTTP // but with methods that proxies may refuse it is not judged
	tierAllowed
	tierAllowedHTTP
)

// tierWords are how tiers are written.
var tierWords = [...]string{
	tierUntold: "untold", tierAway: "elsewhere", tierUncharted: "not-judged-no-route", tierUnknown: "not-judged",
	tierUnrouted: "allow-no-route", tierUnroutedHTTP: "allow-http-no-route", tierAllowed: "allow", tierAllowedHTTP: "allow-http",
}

// Lock is who may reach what, for Lock.Write.
func (w *World) Lock() *Lock {
	l := &Lock{domain: w.mesh.domains[0], normalization: w.mesh.normalization}
	x := newAsker(w)
	names := slices.Sorted(slices.Values(w.names))
	for _, name := range names {
		if s := w.look(name); x.hasTargets(s) {
			l.spaces = append(l.spaces, &lockedSpace{name: name, mesh: w.describe(s), targets: x.lockedTargets(s)})
		}
	}
	for _, s := range l.spaces {
		for i := range s.targets {
			for _, issuer := range w.issuers(s.to(i)) {
				if issuer != anotherIssuer && !slices.Contains(l.issuers, issuer) {
					l.issuers = append(l.issuers, issuer)
				}
			}
		}
	}
	slices.Sort(l.issuers)
	for _, name := range names {
		if who := w.outsiders(name); who != "" {
			l.outside = append(l.outside, fact{who: who})
		}
	}
	l.ask(x)
	return l
}

// ask finds the facts, of like namespaces once.
func (l *Lock) ask(x *asker) {
	classes, words := x.w.recording.alikeBy(x.w.profiles())
	first := map[string]string{}
	for _, class := range classes {
		for _, name := range class {
			first[name] = class[0]
		}
	}
	done := map[string]*lockedSpace{}
	for _, s := range l.spaces {
		done[s.name] = s
		s.doors = x.openDoors(s.name, x.pool)
		if like := done[first[s.name]]; like != nil && like != s {
			if as := like.renamed(l.domain, words[like.name], words[s.name]); as != nil {
				s.facts = as.facts
				continue
			}
		}
		(&locking{x: x, l: l, s: s, pool: x.pool.About()}).ask()
	}
}

// outsiders are the pods of a namespace that are outside the mesh, as a line names clients, "" for none.
func (w *World) outsiders(namespace string) string {
	s := w.look(namespace)
	out := func(account string) bool {
		return !slices.ContainsFunc(w.clientPods(s, namespace, account), func(c clientPod) bool { return c.member != outside || c.host })
	}
	const another = "~" // no account has the name
	named := map[string]bool{}
	for _, pod := range s.workloads {
		if pod.ownAccount {
			named[patternWord(w.identity(namespace, pod.name+"-").principal()+"*")] = out(pod.name + "-" + another)
		}
		named[join(namespace, pod.account)] = out(pod.account)
	}
	for _, g := range s.gateways {
		named[join(namespace, g.account)] = out(g.account)
	}
	rest := out(another)
	var others []string
	for _, word := range slices.Sorted(maps.Keys(named)) {
		if named[word] != rest {
			others = append(others, word)
		}
	}
	switch list := strings.Join(others, ", "); {
	case rest && list == "":
		return "pods of ns " + namespace
	case rest:
		return "pods of ns " + namespace + " but " + list
	case list != "":
		return "pod " + list
	}
	return ""
}

// Empty reports whether there is nothing to ask about.
func (l *Lock) Empty() bool { return len(l.spaces) == 0 }

// lockedTargets are all of a namespace.
func (x *asker) lockedTargets(s *space) (out []lockedTarget) {
	for _, a := range x.aims(s) {
		t := lockedTarget{name: a.name, ports: a.allPorts(), assumed: a.assumed, verifies: x.w.verifiesAt(a.to)}
		if a.assumed {
			t.free = slices.Max(t.ports)
		}
		out = append(out, t)
	}
	services := len(out)
	for _, p := range x.podAims(s) {
		b := x.w.podWaypoint(s, p.pod)
		out = append(out, lockedTarget{name: p.name, pods: true, ports: p.allPorts(s), assumed: p.assumed, free: p.free, waypoint: b.gateway != nil || b.doubt != "", only: p.pod})
	}
	byName := func(a, b lockedTarget) int { return cmp.Compare(a.name, b.name) }
	slices.SortStableFunc(out[:services], byName)
	slices.SortStableFunc(out[services:], byName)
	return out
}

// to is a target as requests name it.
func (s *lockedSpace) to(i int) To {
	t := &s.targets[i]
	if t.pods {
		return To{Namespace: s.name, Pod: map[string]string{}, only: t.only}
	}
	return To{Namespace: s.name, Service: t.name}
}

// spots are all of a namespace at which there are questions.
func (s *lockedSpace) spots() (out []lockedSpot) {
	for i := range s.targets {
		t := &s.targets[i]
		for _, port := range t.ports {
			if !t.pods || t.waypoint {
				out = append(out, lockedSpot{i, port, false})
			}
			out = append(out, lockedSpot{i, port, true})
		}
	}
	return out
}

// locking makes the facts of a namespace.
type locking struct {
	x     *asker
	l     *Lock
	s     *lockedSpace
	pool  *symbolic.Pool
	index map[[3]string]int // of facts
}

func (k *locking) ask() {
	k.index = map[[3]string]int{}
	for _, spot := range k.s.spots() {
		questions := k.x.w.inquiries(k.s.to(spot.target), spot.port, spot.tcp)
		for _, q := range slices.Clone(questions) {
			if q.kind != aJWT && q.kind != aPodJWT || q.issuer() != anotherIssuer {
				continue
			}
			for _, issuer := range k.l.issuers {
				if !slices.ContainsFunc(questions, func(o inquiry) bool { return o.kind == q.kind && o.issuer() == issuer }) {
					more := q
					more.from.JWT = &JWT{Issuer: issuer}
					questions = append(questions, more)
				}
			}
		}
		routeless := !spot.tcp && !k.s.targets[spot.target].pods && k.x.w.routeless(k.s.to(spot.target))
		for i := range questions {
			questions[i].unrouted = routeless && questions[i].kind.ingress()
			for _, f := range k.x.w.facts(&questions[i], k.pool) {
				k.add(f, spot)
			}
		}
	}
	k.s.sort()
}

func (s *lockedSpace) sort() {
	slices.SortFunc(s.facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.who, b.who), -cmp.Compare(a.tier, b.tier), cmp.Compare(a.what, b.what))
	})
}

func (k *locking) add(f fact, at lockedSpot) {
	key := [3]string{tierWords[f.tier], f.who, f.what}
	i, there := k.index[key]
	if !there {
		i = len(k.s.facts)
		k.index[key] = i
		k.s.facts = append(k.s.facts, f)
	}
	k.s.facts[i].spots = append(k.s.facts[i].spots, at)
}
