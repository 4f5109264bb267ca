package fn

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// A tenant that appears is closed at every moment, and in the end has what its owner needs; then nothing changes any more.
func TestServeANewTenant(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.closedAlways()
	w.settle()
	for key, want := range map[string]string{
		"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true",
		"istio-injection": "disabled", "app.kubernetes.io/part-of": "kubeflow-profile",
	} {
		if got := w.label(key); got != want {
			t.Errorf("label %s is %q, want %q", key, got, want)
		}
	}
	for _, key := range []string{"Gateway waypoint", "AuthorizationPolicy ns-l4-waypoint", "AuthorizationPolicy ns-owner-access-istio-l7-allow", "AuthorizationPolicy ns-l7-allow-k8s-token"} {
		if w.attachments[key] == nil {
			t.Errorf("%s is missing", key)
		}
	}
	if !w.lets("alice@example.com") {
		t.Error("the owner has no access")
	}
	if len(w.events) > 0 {
		t.Errorf("events %q", w.events)
	}
}

// A new tenant with labels from its birth on, by admission: the waypoint comes after the policies too.
func TestServeATenantThatJoinedAtBirth(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	for key, value := range map[string]string{"istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true", "istio-injection": "disabled"} {
		metadata(w.namespace, "labels")[key] = value
	}
	w.closedAlways()
	w.settle()
	if w.attachments["Gateway waypoint"] == nil || w.label("istio.io/dataplane-mode") != "ambient" {
		t.Error("the tenant did not join")
	}
}

// KFAM's RoleBinding gives access under a name that is not KFAM's, and its removal takes it.
func TestServeAContributorComesAndGoes(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	w.closedAlways()
	const name = "user-bob-example-com-clusterrole-edit"
	w.related = append(w.related, binding(t, "alice", name, "bob@example.com", "edit"))
	w.settle()
	if w.attachments["AuthorizationPolicy ambient-"+name] == nil || !w.lets("bob@example.com") {
		t.Error("the contributor has no policy of ours")
	}
	for key := range w.attachments {
		if key == "AuthorizationPolicy "+name || strings.HasPrefix(key, "RoleBinding") {
			t.Errorf("%s is KFAM's to write", key)
		}
	}
	w.related = w.related[:len(w.related)-1]
	w.settle()
	if w.lets("bob@example.com") {
		t.Error("the contributor still has access")
	}
}

// What the function wants to be another, as after an upgrade, is changed in place: nothing is left out for it.
func TestServeChangesInPlace(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	w.hook = hook(t, strings.Replace(serveConfig, "spec:\n", "spec:\n  access: {openPaths: [/ready]}\n", 1))
	before := len(w.attachments)
	w.look = func() {
		if len(w.attachments) != before {
			t.Errorf("%d objects, want %d", len(w.attachments), before)
		}
	}
	w.settle()
	if !strings.Contains(string(must(json.Marshal(w.attachments["AuthorizationPolicy ns-owner-access-istio-l7-allow"]["spec"]))), "/ready") {
		t.Error("the policy was not changed")
	}
}

// Whatever someone changes in an object is undone, and the namespace is closed meanwhile.
func TestServeHealsDrift(t *testing.T) {
	config := strings.Replace(serveConfig, "spec:\n", "spec:\n  waypoint: {verifyTokens: true}\n  identity: {sessionIssuers: [https://dex.example.com]}\n", 1)
	for _, config := range []string{serveConfig, config} {
		start := bornTenant(t, hook(t, config), "alice", "alice@example.com")
		start.related = append(start.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"),
			asJSON(t, "{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: lab, namespace: alice}}"))
		start.settle()
		if start.attachments["HTTPRoute notebook-lab"] == nil {
			t.Fatal("the notebook has no route")
		}
		for key := range start.attachments {
			for what, change := range drifts {
				w := *start
				w.attachments = map[string]map[string]any{}
				for other, o := range start.attachments {
					w.attachments[other] = roundTrip(t, o)
				}
				if !change(w.attachments, key) {
					continue
				}
				if key != "AuthorizationPolicy ns-l4-waypoint" || what != "selector" && what != "deleted" { // which open the namespace by themselves
					w.closedAlways()
				}
				w.settle()
				if want, got := start.attachments[key], w.attachments[key]; !sameJSON(want["spec"], got["spec"]) || metadata(got, "annotations")["istio.io/dry-run"] != nil {
					t.Errorf("%s with another %s is not healed: %v", key, what, got)
				}
				if len(w.attachments) != len(start.attachments) {
					t.Errorf("%s with another %s: %d objects are left, want %d", key, what, len(w.attachments), len(start.attachments))
				}
			}
		}
	}
}

// drifts change one object, and report whether they could.
var drifts = map[string]func(map[string]map[string]any, string) bool{
	"deleted": func(all map[string]map[string]any, key string) bool {
		delete(all, key)
		return true
	},
	"selector": func(all map[string]map[string]any, key string) bool {
		if !strings.HasPrefix(key, "AuthorizationPolicy") {
			return false
		}
		all[key]["spec"].(map[string]any)["selector"] = map[string]any{"matchLabels": map[string]any{"app": "none"}}
		return true
	},
	"rule": func(all map[string]map[string]any, key string) bool {
		spec := all[key]["spec"].(map[string]any)
		rules, _ := spec["rules"].([]any)
		spec["rules"] = append(slices.Clone(rules), map[string]any{})
		return strings.HasPrefix(key, "AuthorizationPolicy")
	},
	"dry-run": func(all map[string]map[string]any, key string) bool {
		metadata(all[key], "annotations")["istio.io/dry-run"] = "true"
		return strings.HasPrefix(key, "AuthorizationPolicy")
	},
	"class": func(all map[string]map[string]any, key string) bool {
		all[key]["spec"].(map[string]any)["gatewayClassName"] = "istio"
		return strings.HasPrefix(key, "Gateway")
	},
	"hostname": func(all map[string]map[string]any, key string) bool {
		all[key]["spec"].(map[string]any)["hostnames"] = []any{"shop.example.com"}
		return strings.HasPrefix(key, "HTTPRoute")
	},
	"parent": func(all map[string]map[string]any, key string) bool {
		spec := all[key]["spec"].(map[string]any)
		refs, _ := spec["parentRefs"].([]any)
		spec["parentRefs"] = append(slices.Clone(refs), map[string]any{"name": "another", "namespace": "demos"})
		return strings.HasPrefix(key, "HTTPRoute")
	},
}

// All policies of a waypoint drift at once: it is never without one.
func TestServeHealsEveryPolicyAtOnce(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	w.closedAlways()
	for key := range w.attachments {
		drifts["rule"](w.attachments, key)
	}
	w.settle()
	if strings.Contains(string(must(json.Marshal(w.attachments))), "{},") {
		t.Errorf("a rule for everyone is left: %v", w.attachments)
	}
}

// A Gateway is never left out, and fields that metacontroller cannot remove from it are reported.
func TestServeNeverDeletesAGateway(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	spec := w.attachments["Gateway waypoint"]["spec"].(map[string]any)
	spec["listeners"] = append(spec["listeners"].([]any), map[string]any{"name": "web", "port": 80, "protocol": "HTTP"})
	w.look = func() {
		if w.attachments["Gateway waypoint"] == nil {
			t.Error("the Gateway was deleted")
		}
	}
	w.settle()
	if len(w.events) != 1 || !strings.Contains(w.events[0], "Gateway alice/waypoint has fields that are not ours") {
		t.Errorf("events %q", w.events)
	}
}

// Where annotation, Profile and RoleBinding name different owners, no user has access, and then there is a Warning event.
func TestServeAnOwnerWhoIsContested(t *testing.T) {
	for what, contest := range map[string]func(*tenantWorld){
		"the Profile": func(w *tenantWorld) {
			w.related[0]["spec"] = map[string]any{"owner": map[string]any{"kind": "User", "name": "eve@example.com"}}
		},
		"the RoleBinding": func(w *tenantWorld) { w.related[1] = binding(t, "alice", "namespaceAdmin", "eve@example.com", "admin") },
		"the annotation":  func(w *tenantWorld) { metadata(w.namespace, "annotations")["owner"] = "eve@example.com" },
		"two subjects": func(w *tenantWorld) {
			w.related[1]["subjects"] = append(w.related[1]["subjects"].([]any), map[string]any{"kind": "User", "name": "eve@example.com"})
		},
		"a group": func(w *tenantWorld) {
			w.related[1]["subjects"] = []any{map[string]any{"kind": "Group", "name": "alice@example.com"}}
		},
	} {
		for _, first := range []bool{true, false} {
			w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
			w.related = append(w.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
			if !first {
				w.settle()
			}
			contest(w)
			w.closedAlways()
			w.settle()
			for _, user := range []string{"alice@example.com", "eve@example.com", "bob@example.com", "system:serviceaccount:alice:default-editor"} {
				if w.lets(user) {
					t.Errorf("contested by %s: %s has access", what, user)
				}
			}
			if len(w.events) != 1 || !strings.Contains(w.events[0], "no user gets access") {
				t.Errorf("contested by %s: events %q", what, w.events)
			}
		}
	}
}

// Before anybody says of which kind the owner is, the namespace is closed, without an event.
func TestServeAnOwnerWhoIsNotKnownYet(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	all := w.related
	w.related = nil
	w.settle()
	if w.lets("alice@example.com") || len(w.events) > 0 {
		t.Errorf("the owner has access, or there are events %q", w.events)
	}
	w.related = all[1:]
	w.settle()
	if !w.lets("alice@example.com") {
		t.Error("the owner has no access once the RoleBinding is there")
	}
}

// What is not ours comes back as it was, with the status 200.
func TestServeLeavesAlone(t *testing.T) {
	for what, change := range map[string]func(*tenantWorld){
		"the label": func(w *tenantWorld) { metadata(w.namespace, "labels")["ambient.kubeflow.org/enroll"] = "false" },
		"no owner":  func(w *tenantWorld) { delete(metadata(w.namespace, "annotations"), "owner") },
		"deletion":  func(w *tenantWorld) { metadata(w.namespace)["deletionTimestamp"] = "2026-11-01T00:00:00Z" },
		"another's namespace": func(w *tenantWorld) {
			metadata(w.namespace, "annotations")["ambient.kubeflow.org/owned-by"] = "kubeflow"
		},
		"another's policy":        func(w *tenantWorld) { w.related = append(w.related, policyOf(t, "kubeflow")) },
		"our policy, but applied": func(w *tenantWorld) { w.related = append(w.related, policyOf(t, "runtime")) },
	} {
		w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
		change(w)
		if changed, response := w.sync(); changed || len(response.Labels)+len(response.Attachments) > 0 || len(w.events) > 0 {
			t.Errorf("%s: a new tenant: %v, events %q", what, response, w.events)
		}
		if what == "our policy, but applied" { // in a tenant that is ours, it is an orphan: TestServeTellsWhatWasTakenAway
			continue
		}
		w = bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
		w.settle()
		spec := w.attachments["AuthorizationPolicy ns-l4-waypoint"]["spec"].(map[string]any)
		spec["selector"] = map[string]any{"matchLabels": map[string]any{"by": "another"}}
		was := roundTrip(t, map[string]any{"all": w.attachments})
		change(w)
		w.sync()
		for key, o := range w.attachments {
			old := was["all"].(map[string]any)[key].(map[string]any)
			for _, m := range []map[string]any{o, old} {
				delete(metadata(m, "annotations"), lastAppliedKey)
			}
			if !sameJSON(o, old) {
				t.Errorf("%s: %s changed", what, key)
			}
		}
		if len(w.attachments) != len(was["all"].(map[string]any)) || len(w.events) > 0 {
			t.Errorf("%s: %d objects, events %q", what, len(w.attachments), w.events)
		}
	}
}

func policyOf(t *testing.T, owner string) map[string]any {
	return asJSON(t, "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: by-git, namespace: alice, annotations: {ambient.kubeflow.org/owned-by: "+owner+"}}, spec: {}}")
}

// An object of someone else that has one of our names is not taken over: without it the tenant does not join.
func TestServeTakesNothingOver(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.related = append(w.related, asJSON(t, "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ns-l4-waypoint, namespace: alice}, spec: {rules: [{}]}}"))
	w.settle()
	if w.label("istio.io/dataplane-mode") != "" || w.attachments["Gateway waypoint"] != nil {
		t.Error("the tenant joined without its policy")
	}
	if len(w.events) != 1 || !strings.Contains(w.events[0], "AuthorizationPolicy alice/ns-l4-waypoint exists") {
		t.Errorf("events %q", w.events)
	}
}

// A RoleBinding for everybody gives nobody access, costs nobody else theirs, and keeps nobody in who was removed.
func TestServeABadRoleBinding(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.related = append(w.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
	w.settle()
	w.related = append(w.related[:2], binding(t, "alice", "everyone", "*", "view"))
	w.settle()
	if w.lets("bob@example.com") || w.lets("*") || !w.lets("alice@example.com") {
		t.Error("bob or everyone has access, or alice has none")
	}
	if len(w.events) != 0 {
		t.Errorf("events %q", w.events)
	}
}

// Requests that are not metacontroller's get an error, and no answer.
func TestServeRefuses(t *testing.T) {
	h := hook(t, serveConfig)
	const namespace = `{"object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"alice"}}`
	for body, want := range map[string]int{
		"":   http.StatusBadRequest,
		"[]": http.StatusBadRequest,
		"{}": http.StatusBadRequest,
		`{"object":{"kind":"Pod","metadata":{"name":"alice"}}}`: http.StatusBadRequest,
		namespace + `} {}`: http.StatusBadRequest,
		namespace + `}`:    http.StatusOK,
		namespace + `,"attachments":{"a":{"b":null}}}`:                                                         http.StatusBadRequest,
		namespace + `,"attachments":{"a":{"b":{"kind":"Gateway","metadata":{"name":"b","namespace":"bob"}}}}}`: http.StatusBadRequest,
		namespace + `,"related":{"` + strings.Repeat("x", 5<<20) + `":{}}}`:                                    http.StatusRequestEntityTooLarge,
	} {
		if got, text := post(t, h, "/sync", []byte(body)); got != want {
			t.Errorf("%.60s: %d %s, want %d", body, got, text, want)
		}
	}
}

// /metrics counts each request by how it ended, and /healthz answers.
func TestServeMetrics(t *testing.T) {
	h := hook(t, serveConfig)
	w := bornTenant(t, h, "alice", "alice@example.com")
	w.settle()
	post(t, h, "/sync", []byte("{"))
	get := func(path string) string {
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		return recorder.Body.String()
	}
	for _, want := range []string{`{outcome="changed"} 2`, `{outcome="settled"} 1`, `{outcome="malformed"} 1`, "sync_seconds_count 3"} {
		if text := get("/metrics"); !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if got := get("/healthz"); got != "ok\n" {
		t.Errorf("/healthz says %q", got)
	}
}

// A server that gets a signal to stop becomes unhealthy, finishes the requests under way, and ends.
func TestServeStops(t *testing.T) {
	server := must(newServer(manifest.NewItem(yaml.MustParse(serveConfig).YNode())))
	server.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, listener, 300*time.Millisecond) }()
	health := func() int {
		response, err := http.Get("http://" + listener.Addr().String() + "/healthz")
		if err != nil {
			return 0
		}
		defer response.Body.Close() //nolint:errcheck // only read
		return response.StatusCode
	}
	for range 100 {
		if health() == http.StatusOK {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	time.Sleep(50 * time.Millisecond)
	if got := health(); got != http.StatusServiceUnavailable {
		t.Errorf("while it stops, /healthz answers %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := health(); got != 0 {
		t.Errorf("after its end it answers %d", got)
	}
}

// explain calls a contributor that: serve's policies have another name than KFAM's.
func TestServedContributorsAreNamed(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.related = append(w.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
	w.settle()
	objects := []any{w.namespace}
	for _, o := range w.attachments {
		objects = append(objects, o)
	}
	code, stdout, stderr := execute(t, string(must(json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects}))), "explain", "-")
	if code != exitOK || !strings.Contains(stdout, "contributor") || !strings.Contains(stdout, "owner") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}
