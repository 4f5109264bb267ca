package access

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// linesOf are those of alice's notebook by the rule of a policy called asks, each as `who | what`.
func linesOf(t *testing.T, text string, kind clientKind) (out []string) {
	t.Helper()
	w := load(t, text)
	for _, q := range w.inquiries(To{Namespace: "alice", Service: "tet"}, 80, false) {
		if q.kind != kind || q.from.JWT != nil && q.from.JWT.Issuer == anotherIssuer {
			continue
		}
		a := w.about(&q, symbolic.NewPool())
		if err := sameSet(w, &a, &counts{}); err != nil {
			t.Fatal(err)
		}
		for i := range a.lines {
			if l := &a.lines[i]; l.outcome == Allow && slices.Contains(l.rules, "alice/asks rule 0") {
				out = append(out, l.who(w.lexicon())+" | "+l.what(w.lexicon()))
			}
		}
	}
	return out
}

// A line is said in the words of the rule, as widely as the rule allows.
func TestLinesAreInTheWordsOfRules(t *testing.T) {
	at := "targetRefs: " + onAlicesWaypoint
	const (
		anyone  = "any pod in the mesh | "
		anyName = `any user but <blanks at an end>, system:serviceaccount:*` // which the gateway takes for forged
	)
	for _, c := range []struct {
		name, rules, denies, extra string
		kind                       clientKind
		want                       []string
	}{
		{"a prefix", "to: [{operation: {paths: [/shared/*]}}]", "", "", aPod, []string{anyone + "/shared/*"}},
		{"a suffix and a method", "to: [{operation: {paths: ['*.png'], methods: [GET, PUT]}}]", "", "", aPod, []string{anyone + "GET,PUT path *.png"}},
		{"all paths but some", "to: [{operation: {notPaths: ['/x*', /]}}]", "", "", aPod, []string{anyone + "any path but /, /x*"}},
		{"all methods but some", "to: [{operation: {notMethods: [GET, POST]}}]", "", "", aPod, []string{anyone + "any method but GET,POST"}},
		{"a host", "to: [{operation: {hosts: [lab.example.com]}}]", "", "", aPod, []string{anyone + "host lab.example.com"}},
		{"a host as a header", `when: [{key: "request.headers[:authority]", values: ['Lab.*']}]`, "", "", aPod, []string{anyone + "host exactly Lab.*"}},
		{"a header", `when: [{key: "request.headers[x-debug]", values: ['1']}]`, "", "", aPod, []string{anyone + "with x-debug: 1"}},
		{"that a header is there", `when: [{key: "request.headers[x-debug]", values: ['*']}]`, "", "", aPod, []string{anyone + "with x-debug: *"}},
		{"that a header is not there", `when: [{key: "request.headers[x-debug]", notValues: ['*']}]`, "", "", aPod, []string{anyone + "without x-debug"}},
		{"that a header is not so", `when: [{key: "request.headers[x-team]", notValues: [red]}]`, "", "", aPod, []string{anyone + "without x-team: red"}},
		{"namespaces", "from: [{source: {namespaces: ['ci-*']}}], to: [{operation: {paths: [/r]}}]", "", "", aPod, []string{"pods of ns ci-* | /r"}},
		{"all namespaces but one", "from: [{source: {notNamespaces: [bob]}}], to: [{operation: {paths: [/r]}}]", "", "", aPod, []string{"any pod in the mesh but ns bob | /r"}},
		{"a pattern of principals", "from: [{source: {principals: ['*/sa/robot']}}], to: [{operation: {paths: [/r]}}]", "", "", aPod, []string{"pod */sa/robot | /r"}},
		{"an account", "from: [{source: {principals: [cluster.local/ns/ci/sa/robot]}}], to: [{operation: {paths: [/r]}}]", "", "", aPod, []string{"pod ci/robot | /r"}},
		{"all namespaces, as the expression of a suffix takes the account for one", "from: [{source: {namespaces: ['*a']}}], to: [{operation: {paths: [/r]}}]", "", "", aPod, []string{anyone + "/r"}},
		{"a header that is there, and is not so", `when: [{key: "request.headers[x-team]", values: ['*'], notValues: [red]}]`, "", "", aPod, []string{anyone + "with x-team: any but red"}},
		{"headers named as words of lines", `when: [{key: "request.headers[audience]", values: [with]}, {key: "request.headers[subject]", notValues: ['*']}]`, "", "", aPod,
			[]string{anyone + `with "audience": "with" without "subject"`}},
		{"two sets of a path", "to: [{operation: {paths: [/a, '/b/*'], notPaths: ['*/c']}}]", "", "", aPod, []string{anyone + "/a", anyone + "/b/* but */c"}},
		{"a claim", `when: [{key: "request.auth.claims[team]", values: [blue]}]`, "", verifyTokens(onAlicesWaypoint, onTet), aPodJWT,
			[]string{
				"any pod in the mesh but istio-system/ambient-ingressgateway-istio with a token of the issuer http://dex.auth.svc.cluster.local:5556/dex | with claim team: blue",
				"any pod in the mesh with a token of the issuer http://dex.auth.svc.cluster.local:5556/dex | " +
					`without claim email: text:<blanks at an end>, text:system:serviceaccount:* with claim team: blue`}},
		{"a path by a route", fromIngress + ", to: [{operation: {methods: [GET], paths: [/notebook/alice/tet/api]}}]", "", "", aUser, []string{anyName + " | GET /notebook/alice/tet/api"}},
		{"a path behind a rewrite", "to: [{operation: {paths: [/files/a]}}]", "", publicRoute, aUser, []string{anyName + " | /public/a"}},
		{"one path of two", "to: [{operation: {methods: [GET], paths: [/a, /b]}}]", "to: [{operation: {paths: [/a]}}]", "", aPod, []string{anyone + "GET /b"}},
		{"most of a prefix", "to: [{operation: {paths: [/a/*]}}]", "to: [{operation: {paths: [/a/q/*]}}]", "", aPod, []string{anyone + "/a/* but /a/q/*"}},
		{"one of four", "to: [{operation: {methods: [GET, PUT], paths: [/a, /b]}}]", "to: [{operation: {methods: [GET], paths: [/a]}}]", "", aPod,
			[]string{anyone + "GET,PUT /b", anyone + "PUT /a, /b"}},
		{"with a header that a DENY asks for", "to: [{operation: {paths: [/a]}}]", `when: [{key: "request.headers[x-key]", notValues: [open]}]`, "", aPod, []string{anyone + "/a with x-key: open"}},
		{"nothing", "to: [{operation: {paths: [/a]}}]", "to: [{operation: {paths: [/*]}}]", "", aPod, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := tenants(t) + c.extra + policyOf("asks", "{"+at+", rules: [{"+c.rules+"}]}")
			if c.denies != "" {
				text += policyOf("stops", "{action: DENY, "+at+", rules: [{"+c.denies+"}]}")
			}
			got := linesOf(t, text, c.kind)
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// What is not judged is a set, too.
func TestLinesSayWhatIsNotJudged(t *testing.T) {
	w := load(t, tenants(t)+"\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: asks, namespace: alice}\nspec: {targetRefs: "+onAlicesWaypoint+
		", rules: [{to: [{operation: {paths: [/ip]}}], when: [{key: source.ip, values: [10.0.0.1]}]}]}")
	for _, q := range w.inquiries(To{Namespace: "alice", Service: "tet"}, 80, false) {
		if q.kind != aPod {
			continue
		}
		a := w.about(&q, symbolic.NewPool())
		if err := sameSet(w, &a, &counts{}); err != nil {
			t.Fatal(err)
		}
		for i := range a.lines {
			if l := &a.lines[i]; l.outcome == NotJudged && strings.HasPrefix(l.what(w.lexicon()), "/ip") {
				return
			}
		}
		t.Errorf("no line is not judged in %d", len(a.lines))
	}
}

// The page about the referee has a line of each rule that it names, and it reads each line that it shows.
func TestPageSaysLines(t *testing.T) {
	page, err := os.ReadFile("../../docs/referee.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n| the rule | who | what |\n")
	section, _, _ = strings.Cut(section, "\n\n")
	rows := strings.Split(section, "\n")[1:]
	code := regexp.MustCompile("`([^`]+)`")
	at := "targetRefs: " + onAlicesWaypoint
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "|"), " | ")
		rules, who, what := code.FindAllStringSubmatch(cells[0], -1), code.FindStringSubmatch(cells[1]), code.FindStringSubmatch(cells[2])
		text := tenants(t) + publicRoute + policyOf("asks", "{"+at+", rules: [{"+rules[0][1]+"}]}")
		if strings.Contains(cells[0], "DENY") {
			text += policyOf("stops", "{action: DENY, "+at+", rules: [{"+rules[1][1]+"}]}")
		}
		if strings.Contains(cells[0], "request.auth") || strings.Contains(cells[0], "tokens are verified") {
			text += verifyTokens(onAlicesWaypoint, onTet)
		}
		var got []string
		for kind := aUser; kind <= offTheMesh; kind++ {
			got = append(got, linesOf(t, text, kind)...)
		}
		if want := who[1] + " | " + what[1]; !slices.Contains(got, want) {
			t.Errorf("%s: no line is %q, but there are %q", cells[0], want, got)
		}
	}
	if len(rows) < 20 {
		t.Errorf("%d rows", len(rows))
	}
}
