package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// soundBase is a world with verdicts of every kind. The lines that are added stand behind it.
func soundBase(r *rand.Rand) string {
	text := cloudWorld
	if r.IntN(3) == 0 {
		text = strings.Replace(text, ", istio.io/ingress-use-waypoint: 'true'", "", 1)
	}
	if r.IntN(2) == 0 { // the pods admit all that has an identity
		text = strings.Replace(text, "principals: [cluster.local/ns/a/sa/waypoint]", "principals: ['*']", 1)
	}
	if r.IntN(3) == 0 {
		text = strings.Replace(text, "methods: [GET]", "methods: [GET], paths: [/s/*]", 1)
	}
	for _, p := range []string{
		"{name: d1, namespace: edge}\nspec: {" + frontRef + "action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}",
		"{name: d2, namespace: a}\nspec: {action: DENY, rules: [{from: [{source: {namespaces: [b]}}]}]}",
		"{name: a1, namespace: istio-system}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], rules: [{from: [{source: {namespaces: [b]}}]}]}",
	} {
		if r.IntN(2) == 0 {
			text += "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: " + p
		}
	}
	return text
}

var soundQuestions = func() []Request {
	var out []Request
	for _, q := range cloudQuestions {
		out = append(out, q)
		q.Method = "DELETE"
		out = append(out, q)
	}
	return out
}()

// addition is something that is added to a world, and what the ledger says of it.
type addition struct {
	text string
	line *ledgerLine // nil: it has none
	// clouds says of a request that the world before answered whether the addition may change the answer.
	clouds func(Request, Verdict) bool
}

var soundNamespaces = []string{"a", "b", "edge", "side", "istio-system"}

// meets reports whether a request came to a point.
func meets(v Verdict, kind PointKind, name string) bool {
	return slices.ContainsFunc(v.Steps, func(s Step) bool { return s.Point == Point{kind, name} })
}

// yamlAt writes a value at a path of mappings.
func yamlAt(path, value string) string {
	head, rest, deep := strings.Cut(path, ".")
	if deep {
		return head + ": {" + yamlAt(rest, value) + "}"
	}
	return head + ": " + value
}

// pickLine picks a line of a kind, and a value that it does not call usual.
func pickLine(r *rand.Rand, lines []ledgerLine, state ledgerState) (*ledgerLine, string) {
	var of []*ledgerLine
	for i := range lines {
		if l := &lines[i]; l.state == state && (state == isHarmless || l.scope != ofNothing) {
			of = append(of, l)
		}
	}
	if len(of) == 0 {
		return nil, ""
	}
	l := of[r.IntN(len(of))]
	return l, strings.TrimSuffix(strings.TrimSuffix(l.path, "*"), ".")
}

// where is how an object attaches: in YAML, and to which proxies (a second implementation of model.ShouldAttachPolicy).
type where struct {
	field    string
	gateway  bool // edge/front
	waypoint bool // a/waypoint
	pods     bool // of Service s
}

func pickWhere(r *rand.Rand, kind, namespace string) where {
	root := namespace == "istio-system"
	selector := "selector: {matchLabels: {app: %s}}"
	if kind == "EnvoyFilter" || kind == "Sidecar" {
		selector = "workloadSelector: {labels: {app: %s}}"
	}
	switch r.IntN(7) {
	case 0:
		return where{field: fmt.Sprintf(selector, "front"), gateway: root || namespace == "edge"}
	case 1:
		return where{field: fmt.Sprintf(selector, "s"), pods: root || namespace == "a"}
	case 2:
		return where{field: "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}]", gateway: namespace == "edge"}
	case 3:
		return where{field: "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]", waypoint: namespace == "a"}
	case 4:
		return where{field: "targetRefs: [{group: '', kind: Service, name: s}]", waypoint: namespace == "a" && kind != "EnvoyFilter"}
	case 5:
		return where{field: "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]", waypoint: root}
	}
	return where{gateway: root || namespace == "edge", pods: root || namespace == "a"}
}

func (w where) met(v Verdict) bool {
	return w.gateway && meets(v, AtGateway, "edge/front") || w.waypoint && meets(v, AtWaypoint, "a/waypoint")
}

// addObject makes an object that attaches somewhere, with one field that is not judged, or is harmless.
func addObject(r *rand.Rand, state ledgerState) (addition, bool) {
	kinds := make([]groupKind, 0, len(istioKinds))
	for k := range istioKinds {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b groupKind) int { return strings.Compare(a.kind, b.kind) })
	k := kinds[r.IntN(len(kinds))]
	var lines []ledgerLine
	for _, p := range ledgerParts() {
		if p.group == k.group && (p.kind == k.kind || p.kind == "*") {
			lines = p.lines
		}
	}
	l, path := pickLine(r, lines, state)
	if l == nil || state == isHarmless && (k.group == "security.istio.io" || k.kind == "Sidecar") { // the object itself is judged
		return addition{}, false
	}
	return addLine(r, k, l, path, state)
}

// addLine makes an object of a kind with the field of a line.
func addLine(r *rand.Rand, k groupKind, l *ledgerLine, path string, state ledgerState) (addition, bool) {
	namespace := soundNamespaces[r.IntN(len(soundNamespaces))]
	at, extra := pickWhere(r, k.kind, namespace), ""
	if k.group == "extensions.istio.io" || k.kind == "EnvoyFilter" || k.kind == "PeerAuthentication" || k.kind == "RequestAuthentication" {
		extra = at.field
	}
	about := false
	if k.kind == "DestinationRule" || k.kind == "ServiceEntry" {
		host := []string{"s.a.svc.cluster.local", "t.a.svc.cluster.local", "example.com"}[r.IntN(3)]
		about = host == "s.a.svc.cluster.local"
		extra = map[string]string{"DestinationRule": "host: " + host, "ServiceEntry": "hosts: [" + host + "]"}[k.kind]
	}
	var fields []string
	if rest := strings.TrimPrefix(strings.TrimPrefix(path, "spec"), "."); strings.HasPrefix(rest, "jwtRules.") {
		fields = append(fields, "jwtRules: [{issuer: x, jwks: '{}', "+strings.TrimPrefix(rest, "jwtRules.")+": [new]}]")
	} else if rest != "" && state == isNotJudged {
		fields = append(fields, yamlAt(rest, "new"))
	} else if rest != "" {
		fields = append(fields, yamlAt(rest, "{}"))
	}
	if extra != "" {
		fields = append(fields, extra)
	}
	a := addition{line: l, text: fmt.Sprintf("\n---\nkind: %s\napiVersion: %s/v1\nmetadata: {name: new, namespace: %s}\nspec: {%s}", k.kind, k.group, namespace, strings.Join(fields, ", "))}
	a.clouds = func(q Request, v Verdict) bool {
		switch l.scope {
		case ofProxies:
			if k.kind == "ProxyConfig" {
				return meets(v, AtGateway, "edge/front") && (namespace == "edge" || namespace == "istio-system") ||
					meets(v, AtWaypoint, "a/waypoint") && (namespace == "a" || namespace == "istio-system")
			}
			return at.met(v)
		case ofPolicies:
			return at.met(v) || at.pods && (meets(v, AtZtunnel, ""))
		case ofHop:
			from := meets(v, AtWaypoint, "a/waypoint") && namespace != "edge" || meets(v, AtGateway, "edge/front") && namespace != "side" && namespace != "b"
			return about && from && namespace != "b" && namespace != "side"
		case ofService:
			return about && q.To.Service == "s" && !q.To.Direct
		}
		return false
	}
	return a, true
}

// addUnknown makes an object of a kind that nobody knows, or a field that a known kind does not have.
func addUnknown(r *rand.Rand) (addition, bool) {
	namespace := soundNamespaces[r.IntN(len(soundNamespaces))]
	at := pickWhere(r, "New", namespace)
	group := []string{"security.istio.io", "networking.istio.io", gatewayGroup, "new.istio.io", "inference.networking.k8s.io"}[r.IntN(5)]
	a := addition{text: fmt.Sprintf("\n---\nkind: %s\napiVersion: %s/v1\nmetadata: {name: new, namespace: %s}\nspec: {x: y}", "NewPolicy", group, namespace)}
	if strings.HasPrefix(at.field, "targetRefs") {
		a.text = strings.Replace(a.text, "x: y", at.field, 1)
		a.clouds = func(_ Request, v Verdict) bool { return at.met(v) }
	} else {
		a.clouds = func(q Request, v Verdict) bool {
			return namespace == "istio-system" || namespace == q.To.Namespace || namespace == "edge" && meets(v, AtGateway, "edge/front")
		}
	}
	if group == "inference.networking.k8s.io" {
		a.clouds = func(Request, Verdict) bool { return false } // routes to its pools are not judged
	}
	return a, true
}

// addFlag sets a variable of istiod, or a setting of meshConfig.
func addFlag(r *rand.Rand, state ledgerState) (addition, bool) {
	lines, mesh := slices.Concat(flagLines, quietFlags()), r.IntN(2) == 0
	if mesh {
		lines = meshLines
	}
	l, path := pickLine(r, lines, state)
	if l == nil {
		return addition{}, false
	}
	a := addition{line: l}
	if mesh {
		value := "new"
		if state == isHarmless {
			value = "{}"
		}
		a.text = meshSetting(path, value)
	} else {
		a.text = istiodVariable(path, "new")
	}
	a.clouds = func(_ Request, v Verdict) bool {
		gateway := meets(v, AtGateway, "edge/front")
		switch l.scope {
		case ofAll:
			return true
		case ofGateways:
			return gateway
		case ofEnvoys:
			return gateway || meets(v, AtWaypoint, "a/waypoint")
		}
		return false
	}
	return a, true
}

func meshSetting(path, value string) string {
	return "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '{" + yamlAt(path, value) + "}'}"
}

func istiodVariable(name, value string) string {
	return "\n---\nkind: Deployment\napiVersion: apps/v1\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: discovery, image: pilot:1.31.0, env: [{name: " +
		name + ", value: " + value + "}]}]}}}"
}

func pickAddition(r *rand.Rand, state ledgerState) addition {
	for {
		var a addition
		var ok bool
		switch n := r.IntN(4); {
		case n == 0 && state == isNotJudged:
			a, ok = addUnknown(r)
		case n == 1:
			a, ok = addFlag(r, state)
		default:
			a, ok = addObject(r, state)
		}
		if ok {
			return a
		}
	}
}

// sound adds something to a random world. A field that the ledger does not judge must make every answer that it may change NOT JUDGED, except
// for a denial by ztunnel, which sees only the client's identity, and a denial before that; it must leave every other answer unchanged. A
// harmless field must leave all answers unchanged.
func sound(t *testing.T, seed uint64) (clouded, kept int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	state := isNotJudged
	if r.IntN(3) == 0 {
		state = isHarmless
	}
	base, a := soundBase(r), pickAddition(r, state)
	before, after := load(t, base), load(t, base+a.text)
	for _, q := range soundQuestions {
		was, is := before.Decide(q), after.Decide(q)
		fail := func(what string) {
			t.Errorf("seed %d: %s\n%s %+v\nbefore %v: %s\nafter %v: %s%s", seed, what, q.From, q, was.Outcome, was.By(), is.Outcome, is.By(), a.text)
		}
		switch {
		case is.Outcome == NotJudged && was.Outcome != NotJudged:
			clouded++
		default:
			kept++
		}
		switch {
		case state != isHarmless && q.From.ServiceAccount == "side/c" && !a.clouds(q, was): // TestCloudsOnClientsWithSidecars tells when
			if is.Outcome != was.Outcome && is.Outcome != NotJudged {
				fail("it changes an answer")
			}
		case state == isHarmless || !a.clouds(q, was):
			if is.Outcome != was.Outcome || is.By() != was.By() {
				fail("it changes an answer")
			}
		case is.Outcome == Allow:
			fail("an allow stands")
		case is.Outcome == Deny && (was.Outcome != Deny || is.Point.Kind != AtZtunnel && is.Step != was.Step):
			fail("a denial is made up")
		case is.Outcome == Deny && is.Point.Kind == AtWaypoint && a.line != nil && a.line.scope != ofHop && a.line.scope != ofGateways:
			fail("a denial of a proxy stands")
		}
	}
	return clouded, kept
}

func TestSound(t *testing.T) {
	clouded, kept := 0, 0
	for seed := range uint64(1500) {
		c, k := sound(t, seed)
		clouded, kept = clouded+c, kept+k
		if t.Failed() {
			return
		}
	}
	t.Logf("%d answers clouded, %d kept", clouded, kept)
	if clouded < 1000 || kept < 1000 {
		t.Error("the additions are one-sided")
	}
}

func FuzzSound(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { sound(t, seed) })
}
