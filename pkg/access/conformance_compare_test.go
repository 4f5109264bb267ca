package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tally counts what a comparison met.
type tally struct {
	sets, cases, agree, custom, notJudged, nack, beyond int
	refused                                             int
}

func (n tally) String() string {
	return fmt.Sprintf("%d sets, %d cases: %d agree, %d wait for an authorizer, %d not judged, %d that Envoy would refuse, %d beyond the referee's requests; %d policies refused",
		n.sets, n.cases, n.agree, n.custom, n.notJudged, n.nack, n.beyond, n.refused)
}

func (n *tally) compare(t *testing.T, set recordedSet) {
	t.Helper()
	w := set.world(t)
	n.sets++
	n.refused += len(set.Refused)
	if got := w.refused(); !slices.Equal(got, set.Refused) {
		t.Errorf("%s: the referee finds other policies malformed than Istio refuses:\n only the referee: %v\n only Istio: %v\n%s",
			set.Name, without(got, set.Refused), without(set.Refused, got), set.Manifests)
	}
	for i, c := range set.Cases {
		n.cases++
		if why := n.disagreement(w, set, c); why != "" {
			t.Errorf("%s, case %d (%s): %s\nrequest: %+v\nfrom: %+v\nmanifests: %s", set.Name, i, c.Point, why, c.Request, c.Request.From, set.Manifests)
		}
	}
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(others, s) })
}

// refused lists what the referee calls malformed, as the recording does.
func (w *World) refused() (out []string) {
	for _, s := range w.namespaces {
		for _, p := range s.policies {
			if p.bad != "" {
				out = append(out, "AuthorizationPolicy "+p.id())
			}
		}
		for _, a := range s.authentications {
			if a.bad != "" {
				out = append(out, "RequestAuthentication "+join(a.namespace, a.name))
			}
		}
	}
	slices.Sort(out)
	return out
}

// disagreement says where the referee and Istio part, "" where they do not.
func (n *tally) disagreement(w *World, set recordedSet, c recordedCase) string {
	if c.Want.Got == "rejected" {
		return "" // there is no such cluster; the refusal itself was compared
	}
	tok, ok := tokenOf(c.Request.Token)
	if !ok {
		n.beyond++
		return ""
	}
	v := decideAt(w, c, tok)
	got := v.Outcome.String()
	switch {
	case c.Want.Got == "nack":
		n.nack++
		if v.Outcome == Allow {
			return "the referee allows by a configuration that Envoy refuses: " + v.By()
		}
	case v.Outcome == NotJudged && (len(c.Want.Custom) > 0 || c.unknowable(set)):
		n.notJudged++
	case len(c.Want.Custom) > 0 && c.Want.Got == "allow":
		return fmt.Sprintf("an authorizer is asked by %v, yet the referee says %s: %s", c.Want.Custom, got, v.By())
	case got != c.Want.Got:
		return fmt.Sprintf("Istio says %s by %v, the referee %s: %s", c.Want.Got, c.Want.By, got, v.By())
	case !c.names(v):
		return fmt.Sprintf("both say %s, Istio by %v, the referee by another: %s", got, c.Want.By, v.By())
	default:
		n.agree++
	}
	if len(c.Want.Custom) > 0 {
		n.custom++
	}
	return ""
}

// names tells whether the referee names one of the rules that decided.
func (c recordedCase) names(v Verdict) bool {
	if len(c.Want.By) == 0 || len(c.Want.Custom) > 0 {
		return v.Rule < 0 || len(c.Want.Custom) > 0
	}
	if c.Want.By[0] == "jwt" || strings.Contains(c.Want.By[0], "converted") {
		return v.Rule < 0 // a token, or a PeerAuthentication
	}
	id := v.Policy
	if c.Point != "ztunnel" {
		id = fmt.Sprintf("%s#%d", v.Policy, v.Rule)
	}
	return slices.Contains(c.Want.By, id)
}

// unknowable: the policies speak of what manifests do not say (addresses, SNI),
// or of a claim that is no plain text.
func (c recordedCase) unknowable(set recordedSet) bool {
	for _, word := range []string{"pBlocks", "source.ip", "remote.ip", "destination.ip", "connection.sni"} {
		if strings.Contains(set.Manifests, word) {
			return true
		}
	}
	for _, v := range c.Request.Token {
		if _, plain := v.(string); !plain {
			return true
		}
	}
	return false
}

// decideAt asks the referee at one enforcement point.
func decideAt(w *World, c recordedCase, tok *token) Verdict {
	r := Request{Method: c.Request.Method, Host: c.Request.Host, Path: c.Request.Path, Port: c.Request.Port, Headers: c.Request.Headers, TCP: c.Request.TCP}
	t := &trip{w: w, req: r, at: r.attributes(), shown: tok}
	if p := c.Request.From; p != nil {
		td := p.TD
		if td == "" {
			td = "cluster.local"
		}
		t.at.peer = identity{td, p.NS, p.SA}
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
		t.atGateway(g, "gateway "+g.id(), rules, doubt)
	case "waypoint":
		svc := w.look(c.ServiceNamespace).service(c.Service)
		if svc == nil {
			svc = &service{namespace: c.ServiceNamespace, name: c.Service}
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
// request of the referee can express, with two audiences. Lists and numbers are
// claims that it knows nothing of.
func tokenOf(claimsOf map[string]any) (tok *token, ok bool) {
	if claimsOf == nil {
		return nil, true
	}
	tok = &token{claims: claims{}}
	for name, v := range claimsOf {
		if list, isList := v.([]any); isList && name == "aud" {
			if len(list) != 1 {
				return nil, false
			}
			v = list[0]
		}
		switch v := v.(type) {
		case string:
			tok.claims = append(tok.claims, namedValue{name, knownValue(v)})
		case map[string]any:
			for inner := range v {
				tok.claims = append(tok.claims, namedValue{name + "\x00" + inner, value{state: perhaps}})
			}
		default:
			tok.claims = append(tok.claims, namedValue{name, value{state: perhaps}})
		}
	}
	tok.issuer, tok.audience = find(tok.claims, "iss").s, find(tok.claims, "aud").s
	return tok, true
}
