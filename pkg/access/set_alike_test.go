package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// tenant is what a user namespace has.
func aTenant(name, owner, rest string) string {
	return fmt.Sprintf(`
---
{kind: Namespace, apiVersion: v1, metadata: {name: %[1]s, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true'}, annotations: {owner: %[2]s}}}
---
{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: waypoint, namespace: %[1]s, labels: {istio.io/waypoint-for: service}},
  spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}
---
{kind: Service, apiVersion: v1, metadata: {name: s, namespace: %[1]s}, spec: {selector: {app: s}, ports: [{name: http, port: 80}]}}
---
{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: s, namespace: %[1]s},
  spec: {parentRefs: [{name: front, namespace: edge}], rules: [{matches: [{path: {type: PathPrefix, value: /notebook/%[1]s/s}}], backendRefs: [{name: s, port: 80}]}]}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: owner, namespace: %[1]s},
  spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [
    {from: [{source: {principals: [cluster.local/ns/edge/sa/front-istio]}}], when: [{key: 'request.headers[kubeflow-userid]', values: [%[2]s]}]}, {from: [{source: {namespaces: [%[1]s]}}]}]}}
%[3]s`, name, owner, strings.ReplaceAll(strings.ReplaceAll(rest, "SELF", name), "OWNER", owner))
}

const alikeFront = `
{kind: Namespace, apiVersion: v1, metadata: {name: edge}}
---
{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: front, namespace: edge},
  spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}}
---
{kind: RequestAuthentication, apiVersion: security.istio.io/v1, metadata: {name: login, namespace: edge}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}],
  jwtRules: [{issuer: 'https://dex', jwks: '{}', outputClaimToHeaders: [{claim: email, header: kubeflow-userid}]}]}}
`

func extraRule(ns, rule string) string {
	return "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: extra, namespace: " + ns + "}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: " +
		map[bool]string{true: "front", false: "waypoint"}[ns == "edge"] + "}], " + rule + "}}\n"
}

// Namespaces that differ only in their names are alike, and others are not.
func TestAlike(t *testing.T) {
	const own = "rules: [{from: [{source: {namespaces: [X]}}]}]"
	rule := func(x string) string { return extraRule("SELF", strings.Replace(own, "X", x, 1)) }
	for _, c := range []struct {
		name, ann, bob, global string
		extra                  []string
		want                   string
	}{
		{name: "nothing else", want: "ann bob"},
		{name: "each names itself", ann: rule("SELF"), bob: rule("SELF"), want: "ann bob"},
		{name: "each names its owner", ann: extraRule("SELF", "rules: [{when: [{key: 'request.headers[x-user]', values: [OWNER]}]}]"), bob: extraRule("SELF", "rules: [{when: [{key: 'request.headers[x-user]', values: [OWNER]}]}]"), want: "ann bob"},
		{name: "one names a third", ann: rule("edge"), bob: rule("SELF"), want: "ann|bob"},
		{name: "one names the other", bob: rule("ann"), want: "ann|bob"},
		{name: "each names the other", ann: rule("bob"), bob: rule("ann"), want: "ann|bob"},
		{name: "one takes the other's owner", bob: extraRule("SELF", "rules: [{when: [{key: 'request.headers[x-user]', values: [ann@x.io]}]}]"), want: "ann|bob"},
		{name: "something else names both", global: extraRule("edge", "action: DENY, rules: [{to: [{operation: {paths: [/notebook/ann/*, /notebook/bob/*]}}]}]"), want: "ann|bob"},
		{name: "something else names one", global: extraRule("edge", "action: DENY, rules: [{to: [{operation: {paths: [/notebook/ann/*]}}]}]"), want: "ann|bob"},
		{name: "something else names one's owner", global: extraRule("edge", "action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: [ann@x.io]}]}]"), want: "ann|bob"},
		{name: "a prefix cuts a name", global: extraRule("edge", "action: DENY, rules: [{to: [{operation: {paths: [/notebook/a*]}}]}]"), want: "ann|bob"},
		{name: "a suffix cuts a name", global: extraRule("edge", "action: DENY, rules: [{from: [{source: {namespaces: ['*b']}}]}]"), want: "ann|bob"},
		{name: "a prefix cuts a user", global: extraRule("edge", "action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['a*']}]}]"), want: "ann|bob"},
		{name: "a prefix at a border", global: extraRule("edge", "action: DENY, rules: [{to: [{operation: {paths: [/notebook/*]}}]}]"), want: "ann bob"},
		{name: "the users of a domain", global: extraRule("edge", "action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['*@x.io']}]}]"), want: "ann bob"},
		{name: "an expression tells letters apart", global: "\n---\n{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: r, namespace: edge}, spec: {parentRefs: [{name: front}], rules: [{matches: [{path: {type: RegularExpression, value: '/notebook/[a-m].*'}}]}]}}\n",
			want: "ann|bob"},
		{name: "an expression takes all letters", global: "\n---\n{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: r, namespace: edge}, spec: {parentRefs: [{name: front}], rules: [{matches: [{path: {type: RegularExpression, value: '/notebook/[^/]+/x'}}]}]}}\n",
			want: "ann bob"},
		{name: "a part of another word", global: extraRule("edge", "action: DENY, rules: [{from: [{source: {namespaces: [team-ann]}}]}]"), want: "ann|bob"},
		{name: "other letters", global: extraRule("edge", "action: DENY, rules: [{to: [{operation: {hosts: [ANN.x.io]}}]}]"), want: "ann|bob"},
		{name: "the question names one", extra: []string{"ann"}, want: "ann|bob"},
		{name: "the question names one's owner", extra: []string{"bob@x.io"}, want: "ann|bob"},
		{name: "the question names each", extra: []string{"$profile", "cluster.local/ns/$profile/sa/default", "$profile@x.io"}, want: "ann bob"},
		{name: "the question has a part of a word", extra: []string{"$profile*"}, want: "ann|bob"},
	} {
		w := load(t, alikeFront+aTenant("ann", "ann@x.io", c.ann)+aTenant("bob", "bob@x.io", c.bob)+c.global)
		if got := classesText(w.alike(c.extra...)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	w := load(t, alikeFront+aTenant("ann", "ann@x.io", "")+aTenant("bob", "carol@x.io", "")+aTenant("none", "none@x.io", ""))
	if got, want := classesText(w.alike()), "ann|bob|none"; got != want {
		t.Errorf("an owner of another name, and a word that means something: got %s, want %s", got, want)
	}
}

func classesText(classes [][]string) string {
	var out []string
	for _, c := range classes {
		out = append(out, strings.Join(c, " "))
	}
	return strings.Join(out, "|")
}

// What is true of a namespace is true of each that is like it, with the names changed.
func TestLikeNamespacesHaveLikeAnswers(t *testing.T) {
	names := []string{"ann", "anna", "bob", "bob-x", "carol"}
	own := []string{
		"", "", "", "rules: [{from: [{source: {namespaces: [SELF]}}]}]", "rules: [{to: [{operation: {paths: [/notebook/SELF/*, /SELF]}}]}]", "rules: [{when: [{key: 'request.headers[x-user]', values: [OWNER]}]}]",
		"action: DENY, rules: [{from: [{source: {principals: ['cluster.local/ns/SELF/sa/*']}}]}]", "rules: [{from: [{source: {namespaces: ['SELF*']}}]}]", "rules: [{when: [{key: 'request.headers[x-user]', values: ['OWNER*']}]}]",
		"rules: [{from: [{source: {namespaces: [bob]}}]}]", "rules: [{to: [{operation: {hosts: ['s.SELF.*']}}]}]", "rules: [{when: [{key: 'request.headers[x-user]', values: [SELF]}]}]",
	}
	global := []string{
		"", "", "", "rules: [{to: [{operation: {paths: [/notebook/*]}}]}]", "action: DENY, rules: [{to: [{operation: {paths: [/notebook/an*]}}]}]", "action: DENY, rules: [{to: [{operation: {paths: ['*/bob/s']}}]}]",
		"action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['bob*']}]}]", "action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: ['*@x.io']}]}]", "action: DENY, rules: [{to: [{operation: {paths: ['/notebook/{*}/s']}}]}]",
		"action: DENY, rules: [{to: [{operation: {paths: [/notebook/x-ann/s], hosts: ['*']}}]}]", "action: DENY, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: [carol@x.io, ann@x.io]}]}]",
	}
	pairs, asked := 0, 0
	outcomes := map[Outcome]int{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 311))
		rule := one(r, own...)
		text := alikeFront
		if g := one(r, global...); g != "" {
			text += extraRule("edge", g)
		}
		for _, name := range names {
			rest := ""
			if r.IntN(8) == 0 {
				rule = one(r, own...)
			}
			if rule != "" {
				rest = extraRule("SELF", rule)
			}
			text += aTenant(name, some100(r, 15, "x")+name+"@x.io", rest)
		}
		w := load(t, text)
		for _, class := range w.alike() {
			for _, other := range class[1:] {
				pairs++
				for range 40 {
					swap := swapper(class[0], other)
					q := likeRequest(r, class[0], append(slices.Clone(names), "edge", "zed"))
					a, b := w.Decide(q), w.Decide(swapRequest(q, swap))
					asked++
					outcomes[a.Outcome]++
					if a.Outcome != b.Outcome || swap(a.Policy) != b.Policy || a.Rule != b.Rule {
						t.Fatalf("seed %d: %s is %v by %s, and of %s %v by %s%s", seed, q.text(), a.Outcome, a.By(), other, b.Outcome, b.By(), text)
					}
				}
			}
		}
	}
	t.Logf("%d pairs, %d requests: %v", pairs, asked, outcomes)
	if pairs < 400 || outcomes[Allow] < asked/20 || outcomes[Deny] < asked/20 {
		t.Errorf("%d pairs and %v show too little", pairs, outcomes)
	}
}

// swapper exchanges two names in a text, and their users' names.
func swapper(a, b string) func(string) string {
	return func(s string) string {
		words := strings.FieldsFunc(s, func(c rune) bool { return !isWordByte(byte(c)) })
		var out strings.Builder
		for _, word := range words {
			i := strings.Index(s, word)
			out.WriteString(s[:i])
			s = s[i+len(word):]
			switch word {
			case a:
				word = b
			case b:
				word = a
			case "x" + a:
				word = "x" + b
			case "x" + b:
				word = "x" + a
			}
			out.WriteString(word)
		}
		return out.String() + s
	}
}

func likeRequest(r *rand.Rand, own string, names []string) Request {
	name := one(r, append(names, own, own, own)...)
	q := Request{To: To{Namespace: own, Service: "s"}, Method: "GET", Path: one(r, "/notebook/"+own+"/s", "/notebook/"+name+"/s", "/"+name, "/notebook/"+own+"/s/x"), Headers: map[string]string{}}
	if r.IntN(2) == 0 {
		q.Headers["x-user"] = one(r, name+"@x.io", "x"+name+"@x.io", name, own)
	}
	switch r.IntN(3) {
	case 0:
		q.From.User = one(r, "", "x") + name + "@x.io"
	case 1:
		q.From.ServiceAccount = name + "/" + one(r, "default", "waypoint")
	default:
		q.From.ServiceAccount, q.Host = one(r, name, own)+"/default", "s."+name+one(r, "", ".svc.cluster.local")
	}
	return q
}

func swapRequest(q Request, swap func(string) string) Request {
	out := q
	out.Headers = map[string]string{}
	for k, v := range q.Headers {
		out.Headers[k] = swap(v)
	}
	out.To.Namespace, out.Path, out.Host = swap(q.To.Namespace), swap(q.Path), swap(q.Host)
	out.From.User, out.From.ServiceAccount = swap(q.From.User), swap(q.From.ServiceAccount)
	return out
}
