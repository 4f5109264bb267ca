package access

import (
	"fmt"
	"strings"
)

// Outcome is what becomes of a request. The zero value is NotJudged, so nothing is allowed by omission.
type Outcome uint8

// What can become of a request.
const (
	NotJudged Outcome = iota
	Deny
	Allow
)

// String gives deny, allow or not-judged, as AccessChecks write it.
func (o Outcome) String() string {
	switch o {
	case Deny:
		return "deny"
	case Allow:
		return "allow"
	}
	return "not-judged"
}

// Verdict is the answer to one Request: the outcome, the step that decided it and the way there.
type Verdict struct {
	Outcome Outcome
	Step             // the deciding one
	Routed  string   // through the ingress: the Service (namespace/name) that the routes led to
	Steps   []Step   // every point on the way, in order
	Assumed []string // what the manifests lack, assumed with default settings
	ofOne   []string // of that, what is about one target or client alone
	noRoute bool     // a route is among that
}

// Step is one point that looked at the request.
type Step struct {
	Point  Point
	Policy string // namespace/name, "" where no policy decided
	Rule   int    // index in the policy's rules, -1 where no single rule decided
	Why    string
	moot   bool      // the request goes elsewhere, or is refused or taken for one without a part of it, which is asked for apart
	lacks  attribute // what the request or the manifests do not say, where it is not judged for that
}

//go:noinline
func stepAt(p Point, why string) Step { return Step{Point: p, Rule: -1, Why: why} }

// step is a policy at a point, on the way of a request.
func (p *policy) step(point Point, rule int, d doubt) Step {
	return Step{Point: point, Policy: p.id(), Rule: rule, Why: d.why, lacks: d.lacks}
}

// Point is what looks at a request.
type Point struct {
	Kind PointKind
	Name string // namespace/name of a gateway or waypoint, or of the gateway that a ztunnel is before
}

// PointKind is a kind of Point.
type PointKind string

// What looks at a request.
const (
	AtRequest  PointKind = "request" // nothing: it cannot be asked
	AtMesh     PointKind = "mesh"    // what decides which way it goes
	AtGateway  PointKind = "gateway"
	AtRoute    PointKind = "route"
	AtWaypoint PointKind = "waypoint"
	AtZtunnel  PointKind = "ztunnel"
	AtSidecar  PointKind = "sidecar"
)

// String is the kind, and which one.
func (p Point) String() string {
	switch {
	case p.Name == "":
		return string(p.Kind)
	case p.Kind == AtZtunnel:
		return "ztunnel before " + p.Name
	}
	return string(p.Kind) + " " + p.Name
}

// By tells who decided, on one line: the point, the policy and its rule, or the reason.
func (v Verdict) By() string {
	s := v.String()
	if v.Outcome == NotJudged {
		return "NOT JUDGED: " + s
	}
	return s
}

// String puts a step on one line.
func (s Step) String() string {
	var b strings.Builder
	b.WriteString(s.Point.String())
	if s.Policy != "" {
		b.WriteString(": " + s.Policy)
	}
	if s.Rule >= 0 && s.Policy != "" {
		fmt.Fprintf(&b, " rule %d", s.Rule)
	}
	if s.Why != "" {
		b.WriteString(": " + s.Why)
	}
	return b.String()
}

// ruling is the outcome of one point.
type ruling struct {
	outcome Outcome
	Step
	refusal refusal // of a token, where no policy decided
}

// worse gives the ruling to report where several pods or ways could be meant: the one that lets most in.
func worse(a, b ruling) ruling {
	rank := [3]int{NotJudged: 1, Deny: 0, Allow: 2}
	if rank[b.outcome] > rank[a.outcome] {
		return b
	}
	return a
}
