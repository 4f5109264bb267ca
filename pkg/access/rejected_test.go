package access

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// many repeats an entry of a list.
func many(n int, entry string) string {
	return strings.TrimSuffix(strings.Repeat(entry+", ", n), ", ")
}

// numbered repeats an entry of a list with the number of each.
func numbered(n int, entry string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(entry, i))
	}
	return strings.Join(all, ", ")
}

// What the API server refuses, by the CRD's limits and rules, is not there, or is from before: a denial by it is as little known as an allow.
func TestPoliciesThatTheAPIServerRefuses(t *testing.T) {
	const ref = "{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}"
	for _, c := range []struct{ name, spec, why string }{
		{"too many targets", "targetRefs: [" + many(17, ref) + "], rules: [{}]", "spec.targetRefs: holds 17 entries"},
		{"too many rules", "targetRefs: [" + ref + "], rules: [" + many(513, "{}") + "]", "spec.rules: holds 513 entries"},
		{"too many sources", "targetRefs: [" + ref + "], rules: [{from: [" + many(513, "{source: {namespaces: [b]}}") + "]}]", "spec.rules[0].from: holds 513 entries"},
		{"a long name of a target", "targetRefs: [" + ref + ", {kind: Service, name: " + strings.Repeat("s", 254) + "}], rules: [{}]", "spec.targetRefs[1].name: is longer"},
		{"an empty list of accounts", "targetRefs: [" + ref + "], rules: [{from: [{source: {namespaces: [b], serviceAccounts: []}}]}]", "must not combine serviceAccounts"},
		{"an empty list of targets", "selector: {matchLabels: {app: s}}, targetRefs: [], rules: [{}]", "only one of"},
		{"a long value of a label", "selector: {matchLabels: {app: s, x: " + strings.Repeat("x", 64) + "}}, targetRefs: [" + ref + "], rules: [{}]", "only one of"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, withPolicy("{action: DENY, "+c.spec+"}"), c.why) })
	}
	fine := "{targetRefs: [" + many(16, ref) + "], rules: [" + many(512, "{}") + "]}"
	decides(t, load(t, withPolicy(fine)), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}, Allow)

	user := Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/"}
	const dex = "issuer: https://dex"
	for with, why := range map[string]string{
		dex + ", forwardOriginalToken: 'true'":                             "forwardOriginalToken: must be true or false",
		dex + ", fromHeaders: {name: X-Token}":                             "jwtRules[0].fromHeaders: must be a list",
		dex + ", spaceDelimitedClaims: [" + many(65, "c") + "]":            "spaceDelimitedClaims: holds 65 entries",
		dex + ", timeout: 0s":                                              "jwtRules[0].timeout:",
		dex + ", timeout: 5m":                                              "jwtRules[0].timeout:",
		dex + ", jwks: '', jwksUri: 'https://dex/keys'":                    "must not be set together with jwksUri",
		dex + ", jwksUri: 'https://dex/" + strings.Repeat("k", 2048) + "'": "jwksUri: is longer",
		dex + ", outputPayloadToHeader: 7":                                 "outputPayloadToHeader: must be a string",
		"issuer: '', jwksUri: 'https://dex/keys'":                          "jwtRules[0].issuer: must not be empty",
	} {
		if v := decides(t, load(t, edit(t, small+ingress+jwt, dex, with)), user, NotJudged); !strings.Contains(v.Why, why) {
			t.Errorf("%s: by %q, want %q", with, v.By(), why)
		}
	}
	decides(t, load(t, edit(t, small+ingress+jwt, dex, dex+", timeout: 0.25s, spaceDelimitedClaims: ["+many(64, "c")+"]")), user, Allow)
}

// So is what has names, labels or annotations that Kubernetes does not admit.
func TestObjectsWithNamesThatKubernetesRefuses(t *testing.T) {
	before := load(t, cloudWorld)
	const all = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const atWaypoint = "gateway, gateway no, waypoint, waypoint no"
	for _, c := range []struct{ old, with, want string }{
		{"{name: l7,", "{name: L7,", atWaypoint},
		{"{name: l7,", "{name: l7_x,", atWaypoint},
		{"{name: l7,", "{name: '-l7',", atWaypoint},
		{"{name: l7,", "{name: a..b,", atWaypoint},
		{"{name: l7,", "{name: " + strings.Repeat("l", 254) + ",", atWaypoint},
		{"{name: l7,", "{name: l7, labels: {'a b': c},", atWaypoint},
		{"{name: l7,", "{name: l7, labels: {app: '-x'},", atWaypoint},
		{"{name: l7,", "{name: l7, labels: {app: " + strings.Repeat("x", 64) + "},", atWaypoint},
		{"{name: l7,", "{name: l7, labels: {Example.com/app: x},", atWaypoint},
		{"{name: l7,", "{name: l7, labels: {app: 1},", atWaypoint},
		{"{name: l7,", "{name: l7, labels: [app],", atWaypoint},
		{"{name: l7,", "{name: l7, annotations: {'/x': y},", atWaypoint},
		{"{name: l7,", "{name: l7, annotations: {on: yes, off: true},", atWaypoint},
		{"{name: l7,", "{name: l7, annotations: {a: " + strings.Repeat("x", 256<<10) + "},", atWaypoint},
		{"{name: waypoint,", "{labels: {app: '*'}, name: waypoint,", atWaypoint},
		{"{name: r,", "{labels: {app: '*'}, name: r,", "gateway, gateway no"},
		{"{name: a,", "{annotations: {a/b/c: d}, name: a,", all},
		{"{name: s, namespace: a}", "{name: s, namespace: a, annotations: {'': d}}", "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"},

		{"{name: l7,", "{generateName: l7-, name: l7.x-y.z,", ""},
		{"{name: l7,", "{name: l7, labels: {example.com/App_1.x: X.y-Z_1, b: ''}, annotations: {Example.com/x: 'any thing *'},", ""},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, edit(t, cloudWorld, c.old, c.with))), ", "); got != c.want {
			t.Errorf("%.80s clouds %q, want %q", c.with, got, c.want)
		}
	}
	v := decides(t, load(t, edit(t, cloudWorld, "{name: l7,", "{name: L7,")), cloudQuestions["waypoint"], NotJudged)
	if want := "a/L7 may not be in the cluster: metadata.name: it is not a name that Kubernetes admits"; !strings.Contains(v.By(), want) {
		t.Error(v.By())
	}
}

// The API server refuses Gateways and routes with too much of something.
func TestGatewaysAndRoutesWithTooMany(t *testing.T) {
	before := load(t, cloudWorld)
	for _, c := range []struct{ old, with string }{
		{"  rules: [{matches: [", "  rules: [{matches: [" + many(64, "{path: {value: /other/}}") + ", "},
		{"  rules: [", "  rules: [" + many(16, "{matches: [{path: {value: /other/}}]}") + ", "},
		{"  rules: [", "  rules: [" + many(2, "{matches: ["+many(64, "{path: {value: /other/}}")+"]}") + ", "},
		{"  parentRefs: [", "  parentRefs: [" + numbered(32, "{name: other-%d}") + ", "},
		{"listeners: [{name: web,", "listeners: [" + numbered(64, "{name: x%d, port: 8%[1]d, protocol: HTTP}") + ", {name: web,"},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, edit(t, cloudWorld, c.old, c.with))), ", "); got != "gateway, gateway no" {
			t.Errorf("%.40s clouds %q", c.with, got)
		}
	}
	for _, c := range []struct{ old, with string }{
		{"  parentRefs: [", "  parentRefs: [" + numbered(31, "{name: other-%d}") + ", "},
		{"  rules: [", "  rules: [" + many(15, "{matches: [{path: {value: /other/}}]}") + ", "},
		{"  rules: [", "  rules: [{matches: [" + many(64, "{path: {value: /other/}}") + "]}, {matches: [" + many(63, "{path: {value: /other/}}") + "]}, "},
	} {
		if got := cloudedBy(t, before, load(t, edit(t, cloudWorld, c.old, c.with))); len(got) > 0 {
			t.Errorf("%.40s clouds %v", c.with, got)
		}
	}
}

// The lists of what the API server takes are those of the pinned CRDs.
func TestLimitsAreThoseOfTheCRDs(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "istio.io/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "kubernetes", "customresourcedefinitions.gen.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]string{"AuthorizationPolicy": authorizationPolicyCRD, "RequestAuthentication": requestAuthenticationCRD, "PeerAuthentication": peerAuthenticationCRD}
	checked := 0
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var crd yaml.Node
		if err := decoder.Decode(&crd); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		kind := textOf(valueAt(crd.Content[0], "spec", "names", "kind"))
		if textOf(valueAt(crd.Content[0], "spec", "group")) != "security.istio.io" {
			continue
		}
		for _, v := range list(valueAt(crd.Content[0], "spec", "versions")) {
			var want []string
			crdLines(valueAt(deref(v), "schema", "openAPIV3Schema", "properties", "spec"), "spec", &want)
			got := slices.DeleteFunc(strings.Split(strings.TrimSpace(ours[kind]), "\n"), func(l string) bool { return strings.HasPrefix(l, "spec.jwtRules[].presence ") })
			want = slices.DeleteFunc(want, func(l string) bool { return strings.HasPrefix(l, "spec.jwtRules[].presence ") })
			if !slices.Equal(got, want) {
				t.Errorf("%s: the CRD has\n%s", kind, strings.Join(want, "\n"))
			}
			checked++
		}
	}
	if checked != 6 {
		t.Errorf("%d versions of CRDs were compared", checked)
	}
}

// crdLines are the lines of a schema and of those below it.
func crdLines(schema *yaml.Node, path string, out *[]string) {
	line := path + " " + textOf(field(schema, "type"))
	for _, key := range []string{"maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties", "pattern"} {
		if v := field(schema, key); v != nil {
			line += " " + key + "=" + v.Value
		}
	}
	if enum, _ := texts(field(schema, "enum")); len(enum) > 0 {
		line += " enum=" + strings.Join(enum, ",")
	}
	*out = append(*out, line)
	properties := field(schema, "properties")
	var names []string
	for name := range pairs(properties) {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		crdLines(field(properties, name), path+"."+name, out)
	}
	if items := field(schema, "items"); items != nil {
		crdLines(items, path+"[]", out)
	}
	if of := field(schema, "additionalProperties"); of != nil && of.Kind == yaml.MappingNode {
		crdLines(of, path+"{}", out)
	}
}

// So it refuses those that break a rule of the CRD.
func TestGatewaysAndRoutesThatBreakARule(t *testing.T) {
	before := load(t, cloudWorld)
	const rule = "  rules: [{matches: [{path: {value: /s/}}], backendRefs: [{name: s, port: 80}]}]"
	const toS, prefix = "backendRefs: [{name: s, port: 80}]", "matches: [{path: {value: /s/}}]"
	with := func(second string) string { return "  rules: [{" + prefix + ", " + toS + "}, {" + second + "}]" }
	for _, c := range []struct{ old, with, why string }{
		{"listeners: [{name: web,", "listeners: [{name: web, port: 81, protocol: HTTP}, {name: web,", "spec.listeners[1].name: it is"},
		{"listeners: [{name: web,", "listeners: [{name: x, port: 80, protocol: HTTP}, {name: web,", "spec.listeners[1]: it has the port"},
		{"listeners: [{name: web,", "listeners: [{name: x, port: 81, protocol: HTTP, tls: {certificateRefs: [{name: c}]}}, {name: web,", "spec.listeners[0].tls:"},
		{"listeners: [{name: web,", "listeners: [{name: x, port: 81, protocol: TCP, hostname: a.example.com}, {name: web,", "spec.listeners[0].hostname:"},
		{"listeners: [{name: web,", "listeners: [{name: x, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}, {name: web,", "spec.listeners[0].tls.mode:"},
		{"listeners: [{name: web,", "listeners: [{name: x, port: 443, protocol: TLS}, {name: web,", "spec.listeners[0].tls:"},
		{"  parentRefs: [", "  parentRefs: [{name: other}, {name: other}, ", "spec.parentRefs[1] (it refers"},
		{"  parentRefs: [", "  parentRefs: [{name: other, sectionName: a}, {name: other, port: 80}, ", "spec.parentRefs[1] (it refers"},
		{"  parentRefs: [", "  parentRefs: [{name: other}, {name: other, kind: Gateway, group: gateway.networking.k8s.io}, ", "spec.parentRefs[1] (it refers"},
		{rule, with("name: a, " + toS + "}, {name: a, " + toS), "spec.rules[2].name (it is"},
		{rule, with(prefix + ", filters: [{type: URLRewrite, urlRewrite: {hostname: a.b}}, {type: URLRewrite, urlRewrite: {hostname: a.b}}], " + toS), "spec.rules[1].filters[1] (it is"},
		{rule, with("filters: [{type: RequestRedirect, requestRedirect: {port: 80}}], " + toS), "spec.rules[1].filters[0] (it is"},
		{rule, with("filters: [{type: RequestRedirect, requestRedirect: {port: 80}}, {type: URLRewrite, urlRewrite: {hostname: a.b}}]"), "spec.rules[1].filters[1] (it is"},
		{rule, with(prefix + ", filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x, value: a}, {name: x, value: b}]}}], " + toS), "rules[1].filters[0].requestHeaderModifier.set[1].name (it is"},
		{rule, with("matches: [{path: {type: Exact, value: /s/}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], " + toS), "rules[1].filters[0].urlRewrite.path (it"},
		{rule, with("matches: [{path: {value: /a}}, {path: {value: /b}}], backendRefs: [{name: s, port: 80, filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}]"), "rules[1].backendRefs[0].filters[0].urlRewrite.path (it"},
		{rule, with(prefix + ", filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replacePrefixMatch: /}}}], " + toS), "rules[1].filters[0].urlRewrite.path (it"},
		{rule, with("matches: [{headers: [{name: x, value: a}, {name: x, value: b}]}], " + toS), "rules[1].matches[0].headers[1].name (it is"},
		{rule, with("matches: [{path: {value: s}}], " + toS), "rules[1].matches[0].path.value (it is"},
		{rule, with("matches: [{path: {value: /s//t}}], " + toS), "rules[1].matches[0].path.value (it holds //"},
		{rule, with("matches: [{path: {value: /s/..}}], " + toS), "rules[1].matches[0].path.value (it is"},
		{rule, with("matches: [{path: {value: '/s?x=1'}}], " + toS), "rules[1].matches[0].path.value (it is"},
		{rule, with("matches: [{path: {value: /s%2Ft}}], " + toS), "rules[1].matches[0].path.value (it holds %2F"},
	} {
		w := load(t, edit(t, cloudWorld, c.old, c.with))
		if got := strings.Join(cloudedBy(t, before, w), ", "); got != "gateway, gateway no" {
			t.Errorf("%s clouds %q", c.with, got)
		}
		if v := decides(t, w, cloudQuestions["gateway"], NotJudged); !strings.Contains(v.By(), c.why) {
			t.Errorf("%s: got %q, want %q", c.with, v.By(), c.why)
		}
	}
	for _, c := range []struct{ old, with string }{
		{"listeners: [{name: web,", "listeners: [{name: x, port: 81, protocol: HTTP}, {name: y, port: 81, protocol: HTTP, hostname: a.example.com}, {name: web,"},
		{"  parentRefs: [", "  parentRefs: [{name: other, sectionName: a}, {name: other, sectionName: b}, {name: other, namespace: b}, "},
		{rule, with("matches: [{path: {value: /s/}}, {path: {type: RegularExpression, value: '//.*'}}], " + toS)},
		{rule, with(prefix + ", filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /s/}}}], " + toS)},
	} {
		if got := cloudedBy(t, before, load(t, edit(t, cloudWorld, c.old, c.with))); len(got) > 0 {
			t.Errorf("%s clouds %v", c.with, got)
		}
	}
}
