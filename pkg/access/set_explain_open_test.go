package access

import (
	"bytes"
	"strings"
	"testing"
)

// If every client outside the mesh gets in, pods in the mesh may still be denied, because a rule leaves them out.
func TestExplainKeepsThoseOutWhomARuleLeavesOut(t *testing.T) {
	var out bytes.Buffer
	if err := load(t, htmlTenant("alice", "[{from: [{source: {notNamespaces: [bob]}}]}]")+htmlTenant("bob", "[{from: [{source: {namespaces: [bob]}}]}]")).Explain(Roles{}).WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	alice, _, _ := strings.Cut(out.String(), "\n\n")
	for _, want := range []string{"any pod in the mesh but ns bob     web, pod addresses", "anything off the mesh              web, pod addresses"} {
		if !strings.Contains(alice, want) {
			t.Errorf("no %q in\n%s", want, alice)
		}
	}
}
