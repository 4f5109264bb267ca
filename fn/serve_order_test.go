package fn

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

var (
	serveChanges = flag.Int("serve-changes", 40, "how many changes of tenants TestPropertyServeOrder makes")
	serveOrders  = flag.Int("serve-orders", 6, "how many orders TestServeOrder tries of each change")
	serveSeed    = flag.Uint64("serve-seed", 1, "the seed of TestPropertyServeOrder")
)

// judgedTenant is a tenant whose every moment the referee holds against the states before and after a change.
type judgedTenant struct {
	*tenantWorld
	random *rand.Rand
	config string
	around []*yaml.Node
	// ends are the states before and after a change. Where somebody changes objects, it is before that or after that.
	ends []*access.Ends
	seen map[string]bool
	// changed says what happened since the last settled state, and steps what metacontroller did about it.
	changed, steps []string
}

// The last policy of a waypoint that is not wanted any more stays until another one closes it, and lets nobody in meanwhile.
func TestServeKeepsTheLastPolicy(t *testing.T) {
	const bobs = "AuthorizationPolicy ambient-user-bob-example-com-clusterrole-edit"
	for what, change := range map[string]func(*tenantWorld){
		"the contributor was removed": func(w *tenantWorld) { w.related = w.related[:2] },
		"the owner is contested":      func(w *tenantWorld) { metadata(w.namespace, "annotations")["owner"] = "eve@example.com" },
	} {
		for _, foreign := range []bool{false, true} {
			w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
			w.related = append(w.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
			w.settle()
			for key, o := range w.attachments { // bob's is the only one
				if spec, _ := o["spec"].(map[string]any); key != bobs && o["kind"] == "AuthorizationPolicy" && spec["targetRefs"] != nil {
					delete(w.attachments, key)
				}
			}
			change(w)
			if foreign {
				w.related = append(w.related, asJSON(t, "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ns-owner-access-istio-l7-allow, namespace: alice}, spec: {}}"))
			}
			w.closedAlways()
			w.sync()
			if w.lets("bob@example.com") {
				t.Errorf("%s: bob still has access", what)
			}
			w.settle()
			if foreign != (len(w.events) > 0 && strings.Contains(w.events[0], "AuthorizationPolicy alice/ns-owner-access-istio-l7-allow exists")) {
				t.Errorf("%s, foreign %v: events %q", what, foreign, w.events)
			}
			if !foreign && w.attachments[bobs] != nil {
				t.Errorf("%s: bob's policy is still there", what)
			}
		}
	}
}

// At every moment of every change, whatever metacontroller does first and wherever it fails, a request is allowed only if it is allowed before or after.
func TestPropertyServeOrder(t *testing.T) {
	for i := range *serveChanges / 4 {
		j := newJudgedTenant(t, rand.New(rand.NewPCG(*serveSeed, uint64(i))))
		for range 4 {
			if j.change(); t.Failed() {
				t.Fatalf("seed %d, tenant %d", *serveSeed, i)
			}
		}
	}
}

// The changes in which the order matters most, each with several orders.
func TestServeOrder(t *testing.T) {
	const verifies, tuned = "  waypoint: {verifyTokens: true}\n  identity: {sessionIssuers: [https://dex.example.com]}\n", "  waypoint: {replicas: 2}\n"
	for _, c := range []struct {
		name, before, after string
		bob, notebook       bool
	}{
		{"tokens are verified", "", verifies, false, false},
		{"tokens are verified no more", verifies, "", false, false},
		{"tokens are verified, and bob comes", "", verifies, true, false},
		{"tokens are verified no more, and bob comes", verifies, "", true, false},
		{"the notebook goes, and bob comes", "", "", true, true},
		{"the waypoint is tuned", "", tuned, false, false},
		{"the waypoint is tuned no more", tuned, "", false, false},
	} {
		for seed := range uint64(*serveOrders) {
			j := newJudgedTenant(t, rand.New(rand.NewPCG(seed, 0)))
			j.configure(serveConfig + c.before)
			if c.notebook {
				tenantChanges["the notebook comes or goes"](j)
			}
			j.settle()
			j.bring(false, func() {
				j.changed = []string{c.name}
				j.configure(serveConfig + c.after)
				if c.bob {
					tenantChanges["bob comes or goes"](j)
				}
				if c.notebook {
					tenantChanges["the notebook comes or goes"](j)
				}
			})
			if t.Failed() {
				break
			}
		}
	}
}

func newJudgedTenant(t *testing.T, random *rand.Rand) *judgedTenant {
	j := &judgedTenant{tenantWorld: bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com"), random: random, config: serveConfig}
	metadata(j.namespace, "labels")["istio-injection"] = "disabled" // a sidecar's Envoy refuses CONNECT within the namespace, ztunnel does not
	code, stdout, stderr := execute(t, gitConfig, "-")
	if code != exitOK {
		t.Fatal(stderr)
	}
	for _, text := range strings.Split(stdout+aroundTenant, "\n---\n") {
		j.around = append(j.around, yaml.MustParse(text).YNode())
	}
	return j
}

// gitConfig has the ingress Gateway and what is in force there.
const gitConfig = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
  profiles: [{name: git, owner: {name: git@example.com}}]
  identity: {sessionIssuers: [https://dex.example.com]}
  cluster: {platform: {enabled: true}}
`

// aroundTenant is what the tenant's own pods and Services are.
const aroundTenant = `---
apiVersion: v1
kind: Service
metadata: {name: lab, namespace: alice}
spec: {selector: {app: lab}, ports: [{name: http, port: 80, targetPort: 8888}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lab, namespace: alice, labels: {app: lab}}
spec: {serviceAccountName: default-editor, containers: [{name: lab, image: lab, ports: [{containerPort: 8888}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ml-pipeline-visualizationserver, namespace: alice}
spec: {selector: {app: vis}, ports: [{name: http, port: 8888}]}
`

// world is the cluster as the referee reads it.
func (j *judgedTenant) world() (*access.World, string) {
	j.t.Helper()
	objects := []any{j.namespace}
	for _, key := range slices.Sorted(maps.Keys(j.attachments)) {
		o := roundTrip(j.t, j.attachments[key])
		delete(metadata(o, "annotations"), lastAppliedKey)
		objects = append(objects, o)
	}
	nodes := slices.Clone(j.around)
	for _, o := range objects {
		nodes = append(nodes, yaml.MustParse(string(must(json.Marshal(o)))).YNode())
	}
	return must(access.Load(slices.Values(nodes))), string(must(json.Marshal(objects)))
}

// change makes random changes.
func (j *judgedTenant) change() {
	j.t.Helper()
	var names []string
	all := slices.Sorted(maps.Keys(tenantChanges))
	for range 1 + j.random.IntN(3) {
		names = append(names, all[j.random.IntN(len(all))])
	}
	j.bring(slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "somebody") }), func() {
		for _, name := range names {
			j.changed = append(j.changed, name)
			tenantChanges[name](j)
		}
	})
}

// bring changes the tenant, and has metacontroller bring it about.
func (j *judgedTenant) bring(bySomebody bool, change func()) {
	j.t.Helper()
	j.changed, j.steps = nil, nil
	begins := []*judgedTenant{j.clone()}
	change()
	if bySomebody {
		begins = append(begins, j.clone())
	}
	end := j.clone()
	end.settle()
	j.ends, j.seen = nil, map[string]bool{}
	for _, begin := range begins {
		first, before := begin.world()
		last, after := end.world()
		j.ends = append(j.ends, access.NewEnds(first, last))
		j.seen[before], j.seen[after] = true, true
	}
	j.look = j.judge
	for range 40 {
		if j.attempt() {
			return
		}
	}
	j.t.Errorf("%s still changes after 40 syncs\n%s", j.name(), strings.Join(j.steps, "\n"))
}

func (j *judgedTenant) clone() *judgedTenant {
	w := *j.tenantWorld
	c := *j
	c.tenantWorld = &w
	w.look = func() {}
	w.namespace = roundTrip(j.t, j.namespace)
	w.attachments = map[string]map[string]any{}
	for key, o := range j.attachments {
		w.attachments[key] = roundTrip(j.t, o)
	}
	return &c
}

func (j *judgedTenant) judge() {
	j.t.Helper()
	_, text := j.world()
	if j.seen[text] {
		return
	}
	j.seen[text] = true
	var all []access.Surplus
	for _, ends := range j.ends {
		now, _ := j.world()
		m := ends.At(now, true, access.Part{Namespaces: []string{j.name()}})
		if m.Safe() {
			return
		}
		all = append(all, append(m.Opened, m.Unknown...)...)
	}
	for _, s := range all {
		j.t.Errorf("%s\nneither before nor after, but now: %s (%s)\n%s", strings.Join(j.changed, ", "), s.Request, s.By, strings.Join(j.steps, "\n"))
	}
}

// attempt is a sync in which each step may fail. It reports whether nothing is left to do.
func (j *judgedTenant) attempt() bool {
	j.t.Helper()
	j.steps = append(j.steps, "a sync:")
	status, body := post(j.t, j.hook, "/sync", j.request())
	if status != 200 {
		j.steps = append(j.steps, body)
		return true
	}
	var response hookResponse
	if err := json.Unmarshal([]byte(body), &response); err != nil {
		j.t.Fatal(err)
	}
	settled := j.clone()
	if !settled.apply(response) {
		return true
	}
	fails := j.random.IntN(3) * 20
	works := func() bool { return j.random.IntN(100) >= fails }
	if len(response.Labels) > 0 {
		if !works() {
			return false // metacontroller does nothing more
		}
		j.step("labels", hookResponse{Labels: response.Labels, Attachments: j.asIs(nil)})
	}
	wanted := map[string]map[string]any{}
	for _, o := range response.Attachments {
		wanted[keyOf(o)] = o
	}
	for _, key := range j.shuffled(j.attachments) {
		if wanted[key] == nil && works() {
			j.step("delete "+key, hookResponse{Attachments: j.asIs(map[string]map[string]any{key: nil})})
		}
	}
	for _, key := range j.shuffled(wanted) {
		if works() {
			j.step("write "+key, hookResponse{Attachments: j.asIs(map[string]map[string]any{key: wanted[key]})})
		}
	}
	return false
}

func (j *judgedTenant) shuffled(m map[string]map[string]any) []string {
	keys := slices.Sorted(maps.Keys(m))
	j.random.Shuffle(len(keys), func(a, b int) { keys[a], keys[b] = keys[b], keys[a] })
	return keys
}

// asIs is a response that changes nothing but what it is given; nil deletes.
func (j *judgedTenant) asIs(but map[string]map[string]any) []map[string]any {
	all := map[string]map[string]any{}
	for key, o := range j.attachments {
		var last map[string]any
		if err := json.Unmarshal([]byte(metadata(o, "annotations")[lastAppliedKey].(string)), &last); err != nil {
			j.t.Fatal(err)
		}
		all[key] = last
	}
	maps.Copy(all, but)
	maps.DeleteFunc(all, func(_ string, o map[string]any) bool { return o == nil })
	return slices.Collect(maps.Values(all))
}

func (j *judgedTenant) step(what string, response hookResponse) {
	j.t.Helper()
	j.steps = append(j.steps, what)
	j.apply(response)
}

// serveConfigs are configurations that one server after the other has.
var serveConfigs = []string{
	serveConfig,
	serveConfig + "  access: {openPaths: []}\n",
	serveConfig + "  access: {visualizationServer: false, monitoring: [{serviceAccount: monitoring/prometheus, ports: [9090]}]}\n",
	serveConfig + "  waypoint: {verifyTokens: true}\n  identity: {sessionIssuers: [https://dex.example.com]}\n",
	serveConfig + "  waypoint: {verifyTokens: true}\n  identity: {sessionIssuers: [https://dex.example.com, https://sso.example.com]}\n",
	serveConfig + "  waypoint: {verifyTokens: true}\n  identity: {sessionIssuers: [https://sso.example.com], groupsClaim: groups}\n",
	serveConfig + "  waypoint: {name: other, replicas: 2}\n",
}

// tenantChanges are what users, administrators and others do.
var tenantChanges = map[string]func(*judgedTenant){
	"the owner is dana":      func(j *judgedTenant) { j.own("User", "dana@example.com") },
	"the owner is alice":     func(j *judgedTenant) { j.own("User", "alice@example.com") },
	"the owner is a group":   func(j *judgedTenant) { j.own("Group", "team") },
	"the owner is contested": func(j *judgedTenant) { metadata(j.namespace, "annotations")["owner"] = "eve@example.com" },
	"bob comes or goes": func(j *judgedTenant) {
		j.toggle(binding(j.t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
	},
	"carl comes or goes": func(j *judgedTenant) {
		j.toggle(binding(j.t, "alice", "user-carl-example-com-clusterrole-view", "carl@example.com", "view"))
	},
	"everybody comes or goes": func(j *judgedTenant) { j.toggle(binding(j.t, "alice", "everyone", "*", "view")) },
	"the notebook comes or goes": func(j *judgedTenant) {
		j.toggle(asJSON(j.t, "{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: lab, namespace: alice}}"))
	},
	"it is not to be enrolled": func(j *judgedTenant) { metadata(j.namespace, "labels")["ambient.kubeflow.org/enroll"] = "false" },
	"it is to be enrolled":     func(j *judgedTenant) { delete(metadata(j.namespace, "labels"), "ambient.kubeflow.org/enroll") },
	"another configuration":    func(j *judgedTenant) { j.configure(serveConfigs[j.random.IntN(len(serveConfigs))]) },
	"somebody drifts an object": func(j *judgedTenant) {
		j.drift([]string{"deleted", "dry-run", "hostname", "parent", "rule", "selector"})
	},
	"somebody deletes an object": func(j *judgedTenant) { j.drift([]string{"deleted"}) },
}

func (j *judgedTenant) own(kind, name string) {
	metadata(j.namespace, "annotations")["owner"] = name
	j.related = slices.DeleteFunc(j.related, func(o map[string]any) bool { return o["kind"] == "Profile" || keyOf(o) == "RoleBinding namespaceAdmin" })
	b := binding(j.t, "alice", "namespaceAdmin", name, "admin")
	b["subjects"] = []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}}
	j.related = append(j.related, b, asJSON(j.t, fmt.Sprintf("{apiVersion: kubeflow.org/v1, kind: Profile, metadata: {name: alice}, spec: {owner: {kind: %s, name: %s}}}", kind, name)))
}

func (j *judgedTenant) toggle(o map[string]any) {
	before := len(j.related)
	j.related = slices.DeleteFunc(j.related, func(other map[string]any) bool { return keyOf(other) == keyOf(o) })
	if len(j.related) == before {
		j.related = append(j.related, o)
	}
}

func (j *judgedTenant) configure(config string) {
	j.config = config
	j.hook = hook(j.t, config)
	j.changed = append(j.changed, strings.TrimPrefix(config, serveConfig))
}

func (j *judgedTenant) drift(how []string) {
	if len(j.attachments) == 0 {
		return
	}
	key, what := j.shuffled(j.attachments)[0], how[j.random.IntN(len(how))]
	if spec, _ := j.attachments[key]["spec"].(map[string]any); what == "selector" && spec["targetRefs"] != nil {
		return // the API server admits one of the two
	}
	if c := j.clone(); drifts[what](c.attachments, key) {
		j.attachments = c.attachments
		j.changed = append(j.changed, what+" "+key)
	}
}
