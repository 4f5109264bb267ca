package fn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// What was taken away from metacontroller, by removing its mark or owner reference, is not healed, and does not pass in silence:
// the Namespace gets a Warning event, and everything else of the tenant is still brought about.
func TestServeTellsWhatWasTakenAway(t *testing.T) {
	for what, take := range map[string]func(map[string]any){
		"without an owner": func(o map[string]any) { delete(metadata(o), "ownerReferences") },
		"of another owner": func(o map[string]any) {
			metadata(o)["ownerReferences"] = []any{map[string]any{"uid": "4-5-6", "controller": true}}
		},
		"that is only referred":   func(o map[string]any) { metadata(o)["ownerReferences"] = []any{map[string]any{"uid": "1-2-3"}} },
		"without a mark":          func(o map[string]any) { delete(metadata(o, "annotations"), madeByKey) },
		"of another controller's": func(o map[string]any) { metadata(o, "annotations")[madeByKey] = "another" },
	} {
		for _, key := range []string{"AuthorizationPolicy ns-l4-waypoint", "AuthorizationPolicy ambient-user-bob-example-com-clusterrole-edit", "HTTPRoute notebook-lab"} {
			w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
			w.related = append(w.related, asJSON(t, "{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: lab, namespace: alice}}"),
				binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
			w.settle()
			taken := w.attachments[key]
			delete(w.attachments, key)
			take(taken)
			w.related = append(w.related[:3], taken) // bob's RoleBinding is gone
			drifts["rule"](w.attachments, "AuthorizationPolicy ns-owner-access-istio-l7-allow")
			w.settle()
			if len(w.events) != 1 || !strings.Contains(w.events[0], taken["kind"].(string)+" alice/"+metadata(taken)["name"].(string)) {
				t.Errorf("%s %s: events %q", key, what, w.events)
			}
			if strings.Contains(string(must(json.Marshal(w.attachments["AuthorizationPolicy ns-owner-access-istio-l7-allow"]["spec"]))), "{},") {
				t.Errorf("%s %s: another policy is not healed", key, what)
			}
		}
	}
}

// An object that metacontroller made a moment ago is seen among the related objects first: that is no event.
func TestServeWaitsForWhatIsNotSeenYet(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	const key = "AuthorizationPolicy ns-l4-waypoint"
	made := w.attachments[key]
	delete(w.attachments, key)
	w.related = append(w.related, made)
	if changed, _ := w.sync(); changed || len(w.events) > 0 {
		t.Errorf("something changed, or there are events %q", w.events)
	}
}

// An object of someone else with one of our names is told, whatever its kind.
func TestServeTellsWhatIsInTheWay(t *testing.T) {
	config := strings.Replace(serveConfig, "spec:\n", "spec:\n  waypoint: {verifyTokens: true}\n  identity: {sessionIssuers: [https://dex.example.com]}\n", 1)
	for kind, version := range map[string]string{"Gateway waypoint": "gateway.networking.k8s.io/v1", "HTTPRoute notebook-lab": "gateway.networking.k8s.io/v1", "RequestAuthentication verify-tokens": "security.istio.io/v1"} {
		w := bornTenant(t, hook(t, config), "alice", "alice@example.com")
		kind, name, _ := strings.Cut(kind, " ")
		w.related = append(w.related, asJSON(t, "{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: lab, namespace: alice}}"),
			asJSON(t, "{apiVersion: "+version+", kind: "+kind+", metadata: {name: "+name+", namespace: alice}, spec: {}}"))
		w.settle()
		if len(w.events) != 1 || !strings.Contains(w.events[0], kind+" alice/"+name+" exists") {
			t.Errorf("%s: events %q", kind, w.events)
		}
		_, text := post(t, w.hook, "/customize", []byte(`{"parent":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"alice"}}}`))
		if !strings.Contains(text, `"`+strings.ToLower(kind)+`s"`) {
			t.Errorf("a sync is not sent any %s: %s", kind, text)
		}
	}
}

// A mark of another AmbientProfile on an object of a tenant keeps nobody's access.
func TestServeAMarkOfAnother(t *testing.T) {
	for _, object := range []string{"kubeflow.org/v1, kind: Notebook", "rbac.authorization.k8s.io/v1, kind: RoleBinding"} {
		w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
		w.related = append(w.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
		w.settle()
		if !w.lets("bob@example.com") {
			t.Fatal("the contributor has no access")
		}
		w.related = append(w.related[:len(w.related)-1], asJSON(t, "{apiVersion: "+object+", metadata: {name: zz, namespace: alice, annotations: {ambient.kubeflow.org/owned-by: x}}}"))
		w.settle()
		if w.lets("bob@example.com") || !w.lets("alice@example.com") {
			t.Errorf("%s: the contributor who was removed has access, or the owner has none", object)
		}
	}
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.related = append(w.related, asJSON(t, "{apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: zz, namespace: alice, annotations: {ambient.kubeflow.org/owned-by: x}}}"))
	w.settle()
	if !w.lets("alice@example.com") {
		t.Error("a Notebook with a mark keeps a new tenant out")
	}
}

// A waypoint keeps its name, whatever the configuration says; everything else of the tenant is brought about, and an event says how to rename it.
func TestServeARenamedWaypoint(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	w.hook = hook(t, serveConfig+"  waypoint: {name: other}\n  access: {openPaths: [/ready]}\n")
	w.related = append(w.related, binding(t, "alice", "user-bob-example-com-clusterrole-edit", "bob@example.com", "edit"))
	w.closedAlways()
	w.settle()
	said := string(must(json.Marshal(w.attachments)))
	if w.attachments["Gateway waypoint"] == nil || w.label("istio.io/use-waypoint") != "waypoint" || strings.Contains(said, `"other"`) || !strings.Contains(said, "/ready") || !w.lets("bob@example.com") {
		t.Errorf("the tenant is %s", said)
	}
	if len(w.events) != 1 || !strings.Contains(w.events[0], `spec.waypoint.name is "other", but Gateway alice/waypoint is its waypoint`) {
		t.Errorf("events %q", w.events)
	}
	// as the event says
	metadata(w.namespace, "labels")["ambient.kubeflow.org/enroll"] = "false"
	w.settle()
	delete(w.attachments, "Gateway waypoint")
	delete(metadata(w.namespace, "labels"), "istio.io/use-waypoint")
	w.settle()
	delete(metadata(w.namespace, "labels"), "ambient.kubeflow.org/enroll")
	w.events = nil
	w.settle()
	if w.attachments["Gateway other"] == nil || w.attachments["Gateway waypoint"] != nil || w.label("istio.io/use-waypoint") != "other" || len(w.events) > 0 || !w.lets("bob@example.com") {
		t.Errorf("it is not renamed: events %q, %v", w.events, w.attachments)
	}
}

// A second Gateway of ours is never deleted, and an event names it.
func TestServeASecondGateway(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	second := roundTrip(t, w.attachments["Gateway waypoint"])
	metadata(second)["name"] = "second"
	w.attachments["Gateway second"] = second
	w.settle()
	if w.attachments["Gateway second"] == nil || len(w.events) != 1 || !strings.Contains(w.events[0], "Gateway alice/second is not the tenant's waypoint") {
		t.Errorf("events %q, %v", w.events, w.attachments["Gateway second"])
	}
}

// An object of someone else with the name of a stand-in is told: the policy is not healed before it is gone.
func TestServeAForeignStandIn(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	drifts["selector"](w.attachments, "AuthorizationPolicy ns-l4-waypoint")
	w.related = append(w.related, asJSON(t, "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ambient-mending-ns-l4-waypoint, namespace: alice}, spec: {}}"))
	w.settle()
	if len(w.events) != 1 || !strings.Contains(w.events[0], "AuthorizationPolicy alice/ambient-mending-ns-l4-waypoint exists") {
		t.Errorf("events %q", w.events)
	}
	w.related, w.events = w.related[:2], nil
	w.settle()
	if said := string(must(json.Marshal(w.attachments["AuthorizationPolicy ns-l4-waypoint"]["spec"]))); strings.Contains(said, "selector") || len(w.events) > 0 {
		t.Errorf("it is not healed once that is gone: events %q, %s", w.events, said)
	}
}

// Whatever the label enroll says but "true", the tenant is left alone; what it may not say is told.
func TestServeValuesOfEnroll(t *testing.T) {
	for value, want := range map[string]struct{ joins, event bool }{
		"true": {joins: true}, "false": {}, "": {event: true}, "False": {event: true}, "no": {event: true}, "0": {event: true}, "True": {event: true}, "yes": {event: true},
	} {
		w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
		metadata(w.namespace, "labels")["ambient.kubeflow.org/enroll"] = value
		w.settle()
		if (len(w.attachments) > 0) != want.joins || (len(w.events) > 0) != want.event {
			t.Errorf("%q: %d objects, events %q", value, len(w.attachments), w.events)
		}
		if len(w.events) > 0 && !strings.Contains(w.events[0], fmt.Sprintf("ambient.kubeflow.org/enroll: %q", value)) {
			t.Errorf("%q: %q", value, w.events)
		}
	}
}

// A Gateway that is being deleted is waited for.
func TestServeAGatewayThatIsDeleted(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.settle()
	metadata(w.attachments["Gateway waypoint"])["deletionTimestamp"] = "2026-11-01T00:00:00Z"
	w.settle()
	if len(w.events) > 0 {
		t.Errorf("events %q", w.events)
	}
}

// A contributor whose policy would have a longer name than the API server takes stops nobody else.
func TestServeALongName(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	user := strings.Repeat("b", 210) + "@example.com"
	w.related = append(w.related, binding(t, "alice", "user-"+strings.Repeat("b", 210)+"-example-com-clusterrole-edit", user, "edit"))
	w.settle()
	for key, o := range w.attachments {
		if name := metadata(o)["name"].(string); len("ambient-mending-"+name) > 253 {
			t.Errorf("%s has a name of %d characters", key, len(name))
		}
	}
	if !w.lets("alice@example.com") || w.lets(user) {
		t.Error("the owner has no access, or the contributor has")
	}
	if len(w.events) != 1 || !strings.Contains(w.events[0], "is too long") || len(w.events[0]) > 1100 {
		t.Errorf("events %q", w.events)
	}
}

// Whoever quotes an object in an error cuts it: an Event has little room.
func TestServeCutsItsErrors(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	w.related = append(w.related, binding(t, "alice", "everyone", strings.Repeat("é", 1<<16), "view"), binding(t, "alice", "all", "*", "view"))
	metadata(w.namespace, "annotations")["owner"] = "*" + strings.Repeat("ö", 1<<16)
	w.settle()
	if len(w.events) != 1 || len(w.events[0]) > 1100 || !strings.Contains(w.events[0], "no user gets access") {
		t.Errorf("%d events, %.2000q", len(w.events), w.events)
	}
}

// A tenant that is ours and is left alone is in the log, because nothing heals there any more.
func TestServeLogsWhomItLeaves(t *testing.T) {
	server := must(newServer(manifest.NewItem(yaml.MustParse(serveConfig).YNode())))
	var log bytes.Buffer
	server.Log = slog.New(slog.NewTextHandler(&log, nil))
	w := bornTenant(t, server.Handler(), "alice", "alice@example.com")
	metadata(w.namespace, "labels")["ambient.kubeflow.org/enroll"] = "false"
	w.sync()
	if log.Len() > 0 {
		t.Errorf("a tenant that was never ours is in the log: %s", log.String())
	}
	delete(metadata(w.namespace, "labels"), "ambient.kubeflow.org/enroll")
	w.settle()
	log.Reset()
	metadata(w.attachments["AuthorizationPolicy ns-l4-waypoint"], "annotations")["ambient.kubeflow.org/owned-by"] = "kubeflow"
	w.sync()
	if !strings.Contains(log.String(), "leftAlone") || !strings.Contains(log.String(), "belongs to AmbientProfile") {
		t.Errorf("the log is %q", log.String())
	}
	for key, o := range w.attachments { // all of them were taken away
		delete(metadata(o), "ownerReferences")
		metadata(o, "annotations")["ambient.kubeflow.org/owned-by"] = "runtime"
		w.related = append(w.related, o)
		delete(w.attachments, key)
	}
	log.Reset()
	w.sync()
	if !strings.Contains(log.String(), "was applied by another program") {
		t.Errorf("the log is %q", log.String())
	}
}

// Wrong types are no objects, or objects without what they are asked for; they open nothing.
func TestServeWrongTypes(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	request := string(w.request())
	for _, change := range [][2]string{
		{`"annotations":{"owner":"alice@example.com"}`, `"annotations":["owner"]`},
		{`"annotations":{"owner":"alice@example.com"}`, `"annotations":{"owner":["alice@example.com"]}`},
		{`"annotations":{"owner":"alice@example.com"}`, `"annotations":{"owner":{"owner":"alice@example.com"}}`},
		{`"subjects":[{`, `"subjects":{"a":"b"},"x":[{`},
		{`"subjects":[{`, `"subjects":[[{`},
		{`"spec":{"owner":{`, `"spec":[],"x":{"owner":{`},
		{`"labels":{`, `"labels":7,"x":{`},
		{`"name":"alice"`, `"name":["alice"]`},
		{`"kind":"User"`, `"kind":"user"`},
		{`"kind":"User"`, `"kind":"ServiceAccount"`},
	} {
		body := strings.Replace(request, change[0], change[1], 1)
		if body == request {
			t.Fatalf("%s does not stand in the request", change[0])
		}
		if strings.Contains(change[0], "subjects") {
			body = strings.ReplaceAll(body, `}}],`, `}}]],`)
		}
		status, text := post(t, w.hook, "/sync", []byte(body))
		if status == http.StatusInternalServerError || strings.Contains(text, `"values":["alice@example.com"]`) && strings.Contains(change[1], "owner") {
			t.Errorf("%s: %d %s", change[1], status, text)
		}
	}
}

// The work for a request is bounded, whatever it holds.
func TestServeHostileSizes(t *testing.T) {
	h := hook(t, serveConfig)
	body := func(spec string) []byte {
		return []byte(`{"object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"alice","annotations":{"owner":"a"}}},"related":{"":{"":{"apiVersion":"kubeflow.org/v1","kind":"Notebook","metadata":{"name":"n","namespace":"alice"},"spec":` + spec + `}}}}`)
	}
	for what, test := range map[string]struct {
		spec string
		want int
	}{
		"many values": {"[" + strings.Repeat("{},", 300_000) + "{}]", http.StatusRequestEntityTooLarge},
		"many lists":  {"[" + strings.Repeat("[],", 300_000) + "[]]", http.StatusRequestEntityTooLarge},
		"many zeros":  {"[" + strings.Repeat("0,", 300_000) + "0]", http.StatusRequestEntityTooLarge},
		"deep lists":  {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), http.StatusBadRequest},
		"deep maps":   {strings.Repeat(`{"a":`, 9_000) + "0" + strings.Repeat("}", 9_000), http.StatusOK},
		"long text":   {`"` + strings.Repeat("x\\n", 1<<20) + `"`, http.StatusOK},
		"long number": {strings.Repeat("9", 1<<20), http.StatusOK},
	} {
		began := time.Now()
		if status, text := post(t, h, "/sync", body(test.spec)); status != test.want {
			t.Errorf("%s: %d %.200s", what, status, text)
		}
		if took := time.Since(began); took > 10*time.Second { // metacontroller waits no longer
			t.Errorf("%s: it took %s", what, took)
		}
	}
}

// runningServer is a server at an address of this machine, until the end of the test.
func runningServer(t *testing.T) string {
	t.Helper()
	server := must(newServer(manifest.NewItem(yaml.MustParse(serveConfig).YNode())))
	server.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, listener, 0) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// dial is a connection on which something was sent.
func dial(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c := must(net.Dial("tcp", address))
	t.Cleanup(func() { _ = c.Close() })
	must(io.WriteString(c, text))
	return c
}

const slowPost = "POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"

// A client that is slow, or silent, is cut off.
func TestServeSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	address := runningServer(t)
	end := time.Now().Add(14 * time.Second)
	var wg sync.WaitGroup
	for _, text := range []string{"", "POST /sync HTTP/1.1\r\nHost: x\r\n", slowPost} {
		c := dial(t, address, text)
		wg.Go(func() { // it is not silent for long
			for time.Now().Before(end) {
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
			t.Errorf("a client that sent %.20q is still there", text)
		})
	}
	wg.Wait()
}

// Beside as many requests as are answered at once, the next one is told to come again, and the kubelet gets its answer.
func TestServeBusy(t *testing.T) {
	address := runningServer(t)
	for range 16 {
		dial(t, address, slowPost)
	}
	for range 100 { // until all of them are being read
		response := must(http.Post("http://"+address+"/sync", "application/json", strings.NewReader("{}")))
		if response.Body.Close() == nil && response.StatusCode == http.StatusTooManyRequests && response.Header.Get("Retry-After") == "1" {
			response = must(http.Get("http://" + address + "/healthz"))
			if response.Body.Close() != nil || response.StatusCode != http.StatusOK {
				t.Errorf("/healthz answers %d", response.StatusCode)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the seventeenth request is answered")
}

const getHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

// answers reports whether a connection gets an answer.
func answers(t *testing.T, c net.Conn, within time.Duration) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(make([]byte, 1))
	return err == nil
}

// Beside as many connections as may be open, the next one is answered as soon as another is closed.
func TestServeConnections(t *testing.T) {
	address := runningServer(t)
	open := make([]net.Conn, 64)
	for i := range open {
		open[i] = dial(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\n") // which does not end here
	}
	next := dial(t, address, getHealth)
	if answers(t, next, 200*time.Millisecond) {
		t.Error("the connection beyond the limit is answered")
	}
	if err := open[7].Close(); err != nil {
		t.Fatal(err)
	}
	if !answers(t, next, 5*time.Second) {
		t.Error("it is not answered after another one was closed")
	}
}

// Connections on which nothing is asked keep nobody out.
func TestServeIdleConnections(t *testing.T) {
	address := runningServer(t)
	for i := range 64 {
		if !answers(t, dial(t, address, getHealth), 5*time.Second) {
			t.Fatalf("connection %d is not answered", i)
		}
	}
	for i := range 70 {
		if !answers(t, dial(t, address, getHealth), 2*time.Second) {
			t.Fatalf("connection %d beside 64 idle ones is not answered", i)
		}
	}
	var busy []net.Conn
	for range 64 {
		busy = append(busy, dial(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\n"))
	}
	next := dial(t, address, getHealth)
	if answers(t, next, 200*time.Millisecond) {
		t.Error("the connection beyond the limit is answered")
	}
	must(io.WriteString(busy[3], "\r\n"))
	if !answers(t, next, 2*time.Second) {
		t.Error("it is not answered after another one became idle")
	}
}

// A label that would lock everyone out is removed.
func TestServeRemovesALabel(t *testing.T) {
	w := bornTenant(t, hook(t, serveConfig), "alice", "alice@example.com")
	metadata(w.namespace, "labels")["istio.io/use-waypoint-namespace"] = "elsewhere"
	w.settle()
	if got := w.label("istio.io/use-waypoint-namespace"); got != "" || w.label("app.kubernetes.io/part-of") == "" {
		t.Errorf("the labels are %v", metadata(w.namespace, "labels"))
	}
}
