package fn

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// tenantWorld is one Namespace of a cluster and what is in it, with a stand-in for metacontroller that does what
// version 4.9 does with a response: labels first, then deletions, then creations and three-way merges, no adoption.
type tenantWorld struct {
	t           *testing.T
	hook        http.Handler
	namespace   map[string]any
	attachments map[string]map[string]any // "AuthorizationPolicy ns-l4-waypoint"
	related     []map[string]any
	// look is called after each change that metacontroller makes, in the order in which it makes them.
	look func()
	// events are the errors of syncs, which metacontroller records on the Namespace.
	events []string
}

const serveConfig = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: runtime}
spec:
  profileSelector: {}
`

// hook is the server for a configuration.
func hook(t *testing.T, config string) http.Handler {
	t.Helper()
	server := must(newServer(manifest.NewItem(yaml.MustParse(config).YNode())))
	server.Notebooks = true
	server.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return server.Handler()
}

// bornTenant is a Namespace as the profile-controller makes it.
func bornTenant(t *testing.T, hook http.Handler, name, owner string) *tenantWorld {
	t.Helper()
	return &tenantWorld{
		t: t, hook: hook, attachments: map[string]map[string]any{}, look: func() {},
		namespace: asJSON(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+name+", uid: 1-2-3, annotations: {owner: "+owner+"}, labels: {istio-injection: enabled, app.kubernetes.io/part-of: kubeflow-profile}}}"),
		related: []map[string]any{
			asJSON(t, "{apiVersion: kubeflow.org/v1, kind: Profile, metadata: {name: "+name+"}, spec: {owner: {kind: User, name: "+owner+"}}}"),
			binding(t, name, "namespaceAdmin", owner, "admin"),
		},
	}
}

// binding is a RoleBinding as the profile-controller and KFAM make them.
func binding(t *testing.T, namespace, name, user, role string) map[string]any {
	t.Helper()
	return asJSON(t, "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: "+name+", namespace: "+namespace+", annotations: {user: '"+user+"', role: "+role+"}}, "+
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-"+role+"}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: '"+user+"'}]}")
}

func asJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return roundTrip(t, o)
}

func roundTrip(t *testing.T, o map[string]any) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(must(json.Marshal(o)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func metadata(o map[string]any, path ...string) map[string]any {
	m := o["metadata"].(map[string]any)
	for _, key := range path {
		if _, found := m[key].(map[string]any); !found {
			m[key] = map[string]any{}
		}
		m = m[key].(map[string]any)
	}
	return m
}

func keyOf(o map[string]any) string { return o["kind"].(string) + " " + metadata(o)["name"].(string) }

func (w *tenantWorld) name() string { return metadata(w.namespace)["name"].(string) }

// request is what metacontroller sends.
func (w *tenantWorld) request() []byte {
	grouped := func(list []map[string]any) map[string]any {
		groups := map[string]any{}
		for _, o := range list {
			version := o["apiVersion"].(string)
			group := o["kind"].(string) + "." + version
			if groups[group] == nil {
				groups[group] = map[string]any{}
			}
			name := metadata(o)["name"].(string)
			if ns, found := metadata(o)["namespace"].(string); found {
				name = ns + "/" + name
			}
			groups[group].(map[string]any)[name] = o
		}
		return groups
	}
	attached := slices.Collect(maps.Values(w.attachments))
	related := slices.Clone(w.related)
	for _, o := range attached { // the rules for related objects match ours too
		if o["kind"] != "ConfigMap" {
			related = append(related, o)
		}
	}
	return must(json.Marshal(map[string]any{
		"controller": map[string]any{"metadata": map[string]any{"name": "ambient-profile"}}, "object": w.namespace,
		"attachments": grouped(attached), "related": grouped(related), "finalizing": false,
	}))
}

type hookResponse struct {
	Labels      map[string]*string
	Attachments []map[string]any
}

// post sends a request, and reports an error as metacontroller does.
func post(t *testing.T, hook http.Handler, path string, body []byte) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	hook.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
	return recorder.Code, recorder.Body.String()
}

// sync is one sync. It reports whether anything was changed, and returns the response.
func (w *tenantWorld) sync() (bool, hookResponse) {
	w.t.Helper()
	status, body := post(w.t, w.hook, "/sync", w.request())
	if status != http.StatusOK {
		w.events = append(w.events, body)
		return false, hookResponse{}
	}
	var response hookResponse
	if err := json.Unmarshal([]byte(body), &response); err != nil {
		w.t.Fatalf("%v in %s", err, body)
	}
	return w.apply(response), response
}

func (w *tenantWorld) apply(response hookResponse) bool {
	changed := false
	labels := metadata(w.namespace, "labels")
	for key, value := range response.Labels {
		if old, found := labels[key]; value == nil && found || value != nil && old != *value {
			changed = true
		}
		if value == nil {
			delete(labels, key)
		} else {
			labels[key] = *value
		}
	}
	w.look()
	wanted := map[string]map[string]any{}
	for _, o := range response.Attachments {
		wanted[keyOf(o)] = o
	}
	for _, key := range slices.Sorted(maps.Keys(w.attachments)) {
		if wanted[key] == nil {
			delete(w.attachments, key)
			changed = true
			w.look()
		}
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if old := w.attachments[key]; old != nil {
			next := merged(w.t, old, wanted[key])
			changed = changed || !sameJSON(old, next)
			w.attachments[key] = next
		} else if !slices.ContainsFunc(w.related, func(o map[string]any) bool { return keyOf(o) == key }) {
			w.attachments[key] = withLast(w.t, wanted[key], wanted[key])
			metadata(w.attachments[key])["uid"] = "made"
			metadata(w.attachments[key])["ownerReferences"] = []any{map[string]any{"uid": metadata(w.namespace)["uid"], "controller": true}}
			changed = true
		}
		w.look()
	}
	return changed
}

const (
	lastAppliedKey = "metacontroller.k8s.io/last-applied-configuration"
	madeByKey      = "metacontroller.k8s.io/decorator-controller"
)

func withLast(t *testing.T, o, last map[string]any) map[string]any {
	t.Helper()
	c := roundTrip(t, o)
	metadata(c, "annotations")[madeByKey] = "ambient-profile"
	metadata(c, "annotations")[lastAppliedKey] = string(must(json.Marshal(last)))
	return c
}

func merged(t *testing.T, old, wanted map[string]any) map[string]any {
	t.Helper()
	var last map[string]any
	if text, found := metadata(old, "annotations")[lastAppliedKey].(string); found {
		if err := json.Unmarshal([]byte(text), &last); err != nil {
			t.Fatal(err)
		}
	}
	next := mergedMap(roundTrip(t, old), last, wanted)
	return withLast(t, next, wanted)
}

// mergedMap keeps what others wrote, and removes what was sent before and no longer is.
func mergedMap(into, last, wanted map[string]any) map[string]any {
	for key := range last {
		if _, found := wanted[key]; !found {
			delete(into, key)
		}
	}
	for key, value := range wanted {
		switch value := value.(type) {
		case map[string]any:
			old, _ := into[key].(map[string]any)
			before, _ := last[key].(map[string]any)
			if old == nil {
				old = map[string]any{}
			}
			into[key] = mergedMap(old, before, value)
		case []any:
			old, _ := into[key].([]any)
			before, _ := last[key].([]any)
			into[key] = mergedList(old, before, value)
		default:
			into[key] = value
		}
	}
	return into
}

// mergedList merges by the first of metacontroller's keys that every entry has; other lists are replaced.
func mergedList(old, last, wanted []any) []any {
	by := ""
	for _, key := range []string{"port", "name", "path"} {
		if by == "" && !slices.ContainsFunc(slices.Concat(old, last, wanted), func(entry any) bool {
			m, _ := entry.(map[string]any)
			return m[key] == nil
		}) {
			by = key
		}
	}
	if by == "" || len(old) == 0 {
		return wanted
	}
	var out []any
	find := func(list []any, value any) map[string]any {
		for _, entry := range list {
			if m := entry.(map[string]any); sameJSON(m[by], value) {
				return m
			}
		}
		return nil
	}
	for _, entry := range old {
		m := entry.(map[string]any)
		switch now, before := find(wanted, m[by]), find(last, m[by]); {
		case now != nil:
			out = append(out, mergedMap(m, before, now))
		case before == nil:
			out = append(out, m)
		}
	}
	for _, entry := range wanted {
		if find(old, entry.(map[string]any)[by]) == nil {
			out = append(out, entry)
		}
	}
	return out
}

func sameJSON(a, b any) bool { return bytes.Equal(must(json.Marshal(a)), must(json.Marshal(b))) }

// settle syncs until nothing changes.
func (w *tenantWorld) settle() {
	w.t.Helper()
	for range 12 {
		if changed, _ := w.sync(); !changed {
			return
		}
	}
	w.t.Fatalf("%s still changes after twelve syncs", w.name())
}

func (w *tenantWorld) label(key string) string {
	value, _ := metadata(w.namespace, "labels")[key].(string)
	return value
}

// lets reports whether a policy of the namespace names a user in a condition.
func (w *tenantWorld) lets(user string) bool {
	for _, o := range w.attachments {
		if o["kind"] == "AuthorizationPolicy" && strings.Contains(string(must(json.Marshal(o["spec"]))), `"values":["`+user+`"]`) {
			return true
		}
	}
	return false
}

// closedAlways fails as soon as the namespace is open: in the mesh without the L4 policy, or with a waypoint that has no policy.
func (w *tenantWorld) closedAlways() {
	w.look = func() {
		w.t.Helper()
		l4, l7 := false, false
		for _, o := range w.attachments {
			if spec, found := o["spec"].(map[string]any); found && o["kind"] == "AuthorizationPolicy" && spec["action"] != "DENY" {
				l4 = l4 || spec["targetRefs"] == nil && spec["selector"] == nil
				l7 = l7 || strings.Contains(string(must(json.Marshal(spec["targetRefs"]))), `"Gateway"`)
			}
		}
		if w.label("istio.io/dataplane-mode") == "ambient" && !l4 {
			w.t.Errorf("%s is in the mesh, and no policy closes its pods", w.name())
		}
		if w.attachments["Gateway waypoint"] != nil && !l7 {
			w.t.Errorf("%s has a waypoint without a policy", w.name())
		}
	}
}
