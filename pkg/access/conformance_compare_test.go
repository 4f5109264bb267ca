package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// tally counts what a comparison met.
type tally struct {
	sets, cases, agree, custom, notJudged, ofRevision, nack, beyond, refused int
	known                                                                    [len(knownDifferences)]int
	knownAtPoints                                                            [len(knownAtPoints)]int
}

func (n *tally) String() string {
	return fmt.Sprintf("%d sets, %d cases: %d agree, %d wait for an authorizer, %d (%.2f %%) not judged and %d for a revision, %d that Envoy would refuse, "+
		"%d beyond the referee's requests, %v and at points %v known to differ; %d policies refused",
		n.sets, n.cases, n.agree, n.custom, n.notJudged, n.share(), n.ofRevision, n.nack, n.beyond, n.known, n.knownAtPoints, n.refused)
}

// share is how many of a hundred cases are not judged.
func (n *tally) share() float64 { return 100 * float64(n.notJudged) / float64(n.cases) }

func (n *tally) compare(t *testing.T, set recordedSet) {
	t.Helper()
	w := set.world(t)
	n.sets++
	n.refused += len(set.Refused)
	n.refusals(t, w, set)
	for i, c := range set.Cases {
		n.cases++
		if why := n.disagreement(w, set, c); why != "" {
			t.Errorf("%s, case %d (%s): %s\nrequest: %+v\nfrom: %+v\nmanifests: %s", set.Name, i, c.Point, why, c.Request, c.Request.From, set.Manifests)
		}
	}
}

// refusals compares which policies are refused at all.
func (n *tally) refusals(t *testing.T, w *World, set recordedSet) {
	t.Helper()
	got, known := without(w.refused(), set.Refused), prunedSelectors[set.Name]
	if set.Name == everyRefusal {
		known = stricter
		if missed := without(set.Refused, w.refused()); len(missed) > 0 {
			t.Errorf("%s: refused by Istio, not malformed to the referee: %q", set.Name, missed)
		}
	}
	if !slices.Equal(got, known) && !strings.Contains(set.Manifests, rootless) {
		t.Errorf("%s: malformed to the referee, not refused by Istio: now %q, known are %q", set.Name, got, known)
	}
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(others, s) })
}

// refused lists what the referee calls malformed, as the recording does.
func (w *World) refused() (out []string) {
	for _, s := range w.namespaces {
		for _, p := range s.policies {
			if p.bad != nil {
				out = append(out, "AuthorizationPolicy "+p.id())
			}
		}
		for _, a := range s.authentications {
			if a.bad != nil {
				out = append(out, "RequestAuthentication "+join(a.namespace, a.name))
			}
		}
	}
	slices.Sort(out)
	return out
}

// disagreement says where the referee and Istio part, "" where they do not.
func (n *tally) disagreement(w *World, set recordedSet, c recordedCase) string {
	switch c.Point {
	case "binding":
		return n.binding(w, c)
	case "route":
		return n.route(w, set, c)
	case "capture":
		return n.capture(w, set, c)
	case "extension":
		return n.extension(w, set, c)
	}
	tok, ok := tokenOf(c.Request.Token)
	switch {
	case c.Want.Got == "rejected":
		return "" // no such cluster exists; the rejection itself was compared
	case !ok:
		n.beyond++
		return ""
	}
	v := decideAt(w, c, tok)
	why := c.differs(set, v)
	switch {
	case why != "":
		for i, known := range knownDifferences {
			if known.is(set, c, v) {
				n.known[i]++
				return ""
			}
		}
	case c.Want.Got == "nack":
		n.nack++
	case len(c.Want.Custom) > 0:
		n.custom++
	case v.Outcome == NotJudged && v.ofRevision():
		n.ofRevision++
	case v.Outcome == NotJudged:
		n.notJudged++
	default:
		n.agree++
	}
	return why
}

// ofRevision: an istiod reads the policies of its own revision only, and which istiod is asked the manifests do not say. The recording is of one
// that reads all.
func (v *Verdict) ofRevision() bool { return strings.Contains(v.Why, "labels[istio.io/rev]") }

func (c recordedCase) differs(set recordedSet, v Verdict) string {
	got, custom := v.Outcome.String(), len(c.Want.Custom) > 0
	switch {
	case c.Want.Got == "nack":
		if v.Outcome == Allow {
			return "the referee allows by a configuration that Envoy refuses: " + v.By()
		}
	case v.Outcome == NotJudged && (custom || c.unknowable(set) || v.ofRevision()):
	case custom && c.Want.Got == "allow":
		return fmt.Sprintf("an authorizer is asked by %v, yet the referee says %s: %s", c.Want.Custom, got, v.By())
	case got != c.Want.Got:
		return fmt.Sprintf("Istio says %s by %v, the referee %s: %s", c.Want.Got, c.Want.By, got, v.By())
	case !c.unknowable(set) && !custom && !c.names(v):
		return fmt.Sprintf("both say %s, Istio by %v, the referee by another: %s", got, c.Want.By, v.By())
	}
	return ""
}

func (n *tally) binding(w *World, c recordedCase) string {
	svc := w.look(c.Namespace).service(c.Name)
	b, got := w.serviceWaypoint(svc), "none"
	if b.gateway != nil {
		got = b.gateway.id()
		if w.ingressUsesWaypoint(svc) {
			got += ", ingress too"
		}
	}
	if got != c.Want.Got || b.doubt != "" {
		return fmt.Sprintf("Istio binds Service %s/%s to %s, the referee to %s %s", c.Namespace, c.Name, c.Want.Got, got, b.doubt)
	}
	n.agree++
	return ""
}

// names reports whether the referee names one of the rules that decided.
func (c recordedCase) names(v Verdict) bool {
	switch {
	case len(c.Want.By) == 0, c.Want.By[0] == "jwt", strings.Contains(c.Want.By[0], "converted"):
		return v.Rule < 0 // no rule at all, a token, or a PeerAuthentication
	case c.Point == "ztunnel":
		return slices.Contains(c.Want.By, v.Policy)
	}
	return slices.Contains(c.Want.By, fmt.Sprintf("%s#%d", v.Policy, v.Rule))
}

// unknowable reports whether the policies depend on facts that are not in the manifests
// (addresses, SNI), or the token has a claim that is not a plain string.
func (c recordedCase) unknowable(set recordedSet) bool {
	if set.addresses {
		return true
	}
	for name, v := range c.Request.Token {
		if _, text := v.(string); name != "aud" && (!text || name == "scope") {
			return true
		}
	}
	return false
}

// decideAt asks the referee at one enforcement point.
func decideAt(w *World, c recordedCase, tok *token) Verdict { return tracedAt(w, c, tok, nil) }

// request is the recorded one.
func (c recordedCase) request() Request {
	return Request{Method: c.Request.Method, Host: c.Request.Host, Path: c.Request.Path, Port: c.Request.Port, Headers: c.Request.Headers, TCP: c.Request.TCP}
}

// tracedAt is decideAt with all that was compared.
func tracedAt(w *World, c recordedCase, tok *token, trace *symbolic.Trace) Verdict {
	r := c.request()
	t := &trip{w: w, open: &open{trace: trace}, req: r, at: r.attributes(trace), shown: tok}
	if p := c.Request.From; p != nil {
		td := p.TD
		if td == "" {
			td = "cluster.local"
		}
		if t.at.peer = (identity{domain: td, namespace: p.NS, account: p.SA}); td == w.mesh.domains[0] {
			t.at.peer = t.peer(p.NS, p.SA)
		}
	}
	pathOK := t.settlePath()
	s := w.look(c.Namespace)
	switch c.Point {
	case "gateway":
		g := s.gateway(c.Name)
		t.at.port, t.at.peer = c.Request.Port, identity{}
		if !pathOK {
			return Verdict{Outcome: Deny, Step: Step{Rule: -1}}
		}
		rules, doubt := w.gatewayJWT(g)
		t.atGateway(g, g.point(), rules, doubt)
	case "waypoint":
		svc := w.look(c.ServiceNamespace).service(c.Service)
		if svc == nil {
			svc = plainService(c.ServiceNamespace, c.Service)
		}
		if tok != nil {
			rules, _ := w.waypointJWT(s.gateway(c.Name), svc)
			t.carry(rules)
		}
		t.atWaypoint(s.gateway(c.Name), svc, servicePort{number: c.Request.Port, target: c.Request.Port}, pathOK)
	case "ztunnel":
		for _, pod := range s.workloads {
			if pod.name == c.Name {
				t.toPods(s, []*workload{pod}, nil, servicePort{target: c.Request.Port})
			}
		}
	}
	return t.verdict()
}

// tokenOf turns claims into the referee's token; ok is false for one that no
// request of the referee can express. Lists and numbers are
// claims that it knows nothing of, and so is scope, which Envoy makes a list.
func tokenOf(claimsOf map[string]any) (tok *token, ok bool) {
	if claimsOf == nil {
		return nil, true
	}
	tok = &token{claims: claims{}}
	for name, v := range claimsOf {
		if list, isList := v.([]any); isList && name == "aud" {
			for _, e := range list {
				s, isText := e.(string)
				if !isText {
					return nil, false
				}
				tok.audiences = append(tok.audiences, s)
			}
			tok.claims = append(tok.claims, audienceClaim(tok.audiences)...)
			continue
		}
		switch v := v.(type) {
		case string:
			known := knownValue(v)
			if name == "scope" {
				known = symbolic.In(perhaps)
			}
			tok.claims = append(tok.claims, namedValue{name, known})
		case map[string]any:
			for inner := range v {
				tok.claims = append(tok.claims, namedValue{name + "\x00" + inner, symbolic.In(perhaps)})
			}
		default:
			tok.claims = append(tok.claims, namedValue{name, symbolic.In(perhaps)})
		}
	}
	tok.issuer = find(tok.claims, "iss").Read()
	if aud := find(tok.claims, "aud"); aud.State() == known {
		tok.audiences = []string{aud.Read()}
	}
	return tok, true
}
