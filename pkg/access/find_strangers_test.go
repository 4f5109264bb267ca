package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// opens are the findings about what lets strangers in.
func opens(found []Finding) (out []string) {
	for _, f := range found {
		if f.Code == diagnostic.StrangersAllowed || f.Code == diagnostic.PodsUnprotected || f.Code == diagnostic.WaypointUnprotected {
			out = append(out, f.Error())
		}
	}
	return out
}

// The findings consider all policies together and all requests, not one policy or a sample of clients.
func TestFindingsAreOfAllRequests(t *testing.T) {
	const (
		fromBob = "from: [{source: {namespaces: [bob]}}]"
		all     = "rules: [{}]"
		side    = "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: side, namespace: alice, labels: {istio.io/waypoint-for: service}}\n" +
			"spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}" +
			"\n---\napiVersion: v1\nkind: Service\nmetadata: {name: past, namespace: alice, labels: {istio.io/use-waypoint: side}}\nspec: {selector: {statefulset: tet}, ports: [{name: http, port: 80, targetPort: 8888}]}"
		atService = "targetRefs: [{group: '', kind: Service, name: tet}], "
		ingress   = "from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]"
	)
	route := func(rule string) string {
		return "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: mesh, namespace: alice}\n" +
			"spec: {parentRefs: [{group: '', kind: Service, name: tet}], rules: [{" + rule + ", backendRefs: [{name: tet, port: 80}]}]}"
	}
	on := onGateway("waypoint")
	p := func(name, spec string) string { return aPolicy("alice", name, spec) }
	for _, c := range []struct{ name, text, want string }{
		{"to all accounts but the usual one", p("x", "rules: [{from: [{source: {notPrincipals: ['*/sa/default-editor'], principals: ['*']}}]}]"), "alice/x: spec.rules[0]: allows pods such as those of another-tenant/"},
		{"to what a DENY spares", p("x", all) + p("y", "action: DENY, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/bob/sa/spared], notNamespaces: [alice]}}]}]"), "alice/x: spec.rules[0]: allows pods of bob;"},
		{"to what a DENY spares at the waypoint", p("x", on+all) + p("y", on+"action: DENY, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/bob/sa/spared], notNamespaces: [alice, istio-system]}}]}, {"+ingress+"}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"to one tenant by a pattern in the middle", p("x", on+"rules: [{from: [{source: {namespaces: ['b*b']}}]}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"to one tenant by what is at the end", p("x", on+"rules: [{from: [{source: {principals: ['*/bob/sa/x']}}]}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"to one tenant in addition to its own", p("x", on+"rules: [{from: [{source: {namespaces: [alice]}}, {source: {namespaces: [bob]}}]}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"to nobody by a pattern in the middle", p("x", on+"rules: [{from: [{source: {namespaces: ['b*x']}}]}]"), ""},
		{"by a DENY for each method", p("x", on+"rules: [{"+fromBob+"}]") + p("y", on+"action: DENY, rules: [{"+fromBob+", to: [{operation: {methods: [GET]}}]}]") + p("z", on+"action: DENY, rules: [{"+fromBob+", to: [{operation: {notMethods: [GET]}}]}]"), ""},
		{"by a DENY for each port", p("x", "rules: [{"+fromBob+"}]") + p("y", "action: DENY, rules: [{"+fromBob+", to: [{operation: {ports: ['80']}}]}, {"+fromBob+", to: [{operation: {notPorts: ['80']}}]}]"), ""},
		{"by a DENY for most ports", p("x", "rules: [{"+fromBob+"}]") + p("y", "action: DENY, rules: [{"+fromBob+", to: [{operation: {ports: ['80']}}]}, {"+fromBob+", to: [{operation: {notPorts: ['80', '81']}}]}]"), "alice/x: spec.rules[0]: allows pods of bob;"},
		{"by ztunnel, which denies the waypoint", p("x", atService+"rules: [{"+fromBob+"}]") + p("y", "selector: {matchLabels: {statefulset: tet}}, action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/alice/sa/waypoint]}}]}]"), ""},
		{"at a port that no Service has", p("x", atService+"rules: [{"+fromBob+", to: [{operation: {ports: ['8888']}}]}]"), ""},
		{"at a port that a Service has", p("x", atService+"rules: [{"+fromBob+", to: [{operation: {ports: ['80']}}]}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"on a path that no route at the waypoint takes", p("x", atService+"rules: [{"+fromBob+", to: [{operation: {paths: [/x]}}]}]") + route("matches: [{path: {value: /v1}}]"), ""},
		{"on a path that one takes", p("x", atService+"rules: [{"+fromBob+", to: [{operation: {paths: [/x]}}]}]") + route("matches: [{path: {value: /}}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"by a waypoint of a Service without a policy", side, "Gateway alice/side: has no ALLOW policy attached to it; it allows every request, so other tenants can reach the Services of alice"},
		{"by a waypoint of a Service with one", side + p("x", onGateway("side")+"rules: [{"+fromBob+"}]"), "alice/x: spec.rules[0]: allows pods of bob through the waypoint"},
		{"not by one with a policy that is closed", side + p("x", onGateway("side")+"rules: [{from: [{source: {namespaces: [alice]}}]}]"), ""},
		{"only by a route that makes up the user", p("x", on+"rules: [{"+ingress+", to: [{operation: {methods: [GET]}}]}]") + p("y", on+"action: DENY, rules: [{"+ingress+", to: [{operation: {methods: [GET]}}]}]") +
			aRoute("alice", "istio-system/ambient-ingressgateway", "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: kubeflow-userid, value: alice@example.com}]}}], backendRefs: [{name: tet, port: 80}]"), ""},
		{"to nobody past the waypoint", p("x", "rules: [{"+ingress+"}]"), ""},
		{"to every token of a login", p("x", on+"rules: [{"+ingress+", when: [{key: 'request.auth.claims[iss]', values: ['http://dex*']}]}]") + waypointTakes, "alice/x: spec.rules[0]: allows every user through the waypoint"},
		{"to a policy that says the same as another", p("x", on+"rules: [{"+fromBob+"}]") + p("y", on+"rules: [{"+fromBob+"}, {"+ingress+"}]") + p("z", on+"action: DENY, rules: [{"+ingress+"}]"), "alice/y: spec.rules[0]: allows pods of bob through|alice/x: spec.rules[0]: allows pods of bob through"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := opens(load(t, tenants(t)+c.text).Findings(twoTenants))
			var want []string
			if c.want != "" {
				want = strings.Split(c.want, "|")
			}
			ok := len(got) == len(want)
			for i := range want {
				ok = ok && strings.Contains(got[i], want[i])
			}
			if !ok {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// What takes the ingress at the pods takes every user, where the ingress does not go through the waypoint.
func TestUsersPastTheWaypointAreStrangers(t *testing.T) {
	text := edit(t, tenants(t), "istio.io/ingress-use-waypoint: \"true\"", "istio.io/ingress-use-waypoint: \"false\"") +
		aPolicy("alice", "x", "rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]}}]}]")
	const want = "alice/x: spec.rules[0]: allows every request from the ingress, for any user; the pods of alice are open"
	if got := opens(load(t, text).Findings(twoTenants)); len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

const waypointTakes = "\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: r, namespace: alice}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], " +
	"jwtRules: [{issuer: http://dex.auth.svc.cluster.local:5556/dex, forwardOriginalToken: true}, {issuer: https://kubernetes.default.svc.cluster.local}]}"

// What the root namespace opens to strangers is said once, and not where it opens nothing.
func TestFindingsOfTheRootNamespaceAreOfAllRequests(t *testing.T) {
	root := func(name, spec string) string { return aPolicy("istio-system", name, spec) }
	class := "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], "
	for i, c := range []struct{ text, want string }{
		{root("x", "rules: [{from: [{source: {principals: ['*'], notPrincipals: ['*/sa/default-editor']}}]}]"), "istio-system/x: spec.rules[0]: allows pods such as those of another-tenant/"},
		{root("x", class+"rules: [{from: [{source: {namespaces: ['b*b', 'a*e']}}]}]"), "istio-system/x: spec.rules[0]: allows pods of bob through every waypoint"},
		{root("x", class+"rules: [{from: [{source: {namespaces: ['*']}}]}]") + root("y", class+"action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {notMethods: [GET]}}]}]"), ""},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			got := opens(load(t, tenants(t)+c.text).Findings(twoTenants))
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// lookedAt is a namespace whose strangers the sets were asked for, of all kinds.
func lookedAt(w *World, tenants []Tenant, namespace string) *watch {
	a := newSelfCheck(w, tenants)
	a.rootPolicies(tenants)
	i := slices.IndexFunc(tenants, func(t Tenant) bool { return t.Namespace == namespace })
	a.users = a.ingressOf(&tenants[i])
	out := a.watch(&tenants[i], w.look(namespace))
	out.pods, out.guests = true, true
	out.look()
	return out
}

func (w *watch) of(kind func(clientKind) bool) (out []entrant) {
	for _, e := range w.entrants {
		if kind(e.kind) {
			out = append(out, e)
		}
	}
	return out
}

// A stranger gets in exactly where the claim that none does fails.
func TestStrangersGetInWhereTheClaimFails(t *testing.T) {
	got := map[Outcome]int{}
	for seed := range uint64(*setWorlds) {
		r := rand.New(rand.NewPCG(seed, 91))
		text := chanceWorld(r)
		if r.IntN(5) > 0 { // most policies open something, unless others close the rest
			text += aPolicy("a", "base4", "rules: [{from: [{source: {namespaces: [a]}}]}]") + aPolicy("a", "base7", onGateway("waypoint")+"rules: [{from: [{source: {namespaces: [edge]}}]}]")
		}
		w := load(t, text)
		looked := lookedAt(w, []Tenant{{Namespace: "a"}, {Namespace: "b"}}, "a")
		for kind, from := range map[clientKind]Source{aPod: {Namespaces: []string{"b", stranger}}, offTheMesh: {NotPrincipals: []string{"*"}}} {
			p, _ := newAsker(w).prove(&Claim{From: from, To: Place{Namespace: "a"}}, "", maxQuestions)
			in := looked.of(func(k clientKind) bool { return k.inMesh() && (k == offTheMesh) == (kind == offTheMesh) })
			for _, e := range in { // the witness is a request that gets in
				if v := w.Decide(e.request); v.Outcome == Deny || v.Outcome == NotJudged && v.moot {
					t.Errorf("seed %d: %s: %s%s", seed, e.request.text(), v.By(), text)
				}
			}
			switch {
			case len(in) > 0 && !p.failed, len(in) == 0 && p.failed && p.outcome == Allow && !strings.Contains(p.by, "with a token") && !strings.Contains(p.by, "not in the mesh"):
				t.Errorf("seed %d: %v: %d get in, and the claim is %+v%s", seed, kind, len(in), p, text)
			}
			if p.failed {
				got[p.outcome]++
			} else {
				got[Deny]++
			}
		}
	}
	t.Log(got)
	if got[Allow] < *setWorlds/3 || got[Deny] < *setWorlds/3 {
		t.Errorf("the worlds are one-sided: %v", got)
	}
}

// nearWorld is the tenants' world with some policies and labels by chance, most of which let nobody in.
func nearWorld(r *rand.Rand, base string) string {
	var b strings.Builder
	b.WriteString(base)
	ingress := "principals: [cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio]"
	for i := range 1 + r.IntN(2) {
		from := one(r, "namespaces: [alice]", "namespaces: [kubeflow]", ingress, ingress, "serviceAccounts: [alice/x, monitoring/y]", "serviceAccounts: [x]", "principals: [cluster.local/ns/alice/sa/waypoint]", "namespaces: [alice, bob]",
			"principals: ['*'], notNamespaces: [istio-system]", "principals: ['cluster.local/ns/kubeflow/*']", "namespaces: ['*b']", "requestPrincipals: ['*']", "namespaces: [alice/sa]", "notNamespaces: [bob]", "ipBlocks: [10.0.0.0/8]")
		rule := "from: [{source: {" + from + "}}" + some100(r, 30, ", {source: {namespaces: [alice]}}") + "]" + some100(r, 30, ", to: [{operation: {methods: [GET], paths: [/metrics]}}]") +
			some100(r, 40, ", when: [{key: 'request.headers[kubeflow-userid]', values: ["+one(r, "alice@example.com", "bob@example.com", "'b*'", "'*'")+"]}]")
		target := one(r, onGateway("waypoint"), onGateway("waypoint"), "targetRefs: [{group: '', kind: Service, name: tet}], ", "", "selector: {matchLabels: {statefulset: tet}}, ")
		ns := one(r, "alice", "alice", "alice", "istio-system")
		if ns == "istio-system" && target != "" {
			target = "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], "
		}
		b.WriteString(aPolicy(ns, fmt.Sprintf("p%d", i), target+one(r, "", "", "", "action: DENY, ")+"rules: [{"+rule+"}]"))
	}
	switch r.IntN(6) {
	case 0:
		b.WriteString("\n---\napiVersion: v1\nkind: Service\nmetadata: {name: past, namespace: alice, labels: {" + one(r, "istio.io/use-waypoint: none", "istio.io/use-waypoint: side", "istio.io/ingress-use-waypoint: 'false'") + "}}\nspec: {selector: {statefulset: tet}, ports: [{port: 80, targetPort: 8888}]}")
		b.WriteString("\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: side, namespace: alice, labels: {istio.io/waypoint-for: " + one(r, "service", "workload") + "}}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}")
	case 1:
		b.WriteString(aDoor(one(r, "alice", "bob", "edge"), "") + aRoute("alice", one(r, "alice", "bob", "edge")+"/door", "backendRefs: [{name: tet, port: 80}]"))
	case 2:
		b.WriteString("\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: out, namespace: alice, " + one(r, "labels: {istio.io/dataplane-mode: none}", "labels: {app: x}", "annotations: {sidecar.istio.io/status: '{}'}") + "}\nspec: {containers: [{name: c}]}")
	}
	return b.String()
}

// What is shut without asking the sets, the sets find nobody in.
func TestWhatIsShutLetsNoStrangerIn(t *testing.T) {
	base, shut, open := tenants(t), 0, 0
	for seed := range uint64(*setWorlds / 2) {
		text := nearWorld(rand.New(rand.NewPCG(seed, 17)), base)
		w := load(t, text)
		looked := lookedAt(w, twoTenants, "alice")
		pods, users := looked.a.shut(&twoTenants[0], looked.s)
		in, guests := looked.of(clientKind.inMesh), looked.of(func(k clientKind) bool { return !k.inMesh() })
		if pods && len(in) > 0 || users && len(guests) > 0 {
			t.Errorf("seed %d: shut to pods %v, to users %v, but %d and %d get in: %+v%s", seed, pods, users, len(in), len(guests), looked.entrants, strings.TrimPrefix(text, base))
		}
		if pods && users {
			shut++
		}
		if len(looked.entrants) > 0 {
			open++
		}
	}
	t.Logf("of %d, %d are shut and %d open", *setWorlds/2, shut, open)
	if *setWorlds >= 60 && (shut < *setWorlds/10 || open < *setWorlds/10) { // a few worlds may be
		t.Error("the worlds are one-sided")
	}
}

// Namespaces that are alike are asked for once, and each has its own findings.
func TestFindingsOfNamespacesThatAreAlike(t *testing.T) {
	items, list := manyTenants(t, 40)
	for i, tenant := range list {
		rule := "rules: [{from: [{source: {namespaces: [alice]}}]}, {from: [{source: {principals: ['*'], notPrincipals: ['*/sa/default-editor']}}]}]"
		if i == 7 {
			rule = "rules: [{}]"
		}
		items = append(items, manifests(t, strings.TrimPrefix(aPolicy(tenant.Namespace, "x", onGateway("waypoint")+rule), "\n---\n"))...)
	}
	w, err := Load(slices.Values(items))
	if err != nil {
		t.Fatal(err)
	}
	found := w.Findings(list)
	if len(found) != len(list) {
		t.Fatalf("%d findings", len(found))
	}
	for i, f := range found {
		want := "AuthorizationPolicy " + list[i].Namespace + "/x: spec.rules[1]: allows pods such as those of another-tenant/another-account through the waypoint; the Services of " + list[i].Namespace + " are"
		if i == 7 {
			want = "AuthorizationPolicy " + list[i].Namespace + "/x: spec.rules[0]: allows any pod in the mesh through"
		}
		if !strings.HasPrefix(f.Error(), want) && !strings.Contains(f.Error(), want) {
			t.Errorf("%q, not %q", f, want)
		}
	}
	a := newSelfCheck(w, list)
	for i := range list {
		a.users = a.ingressOf(&list[i])
		a.strangers(&list[i], w.look(list[i].Namespace), w.bind(w.look(list[i].Namespace), nil, "service"))
	}
	if len(a.like) != 2 {
		t.Errorf("%d kinds of namespaces", len(a.like))
	}
}
