package fn

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// checkSnippetIsAll reports YAML in a remedy that is not in its snippet, so that nobody would try it.
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
func checkGains(t *testing.T, d diagnostic.Diagnostic, had map[string]map[string]bool, after string) {
	t.Helper()
	has := reach(t, after)
	for _, who := range sortedNames(has) {
		for _, what := range sortedNames(has[who]) {
			if what != "NOT JUDGED" && !had[who][what] && !had[who]["NOT JUDGED"] && !stated(d, who) {
				t.Errorf("%s reaches %s, which the message does not state: %s", who, what, d.Error())
			}
		}
	}
}

// reach is what each client of each namespace is allowed to reach, by "namespace | client". A client about
// whom the referee does not know reaches "NOT JUDGED".
func reach(t *testing.T, manifests string) map[string]map[string]bool {
	t.Helper()
	report, err := Explain(nil, "", strings.NewReader(manifests), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, ns := range report.Namespaces {
		for _, a := range ns.Access {
			who := ns.Namespace + " | " + a.Who
			if out[who] == nil {
				out[who] = map[string]bool{}
			}
			switch a.Outcome {
			case "allow":
				for _, what := range whatOf(a.Reaches) {
					out[who][what] = true
				}
			case "not-judged":
				out[who]["NOT JUDGED"] = true
				if a.Who == "anyone" {
					out[ns.Namespace] = map[string]bool{"NOT JUDGED": true}
				}
			}
		}
	}
	return out
}

var partOfIt = regexp.MustCompile(`^in part, such as \S+ \S+( of )?`)

// whatOf are the Services that an answer of explain names, without those to which no route leads.
func whatOf(reaches string) (out []string) {
	for _, what := range strings.Split(partOfIt.ReplaceAllString(reaches, ""), ", ") {
		if !strings.HasSuffix(what, "(no route yet)") {
			out = append(out, strings.TrimSuffix(what, " (assumed)"))
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
	case client == "any other user" || own:
		return everyUser.MatchString(d.Effect)
	case client == "anonymous, through the ingress":
		return strings.Contains(d.Effect, "and everybody on the paths of the login")
	}
	return false
}
