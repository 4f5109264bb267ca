package fn

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
)

// Whatever is sent, the server neither panics nor answers with what reaches out of the Namespace that was asked for, and it
// labels none that has no policy yet.
func FuzzServe(f *testing.F) {
	var t testing.T
	w := bornTenant(&t, hook(&t, serveConfig), "alice", "alice@example.com")
	f.Add(w.request())
	w.sync()
	w.sync()
	f.Add(w.request())
	w.settle()
	f.Add(w.request())
	f.Add([]byte(`{"object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"alice","annotations":{"owner":"*"}}},"related":{"":{"":{"kind":"Profile","apiVersion":"kubeflow.org/v1","metadata":{"name":"alice"},"spec":{"owner":{"name":"*"}}}}}}`))
	f.Add([]byte(`{"object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"alice","labels":{"<<":"*a","a":"\ud83d"},"annotations":{"owner":"a"}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		h := hook(t, serveConfig)
		status, text := post(t, h, "/sync", body)
		if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity}, status) {
			t.Fatalf("%d %s", status, text)
		}
		if status != http.StatusOK {
			return
		}
		var request struct {
			Object      map[string]any
			Attachments map[string]map[string]map[string]any
		}
		var response hookResponse
		if err := json.Unmarshal(body, &request); err != nil {
			t.Fatalf("%v was taken", err)
		}
		if err := json.Unmarshal([]byte(text), &response); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		name := metadata(request.Object)["name"]
		for _, o := range response.Attachments {
			if metadata(o)["namespace"] != name {
				t.Errorf("for namespace %v: %v", name, o)
			}
		}
		attached := 0
		for _, group := range request.Attachments {
			attached += len(group)
		}
		if len(response.Labels) > 0 && attached == 0 {
			t.Errorf("labels %v before there is a policy", response.Labels)
		}
	})
}
