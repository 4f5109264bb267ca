package fn

import (
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// checkSnippetIsAll reports YAML in a remedy that is missing in its snippet, where the tests would not try it.
func checkSnippetIsAll(t *testing.T, d diagnostic.Diagnostic) {
	t.Helper()
	if !strings.Contains(d.Remedy, d.Snippet) {
		t.Errorf("the remedy does not have the snippet %s: %s", d.Snippet, d.Error())
	}
	if rest := strings.ReplaceAll(d.Remedy, d.Snippet, ""); d.Snippet != "" && advisedValue.MatchString(rest) || d.Snippet == "" && advisedValue.MatchString(d.Remedy) && !fromReferee(d.Code) {
		t.Errorf("the remedy has YAML that is not its snippet: %s", d.Error())
	}
}

// checkSnippet validates what the reader has written.
func checkSnippet(t *testing.T, d diagnostic.Diagnostic, before, after *reader) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(d.Snippet), &map[string]any{}); err != nil {
		t.Errorf("%s: %v", d.Snippet, err)
	}
	for _, n := range after.objects {
		text := must(n.String())
		if slices.ContainsFunc(before.objects, func(old *kyaml.RNode) bool { return must(old.String()) == text }) {
			continue
		}
		var object map[string]any
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
		if err := passesCRD(object); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	if strings.HasPrefix(d.Snippet, "parentRefs: ") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  "+d.Snippet+"\n"), &object); err != nil {
			t.Fatal(err)
		} else if err := passesCRD(object); err != nil {
			t.Error(err)
		}
	}
}

// checkGains has the referee find what was gained by following a message: it must be what the message states.
func checkGains(t *testing.T, d diagnostic.Diagnostic, before, after string) {
	t.Helper()
	for _, g := range gains(t, before, after) {
		if g.New == "allow" && g.Old != "not-judged" && !stated(d, g.namespace+" | "+g.Who) {
			t.Errorf("%s, which the message does not state: %s", g, d.Error())
		}
	}
}

// gain is a line of diff, about one namespace.
type gain struct {
	namespace string
	access.Change
}

func (g gain) String() string {
	return strings.TrimSuffix(g.namespace+" | "+g.Who+" | "+g.New+" | "+strings.Join(g.To, ", ")+" | "+g.What, " | ")
}

// gains are what anybody gains from one set of manifests to another.
func gains(t *testing.T, before, after string) (out []gain) {
	t.Helper()
	dir := t.TempDir()
	was, is := filepath.Join(dir, "was.yaml"), filepath.Join(dir, "is.yaml")
	write(t, was, before)
	write(t, is, after)
	d := must(Diff(was, is, nil, "", nil, io.Discard))
	if len(d.Errors) > 0 {
		t.Fatal(d.Errors)
	}
	for _, n := range d.Namespaces {
		for _, c := range n.Changes {
			if c.Change == "gained" {
				out = append(out, gain{n.Namespace, c})
			}
		}
	}
	return out
}

var (
	byPolicies = regexp.MustCompile(`those do whom the policies of ([\w-]+) allow`)
	everyUser  = regexp.MustCompile(`with the advised HTTPRoute, every user who is logged in does`)
	someOfUser = regexp.MustCompile(` \| (user .* \((owner|contributor)\)|token of )`)
)

// stated reports whether a message says that a client gains access.
func stated(d diagnostic.Diagnostic, who string) bool {
	namespace, client, _ := strings.Cut(who, " | ")
	own := someOfUser.MatchString(who)
	if at := byPolicies.FindStringSubmatch(d.Effect); at != nil {
		return at[1] == namespace && (own || namespace == "kubeflow")
	}
	switch {
	case d.Code == diagnostic.NoSessionIssuer || d.Code == diagnostic.SessionRuleUnknown:
		return own // who logs in
	case client == anyUser || own:
		return everyUser.MatchString(d.Effect)
	case client == "anonymous, through the ingress" || client == "any user":
		return strings.Contains(d.Effect, "and everybody on the paths of the login")
	}
	return false
}
