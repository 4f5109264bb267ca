package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// index reads the facts back from their texts, and files them by questions. names is put behind those of lists, by which they are known.
func (l *Lock) index(names string) error {
	l.at = map[string]*lockedSpace{}
	for i := range l.outside {
		if err := l.outside[i].read(l.domain, names); err != nil {
			return fmt.Errorf("%s: %w", l.outside[i].who, err)
		}
	}
	for _, s := range l.spaces {
		l.at[s.name] = s
		s.asked = map[lockedKey][]*fact{}
		for i := range s.facts {
			f := &s.facts[i]
			if err := f.read(l.domain, names); err != nil {
				return fmt.Errorf("%s | %s: %w", f.who, f.what, err)
			}
		}
		s.sort()
		for i := range s.facts {
			f := &s.facts[i]
			for _, spot := range f.spots {
				key := lockedKey{spot, f.kind, f.issuer}
				s.asked[key] = append(s.asked[key], f)
			}
		}
	}
	return nil
}

// read finds the comparisons of a fact in its texts.
func (f *fact) read(domain, lists string) error {
	r := &lineReader{lex: lexicon{domain: domain, exact: true}, out: map[string]symbolic.Phrase{}, lists: lists}
	if err := r.readWho(f.who); err != nil {
		return err
	}
	if err := r.readWhat(f.what); err != nil {
		return err
	}
	f.kind, f.issuer = r.kind, r.issuer
	l := line{says: r.out}
	for _, axis := range slices.Concat([]string{userAxis, tokenAxis, peerAxis}, l.axes()) {
		if p := r.out[axis]; len(p) > 0 {
			f.axes, f.phrases = append(f.axes, axis), append(f.phrases, p)
		}
	}
	return nil
}

// AtLock is a lock file, which has outcomes without the policies that decide.
const AtLock PointKind = "lock file"

func locked(o Outcome, why string) Verdict {
	return Verdict{Outcome: o, Step: stepAt(Point{Kind: AtLock}, why)}
}

// verdict is that of a fact.
func (t tier) verdict(oddMethod bool) Verdict {
	if oddMethod && t == tierAllowedHTTP {
		t = tierUnknown
	}
	if oddMethod && t == tierUnroutedHTTP {
		t = tierUncharted
	}
	v := locked(NotJudged, "says NOT JUDGED")
	switch t {
	case tierUntold:
		v.moot = true
	case tierAway:
		v.Point.Kind, v.moot, v.Why = AtRoute, true, "no route leads there"
	case tierUncharted:
		v.noRoute = true
	case tierUnrouted, tierUnroutedHTTP:
		v = locked(Allow, "allows it")
		v.noRoute = true
	case tierAllowed, tierAllowedHTTP:
		v = locked(Allow, "allows it")
	}
	return v
}

// answer is what the lock says of a request. A request that compares alike has the same answer.
func (l *Lock) answer(w *World, r *Request, trace *symbolic.Trace) Verdict {
	if l.isOutside(w, r, trace) {
		return locked(Deny, "has the pod outside the mesh")
	}
	f, known := l.fact(w, r, trace)
	switch {
	case !known:
		return locked(NotJudged, "does not know "+r.target())
	case f == nil:
		return locked(Deny, "does not allow it")
	}
	odd := false
	if f.tier == tierAllowedHTTP || f.tier == tierUnroutedHTTP {
		method := trace.On(methodAxis, cmp.Or(r.Method, "GET"))
		odd = method.Is("CONNECT") || !method.OneOf(http1Methods)
	}
	return f.tier.verdict(odd)
}

// fact is the one that has a request, nil where it is denied. known is false for a target that the lock does not have.
func (l *Lock) fact(w *World, r *Request, trace *symbolic.Trace) (f *fact, known bool) {
	s := l.at[r.To.Namespace]
	if s == nil {
		return nil, false
	}
	key, ok := s.key(r)
	if !ok {
		return nil, false
	}
	if key.issuer != "" && !slices.Contains(l.issuers, key.issuer) {
		key.issuer = anotherIssuer
	}
	for _, f := range s.asked[key] {
		if f.takes(w, r, trace) {
			return f, true
		}
	}
	return nil, true
}

func (f *fact) takes(w *World, r *Request, trace *symbolic.Trace) bool {
	for i, axis := range f.axes {
		if !f.phrases[i].HoldsAt(trace, axis, r.on(w, axis)) {
			return false
		}
	}
	return true
}

// key is the question that a request is one of.
func (s *lockedSpace) key(r *Request) (key lockedKey, ok bool) {
	i := slices.IndexFunc(s.targets, func(t lockedTarget) bool {
		return t.only == r.To.only && (t.pods || t.name == r.To.Service)
	})
	if i < 0 {
		return key, false
	}
	t := &s.targets[i]
	key = lockedKey{lockedSpot: lockedSpot{i, r.Port, r.TCP}, kind: r.From.clientKind()}
	if r.From.JWT != nil {
		key.issuer = r.From.JWT.Issuer
	}
	if t.free > 0 && !slices.Contains(t.ports, r.Port) {
		key.port = t.free
	}
	if (key.kind == aPodToken || key.kind == aPodJWT) && !t.verifies { // nobody looks at what the pod carries
		key.kind, key.issuer = aPod, ""
	}
	return key, true
}

func (f From) clientKind() clientKind {
	switch pod := f.ServiceAccount != ""; {
	case f.OffMesh:
		return offTheMesh
	case f.Anonymous:
		return anonymous
	case f.JWT != nil && pod:
		return aPodJWT
	case f.JWT != nil:
		return aJWT
	case f.Token != "" && pod:
		return aPodToken
	case f.Token != "":
		return aToken
	case pod:
		return aPod
	}
	return aUser
}

// World is a lock as Diff sees one: its namespaces, and nothing in them.
func (l *Lock) World() *World {
	w := &World{recording: newRecording(), namespaces: map[string]*space{}, mesh: defaultMesh(), locked: l}
	for _, s := range l.spaces {
		w.space(s.name).declared = true
	}
	w.finish()
	w.mesh.domains[0], w.mesh.normalization = l.domain, l.normalization
	return w
}

// aims are the Services of a namespace.
func (l *Lock) aims(s *space) (out []*aim) {
	of := l.at[s.name]
	for i := range of.targets {
		if t := &of.targets[i]; !t.pods {
			out = append(out, &aim{name: t.name, to: of.to(i), assumed: t.assumed, fixed: t.ports})
		}
	}
	return out
}

// podAims are the kinds of pods of a namespace.
func (l *Lock) podAims(s *space) (out []podAim) {
	of := l.at[s.name]
	for i := range of.targets {
		if t := &of.targets[i]; t.pods {
			a := podAim{name: t.name, assumed: t.assumed, to: of.to(i), free: t.free, ports: t.ports}
			a.pod = t.only
			out = append(out, a)
		}
	}
	return out
}

// labelsIn are those in the name of pods that only a selector speaks of.
func labelsIn(name string) (out labels) {
	list, ok := strings.CutSuffix(strings.TrimPrefix(name, "pods with "), " (assumed)")
	if !ok {
		return nil
	}
	for _, one := range strings.Split(list, ",") {
		key, value, _ := strings.Cut(one, "=")
		out = append(out, label{key, value})
	}
	return out
}

// reads reports whether a waypoint reads requests to some pods.
func (l *Lock) reads(to To) bool {
	key, known := l.at[to.Namespace].key(&Request{To: to})
	return known && l.at[to.Namespace].targets[key.target].waypoint
}

// inquiries are the questions about a target.
func (l *Lock) inquiries(to To, port int, tcp bool) (out []inquiry) {
	s := l.at[to.Namespace]
	key, known := s.key(&Request{To: to, Port: port, TCP: tcp})
	add := func(kind clientKind, f From) {
		out = append(out, inquiry{to: to, port: port, tcp: tcp, kind: kind, from: f})
	}
	issuers := append(slices.Clone(l.issuers), anotherIssuer)
	if to.only == nil && !tcp {
		add(aUser, From{})
		add(aToken, From{})
		add(anonymous, From{Anonymous: true})
		for _, i := range issuers {
			add(aJWT, From{JWT: &JWT{Issuer: i}})
		}
	}
	add(aPod, From{})
	if to.only == nil && !tcp && known && s.targets[key.target].verifies {
		add(aPodToken, From{})
		for _, i := range issuers {
			add(aPodJWT, From{JWT: &JWT{Issuer: i}})
		}
	}
	add(offTheMesh, From{OffMesh: true})
	return out
}

// isOutside reports whether a request is that of a pod outside the mesh.
func (l *Lock) isOutside(w *World, r *Request, trace *symbolic.Trace) bool {
	return r.From.ServiceAccount != "" && slices.ContainsFunc(l.outside, func(f fact) bool { return f.takes(w, r, trace) })
}
