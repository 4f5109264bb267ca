package access

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// said are the changes of a diff in short, one a line.
func (d *Diff) said() string {
	var b strings.Builder
	for i := range d.Namespaces {
		n := &d.Namespaces[i]
		if n.Cause != nil {
			fmt.Fprintf(&b, "%s: %s => %s\n", n.names(), n.Cause.Old, n.Cause.New)
		}
		for _, c := range n.Changes {
			fmt.Fprintf(&b, "%s: %s %s | %s>%s by %s\n", n.names(), c.word(), c.text(), c.Old, c.New, ruleKey(c.Policy, c.Rule))
		}
	}
	return b.String() + strings.Join(slices.Concat(d.Unknown, d.Errors), "\n")
}

// What diff says of one edit of two like tenants, ann and bob.
func TestDiff(t *testing.T) {
	const l4 = "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l4, namespace: SELF}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/SELF/sa/waypoint]}}]}]}}\n"
	base := alikeFront + aTenant("ann", "ann@x.io", l4) + aTenant("bob", "bob@x.io", l4)
	owner := "{name: owner, namespace: ann}"
	for name, c := range map[string]struct {
		old, next string // "": base
		want      []string
		not       string
	}{
		"a rule for everything": {
			next: edit(t, base, owner+",\n  spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [", owner+",\n  spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{}, "),
			want: []string{"ann: gained anonymous, through the ingress to Service s", "ann: gained any pod in the mesh but edge/front-istio, ns ann to Service s | deny>allow by ann/owner rule 0"},
			not:  "bob",
		},
		"a policy for one path": {
			next: base + extraRule("ann", "rules: [{from: [{source: {principals: ['*']}}], to: [{operation: {methods: [GET], paths: [/healthz]}}]}]"),
			want: []string{"any pod in the mesh but edge/front-istio, ns ann to Service s: GET /healthz | deny>allow by ann/extra rule 0"},
			not:  "bob",
		},
		"the same for both": {
			next: base + extraRule("ann", "rules: [{to: [{operation: {paths: [/healthz]}}]}]") + extraRule("bob", "rules: [{to: [{operation: {paths: [/healthz]}}]}]"),
			want: []string{"ann and bob, which is like it: gained any pod"},
		},
		"a DENY": {
			next: base + extraRule("ann", "action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]"),
			want: []string{"ann: lost pods of ns ann to Service s: DELETE | allow>deny by ann/owner rule 1"},
			not:  "gained",
		},
		"out of the mesh": {
			next: edit(t, base, "{name: ann, labels: {istio.io/dataplane-mode: ambient, ", "{name: ann, labels: {"),
			want: []string{"ann: ambient, waypoint ann/waypoint, also from the ingress => not in the mesh\n", "ann: gained anything off the mesh to Service s, pods pod | deny>allow"},
			not:  "bob:",
		},
		"without a waypoint": {
			next: edit(t, base, "istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true'}, annotations: {owner: ann", "x: y}, annotations: {owner: ann"),
			want: []string{"ann: ambient, waypoint ann/waypoint, also from the ingress => ambient, no waypoint is asked for\n", "ann: lost user {trim pattern \"ann@x.io\"} to Service s | allow>deny by ann/owner rule 0"},
			not:  "bob",
		},
		"a policy that Istio rejects": {
			next: base + extraRule("ann", "rules: [{to: [{operation: {port: 1}}]}]"),
			want: []string{"ann: perhaps gained any pod in the mesh but ns ann to Service s", "deny>not-judged"},
		},
		"a policy that Istio rejects is corrected": {
			old:  base + extraRule("ann", "rules: [{to: [{operation: {port: 1}}]}]"),
			next: base + extraRule("ann", "rules: [{to: [{operation: {paths: [/x]}}]}]"),
			want: []string{"ann: perhaps gained any pod in the mesh to Service s: /x | not-judged>allow by ann/extra rule 0", "ann: perhaps lost ", "not-judged>deny"},
		},
		"another Service": {
			next: base + "\n---\n{kind: Service, apiVersion: v1, metadata: {name: t, namespace: ann}, spec: {selector: {app: t}, ports: [{name: http, port: 80}]}}\n",
			want: []string{"ann: gained pods of ns ann to Service t | absent>allow by ann/owner rule 1", "to Service t (no route yet) | absent>allow by ann/owner rule 0"},
			not:  "Service s",
		},
		"another tenant": {
			next: base + aTenant("carol", "carol@x.io", ""),
			want: []string{"carol: not in the manifests => ambient, waypoint carol/waypoint"},
			not:  "ann:",
		},
		"another trust domain": {
			next: base + "\n---\n{kind: ConfigMap, apiVersion: v1, metadata: {name: istio, namespace: istio-system}, data: {mesh: 'trustDomain: other.domain'}}\n",
			want: []string{"the trust domain of the mesh is cluster.local in the old manifests and other.domain in the new ones"},
		},
		"letters that are not of ASCII": {
			next: base + extraRule("ann", "rules: [{to: [{operation: {paths: [/ä]}}]}]"),
			want: []string{"user to Service ann/s port 80: path: it is compared with letters that are not of ASCII"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			old := c.old
			if old == "" {
				old = base
			}
			d := diffOf(t, old, c.next)
			for _, want := range c.want {
				if !strings.Contains(d.said(), want) {
					t.Errorf("%q is missing", want)
				}
			}
			if c.not != "" && strings.Contains(d.said(), c.not) {
				t.Errorf("%q is there", c.not)
			}
			if opens := len(d.Unknown) > 0 || strings.Contains(d.said(), "gained"); d.Opens() != opens || !d.Differs() {
				t.Errorf("it opens: %v, it differs: %v", d.Opens(), d.Differs())
			}
			if t.Failed() {
				t.Log("\n" + d.said())
			}
		})
	}
}

// A pod on its node's network comes without its identity, whatever the other world knows of its account.
func TestDiffKnowsPodsByTheirWorld(t *testing.T) {
	const pods = `{kind: Namespace, apiVersion: v1, metadata: {name: edge, labels: {istio.io/dataplane-mode: ambient}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: a, labels: {istio.io/dataplane-mode: ambient}}}
---
{kind: Pod, apiVersion: v1, metadata: {name: s, namespace: a, labels: {app: s}}, spec: {containers: [{name: c}]}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l4, namespace: a}, spec: {action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/edge/sa/y, cluster.local/ns/edge/sa/z]}}]}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: z, namespace: edge}, spec: {serviceAccountName: z, hostNetwork: true, containers: [{name: c}]}}`
	const host = "\n---\n{kind: Pod, apiVersion: v1, metadata: {name: p, namespace: edge}, spec: {serviceAccountName: y, hostNetwork: true, containers: [{name: c}]}}"
	d := diffOf(t, pods, pods+host)
	if got := d.said(); !strings.Contains(got, "a: gained pod edge/y to any Service, pods s") || strings.Contains(got, "edge/z") {
		t.Error(got)
	}
}

// mirrored is a change as it is from the other side.
func (c Change) mirrored() Change {
	if c.Old, c.New = c.New, c.Old; c.Change == hasGained {
		c.Change = hasLost
	} else {
		c.Change = hasGained
	}
	return c
}

// What is gained from one to the other is lost the other way round, to the letter.
func TestDiffIsTheSameFromEitherSide(t *testing.T) {
	changes := 0
	for seed := range uint64(*setWorlds / 6) {
		r := rand.New(rand.NewPCG(seed, 304))
		old := chanceWorld(r)
		next := otherwise(r, old)
		there, back := diffOf(t, old, next), diffOf(t, next, old)
		key := func(d Diff, turn bool) (out []string) {
			for _, n := range d.Namespaces {
				for _, c := range n.Changes {
					if turn {
						c = c.mirrored()
					}
					out = append(out, fmt.Sprint(n.Namespace, n.Like, c.Change, c.Who, c.To, c.What, c.Old, c.New, c.By, c.Policy, c.Rule, c.Instead, c.Witness))
				}
			}
			slices.Sort(out)
			return out
		}
		a, b := key(there, false), key(back, true)
		if changes += len(a); !slices.Equal(a, b) || len(there.Errors)+len(back.Errors) > 0 {
			t.Fatalf("seed %d:\n%s\n\n%s\n%v%s\n\n=====%s", seed, strings.Join(a, "\n"), strings.Join(b, "\n"), there.Errors, old, next)
		}
	}
	t.Logf("%d changes", changes)
	if changes < *setWorlds/6 {
		t.Error("that is too little to show anything")
	}
}

// edits are what may go wrong with an object: it is gone, a rule of it is open, or loses a condition, or a label is gone.
func edits(n *yaml.Node) (out []func(*yaml.RNode)) {
	object := yaml.NewRNode(n)
	if object.GetKind() == "Namespace" {
		for _, label := range []string{"istio.io/dataplane-mode", "istio.io/use-waypoint", "istio.io/ingress-use-waypoint"} {
			out = append(out, func(o *yaml.RNode) { _ = o.PipeE(yaml.Lookup("metadata", "labels"), yaml.Clear(label)) })
		}
	}
	if object.GetKind() != "AuthorizationPolicy" {
		return out
	}
	out = append(out, func(o *yaml.RNode) { o.YNode().Content = nil })
	rules := func(o *yaml.RNode) *yaml.Node {
		r, _ := o.Pipe(yaml.Lookup("spec", "rules"))
		return r.YNode()
	}
	if rules(object) == nil {
		return out
	}
	out = append(out, func(o *yaml.RNode) {
		rules(o).Content = append(rules(o).Content, &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap})
	})
	for i, rule := range rules(object).Content {
		out = append(out, func(o *yaml.RNode) { rules(o).Content = slices.Delete(rules(o).Content, i, i+1) })
		for j := 0; j+1 < len(rule.Content); j += 2 {
			out = append(out, func(o *yaml.RNode) { r := rules(o).Content[i]; r.Content = slices.Delete(r.Content, j, j+2) })
		}
	}
	return out
}

var setEdits = flag.Int("set-edits", 5, "one of how many edits is tried")

// Every edit after which some request has another answer has a line, and one after which none of many has may have none.
func TestDiffFindsEveryEdit(t *testing.T) {
	texts := append([]string{tenants(t)}, alikeFront+aTenant("ann", "ann@x.io", "")+aTenant("bob", "bob@x.io", extraRule("SELF", "action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}], when: [{key: 'request.headers[x-team]', values: [red]}]}]")))
	seen, unseen, silent := 0, 0, 0
	for _, text := range texts {
		docs := manifests(t, text)
		asked := pointsOf(load(t, text))
		for i, n := range docs {
			for k, edit := range edits(n) {
				if (i+k)%*setEdits != 0 {
					continue
				}
				changed := slices.Clone(docs)
				object := yaml.NewRNode(n).Copy()
				edit(object)
				if changed[i] = object.YNode(); len(changed[i].Content) == 0 {
					changed = slices.Delete(changed, i, i+1)
				}
				a := load(t, text)
				b, err := a.LoadNext(slices.Values(changed))
				if err != nil {
					t.Fatal(err)
				}
				differs := ""
				for _, r := range asked {
					if x, y := a.Decide(r), b.Decide(r); x.Outcome != y.Outcome {
						differs = r.text()
						break
					}
				}
				d := a.Diff(b)
				if len(d.Errors) > 0 {
					t.Errorf("%v", d.Errors)
				}
				switch {
				case differs != "" && !d.Differs():
					t.Errorf("edit %d of %s %s: %s has another answer, and diff says nothing", k, yaml.NewRNode(n).GetKind(), yaml.NewRNode(n).GetName(), differs)
				case differs != "":
					seen++
				case d.Differs():
					unseen++
				default:
					silent++
				}
			}
		}
	}
	t.Logf("%d edits with lines of which single requests show something, %d of which they do not, %d without lines", seen, unseen, silent)
	if seen < 60 / *setEdits {
		t.Error("that is too little to show anything")
	}
}

// pointsOf are requests of the kinds that policies are about, to all targets.
func pointsOf(w *World) (out []Request) {
	x := newAsker(w)
	for _, name := range w.names {
		for _, g := range x.goals(w.look(name), "") {
			for _, q := range w.inquiries(g.to, g.port, g.tcp) {
				s := w.search(&q, x.pool, 40, func(r Request) (Verdict, *symbolic.Trace, bool) {
					v, trace := w.traced(r)
					return v, trace, true
				})
				for _, f := range s.found {
					r := f.Outcome.request
					if r.To.only == nil {
						out = append(out, r)
					}
				}
			}
		}
	}
	return out
}
