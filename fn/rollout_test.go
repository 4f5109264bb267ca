package fn

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// rolloutBase is a user namespace whose pods have sidecars, without its Namespace and the objects of its target state.
const rolloutBase = `
{kind: Namespace, apiVersion: v1, metadata: {name: istio-system}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: none, namespace: istio-system}, spec: {}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: bob, labels: {istio-injection: enabled}}}
---
{kind: StatefulSet, apiVersion: apps/v1, metadata: {name: nb, namespace: ann}, spec: {selector: {matchLabels: {app: nb}}, template: {metadata: {labels: {app: nb}}, spec: {serviceAccountName: default-editor, containers: [{name: nb, image: x, ports: [{containerPort: 8888}]}]}}}}
---
{kind: Service, apiVersion: v1, metadata: {name: nb, namespace: ann}, spec: {selector: {app: nb}, ports: [{name: http, port: 80, targetPort: 8888}]}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: stock, namespace: ann}, spec: {rules: [{when: [{key: source.namespace, values: [ann]}]}, {from: [{source: {principals: [cluster.local/ns/bob/sa/robot]}}], to: [{operation: {methods: [GET]}}]}]}}
---
`

const (
	rolloutSidecars  = "{kind: Namespace, apiVersion: v1, metadata: {name: ann, labels: {istio-injection: enabled, app.kubernetes.io/part-of: kubeflow-profile}}}\n---\n"
	rolloutAmbient   = "{kind: Namespace, apiVersion: v1, metadata: {name: ann, labels: {istio-injection: disabled, istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint, app.kubernetes.io/part-of: kubeflow-profile}}}\n---\n"
	rolloutL4        = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l4, namespace: ann}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/ann/sa/waypoint]}}]}]}}\n---\n"
	rolloutL7        = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l7, namespace: ann}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {namespaces: [ann]}}]}, {from: [{source: {principals: [cluster.local/ns/bob/sa/robot]}}], to: [{operation: {methods: [GET]}}]}]}}\n---\n"
	rolloutWaypoint  = "{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: waypoint, namespace: ann, labels: {istio.io/waypoint-for: service}}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}\n---\n"
	rolloutDeny      = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: no-admin, namespace: ann}, spec: {action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}}\n---\n"
	rolloutDenyMoved = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: no-admin-l7, namespace: ann}, spec: {action: DENY, targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{to: [{operation: {paths: [/admin]}}]}]}}\n---\n"
)

// rolloutFrom is the plan from some manifests to others.
func rolloutFrom(t *testing.T, was, is string) *rolloutPlan {
	t.Helper()
	var items [2][]*manifest.Item
	for i, text := range [2]string{was, is} {
		items[i] = must(manifest.ReadObjects([]string{"-"}, strings.NewReader(text)))
	}
	return newRolloutPlan(items[0], items[1])
}

// staged are stages with the objects of these names, in turn. Those with a Namespace restart its pods.
func (p *rolloutPlan) staged(names ...[]string) (out []Stage) {
	for _, in := range names {
		s := Stage{Name: strings.Join(in, "+")}
		for _, c := range p.changes {
			if slices.Contains(in, c.Name) {
				s.changes = append(s.changes, c)
			}
			if slices.Contains(in, c.Name) && c.Kind == "Namespace" {
				s.restarts = []string{c.Name}
			}
		}
		out = append(out, s)
	}
	return out
}

// Each mistake in a rollout is found in its stage, with a request.
func TestRolloutMistakes(t *testing.T) {
	end := rolloutBase + rolloutAmbient + rolloutL4 + rolloutL7 + rolloutWaypoint
	for name, c := range map[string]struct {
		was, is string
		stages  [][]string
		want    map[int]string // of stages
		lost    string
	}{
		"in the right order": {rolloutBase + rolloutSidecars, end, [][]string{{"l4", "l7"}, {"waypoint"}, {"ann"}}, nil, ""},
		"labels before the policies of the waypoint": {
			rolloutBase + rolloutSidecars, end, [][]string{{"l4", "waypoint"}, {"ann"}, {"l7"}},
			map[int]string{1: "pod another-namespace/another-account, GET / to Service ann/nb port 80", 2: "before anything"}, "",
		},
		"a DENY that goes before the labels come": {
			rolloutBase + rolloutSidecars + rolloutDeny, end + rolloutDenyMoved, [][]string{{"l4", "l7", "no-admin-l7"}, {"waypoint"}, {"no-admin"}, {"ann"}},
			map[int]string{2: "GET /admin to Service ann/nb port 80", 3: "before anything"}, "",
		},
		"a waypoint's policy for another account than the one that calls": {
			rolloutBase + rolloutSidecars, strings.Replace(end, `namespaces: [ann]}}]}, {from: [{source: {principals: [cluster.local/ns/bob/sa/robot]`, `namespaces: [ann]}}]}, {from: [{source: {principals: [cluster.local/ns/bob/sa/other]`, 1),
			[][]string{{"l4", "l7"}, {"waypoint"}, {"ann"}}, nil, "pod bob/robot to Service nb of ann, GET; for good",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := rolloutFrom(t, c.was, c.is)
			r, err := p.prove(p.staged(c.stages...))
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range r.Stages {
				if why, want := s.Proof.Why, c.want[i]; (why == "") != (want == "") || !strings.Contains(why, want) {
					t.Errorf("stage %s: %q, want %q", s.Name, why, want)
				}
			}
			if all := strings.Join(r.Stages[len(r.Stages)-1].Lost, "\n"); !strings.Contains(all, c.lost) {
				t.Errorf("%q is not lost:\n%s", c.lost, all)
			}
		})
	}
}

// Where an order matters inside a stage, the proof finds it: the labels come before the DENY of the sidecars goes.
func TestRolloutFindsTheOrder(t *testing.T) {
	p := rolloutFrom(t, rolloutBase+rolloutSidecars, rolloutBase+rolloutAmbient+rolloutL4+rolloutL7+rolloutWaypoint)
	slices.Reverse(p.changes)
	r, err := p.prove(p.staged([]string{"l4", "l7", "waypoint", "ann"}))
	if err != nil {
		t.Fatal(err)
	}
	s := r.Stages[0]
	at := func(name string) int {
		return slices.IndexFunc(s.changes, func(c change) bool { return c.Name == name })
	}
	if s.Proof.Why != "" || !s.Proof.Ordered || at("l7") > at("ann") {
		t.Errorf("%+v: %v", s.Proof, s.changes)
	}
}

// More objects than there are subsets to look at are not proved.
func TestRolloutOfTooMuchIsNotProved(t *testing.T) {
	more := ""
	for i := range maxSubsets + 1 {
		more += strings.Replace(rolloutL7, "name: l7", "name: l7-"+itoa(i), 1)
	}
	p := rolloutFrom(t, rolloutBase+rolloutSidecars, rolloutBase+rolloutSidecars+more)
	stages, err := p.stages(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.prove(stages)
	if err != nil || r.Proved() || !strings.Contains(r.Stages[0].Proof.Why, "13 objects decide about the same requests to Namespace ann") {
		t.Errorf("%v: %+v", err, r.Stages)
	}
}

// Policies of different pods have no requests in common, so that any number of them is proved.
func TestRolloutOfManyPodsIsProved(t *testing.T) {
	more := ""
	for i := range maxSubsets + 1 {
		more += "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: of-" + itoa(i) + ", namespace: ann}, spec: {selector: {matchLabels: {app: x" + itoa(i) + "}}, rules: [{from: [{source: {namespaces: [ann]}}]}]}}\n---\n"
	}
	p := rolloutFrom(t, rolloutBase+rolloutSidecars, rolloutBase+rolloutSidecars+more)
	r, err := p.prove(must(p.stages(nil)))
	if err != nil || !r.Proved() || r.Stages[0].Proof.Ordered {
		t.Errorf("%v: %+v", err, r.Stages)
	}
}

// What two namespaces open only together is found, too: a DENY for all goes, a policy of a namespace opens it, and another one closes it again.
func TestRolloutLooksAtNamespacesTogether(t *testing.T) {
	const (
		denyAll = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: no-bob, namespace: istio-system}, spec: {action: DENY, rules: [{from: [{source: {namespaces: [bob]}}]}]}}\n---\n"
		opens   = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: opens, namespace: ann}, spec: {rules: [{from: [{source: {namespaces: [bob]}}]}]}}\n---\n"
		closes  = "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: closes, namespace: ann}, spec: {action: DENY, rules: [{from: [{source: {namespaces: [bob]}}]}]}}\n---\n"
	)
	p := rolloutFrom(t, rolloutBase+rolloutSidecars+denyAll, rolloutBase+rolloutSidecars+opens+closes)
	r, err := p.prove(p.staged([]string{"no-bob", "opens", "closes"}))
	if err != nil {
		t.Fatal(err)
	}
	s := r.Stages[0]
	at := func(name string) int {
		return slices.IndexFunc(s.changes, func(c change) bool { return c.Name == name })
	}
	if s.Proof.Why != "" || !s.Proof.Ordered || at("closes") > max(at("opens"), at("no-bob")) {
		t.Errorf("%+v: %v", s.Proof, s.changes)
	}
}

// From a configuration come the stages, as directories, and the way back.
func TestRollout(t *testing.T) {
	dir := t.TempDir()
	before, config := filepath.Join(dir, "before.yaml"), filepath.Join(dir, "config.yaml")
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(before, rolloutBase+rolloutSidecars)
	write(config, "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:\n  profiles:\n  - {name: ann, owner: {name: ann@example.com}}\n  cluster: {enabled: false}\n")
	r, err := RolloutOf(before, config, nil, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "stages")
	if err := r.WriteTo(to); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Write(&out, "stages"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# How far it is, at any time: kubectl get authorizationpolicy.security.istio.io,gateway.gateway.networking.k8s.io,namespace,pod,service -A -o yaml | ambient-profile rollout --verify - -d stages\n",
		"# Stage 1-policies: ", "# Stage 2-waypoints: ", "# Stage 3-ann-labels: ", "# Stage back/1-ann-sidecars: ", "PROVED in any order",
		"kubectl wait --for=condition=Programmed gateway/waypoint -n ann", "kubectl rollout restart statefulset,deployment -n ann",
		"kubectl wait --for=condition=ZtunnelAccepted authorizationpolicy/stock -n ann --timeout=2m\n", // ztunnel drops a rule of it, and the reason says so
		"kubectl delete -f stages/back/4-policies/delete",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	for _, want := range []string{"1-policies/01-authorizationpolicy-ann-ns-l4-waypoint.yaml", "3-ann-labels/*-namespace-ann.yaml", "back/4-policies/delete/01-*"} {
		if found := must(filepath.Glob(filepath.Join(to, want))); len(found) != 1 {
			t.Errorf("%s is not there", want)
		}
	}
	if err := r.WriteTo(to); err == nil {
		t.Error("it is written over stages that are there")
	}
	if _, err := RolloutOf(before, config, [][]string{{"carol"}}, nil, io.Discard); err == nil || !strings.Contains(err.Error(), `"carol"`) {
		t.Errorf("a group with another namespace: %v", err)
	}
}
