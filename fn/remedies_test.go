package fn

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ended are the messages of the cases.
var ended = regexp.MustCompile(`\[AP0(412|417|427)\]`)

// Who does what a warning advises gets rid of the warning; who does something else does not.
func TestRemediesThatWereFollowed(t *testing.T) {
	const head = "apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:\n  profiles: [{name: ann, owner: {name: ann@example.com}}, {name: ben, owner: {name: ben@example.com}}]\n"
	object := func(kind, name, namespace, spec string) string {
		return "---\napiVersion: security.istio.io/v1\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec: {" + spec + "}\n"
	}
	const (
		waypoints = "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], "
		waypoint  = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], "
		guests    = "action: DENY, rules: [{from: [{source: {namespaces: [guests]}}]}]"
		keys      = "jwtRules: [{issuer: https://idp.example.com, jwksUri: https://idp.example.com/keys}]"
		needed    = "action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]"
	)
	root := object("AuthorizationPolicy", "no-guests", "istio-system", guests)
	copied := func(namespace, spec string) string { return object("AuthorizationPolicy", "copy", namespace, spec) }
	mesh := object("RequestAuthentication", "mesh-wide", "istio-system", keys) + object("AuthorizationPolicy", "tokens", "ann", waypoint+needed)
	http := "---\napiVersion: v1\nkind: Service\nmetadata: {name: lab, namespace: ann}\nspec: {selector: {app: lab}, ports: [{port: 80}]}\n" +
		object("AuthorizationPolicy", "no-writes", "ann", "action: DENY, selector: {matchLabels: {app: lab}}, rules: [{from: [{source: {namespaces: [guests]}}], to: [{operation: {methods: [POST]}}]}]")
	l4 := func(action, labels, namespace string) string {
		return object("AuthorizationPolicy", "at-pods", "ann", "action: "+action+", selector: {matchLabels: {"+labels+"}}, rules: [{from: [{source: {namespaces: ["+namespace+"]}}]}]")
	}
	tokens := func(namespace, spec string) string {
		return object("RequestAuthentication", "copy", namespace, spec)
	}
	both := mesh + object("AuthorizationPolicy", "tokens", "ben", waypoint+needed)
	for _, c := range []struct{ name, input, want string }{
		{"a policy of the root namespace", root, "[AP0417] AuthorizationPolicy istio-system/no-guests"},
		{"and its copy for all waypoints", root + copied("istio-system", waypoints+guests), ""},
		{"a copy that allows", root + copied("istio-system", waypoints+strings.Replace(guests, "DENY", "ALLOW", 1)), "[AP0417]"},
		{"a copy with another rule", root + copied("istio-system", waypoints+strings.Replace(guests, "guests", "visitors", 1)), "[AP0417]"},
		{"a copy elsewhere", root + copied("ann", waypoints+guests), "[AP0417]"},
		{"a copy that is a dry run", root + strings.Replace(copied("istio-system", waypoints+guests), "istio-system}", "istio-system, annotations: {istio.io/dry-run: 'true'}}", 1), "[AP0417]"},

		{"a rule with HTTP attributes", http, "[AP0412] AuthorizationPolicy ann/no-writes: spec.rules[0]: uses HTTP attributes"},
		{"and one without", http + l4("DENY", "app: lab", "guests"), ""},
		{"one for all pods", http + strings.Replace(l4("DENY", "app: lab", "guests"), "selector: {matchLabels: {app: lab}}, ", "", 1), ""},
		{"one for other peers", http + l4("DENY", "app: lab", "visitors"), "[AP0412]"},
		{"one for other pods", http + l4("DENY", "app: desk", "guests"), "[AP0412]"},
		{"one for fewer pods", http + l4("DENY", "app: lab, gpu: 'true'", "guests"), "[AP0412]"},
		{"one that allows", http + l4("ALLOW", "app: lab", "guests"), "[AP0412]"},
		{"one that is a dry run", http + strings.Replace(l4("DENY", "app: lab", "guests"), "ann}", "ann, annotations: {istio.io/dry-run: 'true'}}", 1), "[AP0412]"},
		{"one for another revision", http + strings.Replace(l4("DENY", "app: lab", "guests"), "ann}", "ann, labels: {istio.io/rev: canary}}", 1), "[AP0412]"},
		{"one elsewhere", http + strings.Replace(l4("DENY", "app: lab", "guests"), "namespace: ann", "namespace: ben", 1), "[AP0412]"},
		{"one with targetRefs", http + strings.Replace(l4("DENY", "app: lab", "guests"), "selector: {matchLabels: {app: lab}}, ", waypoint, 1), "[AP0412]"},

		{"a RequestAuthentication of the mesh", mesh, "[AP0427] RequestAuthentication istio-system/mesh-wide: is for the whole mesh and has no targetRefs; no waypoint reads it, so AuthorizationPolicy ann/tokens finds"},
		{"and its copy at the waypoint", mesh + tokens("ann", waypoint+keys), ""},
		{"and its copy for all waypoints", mesh + tokens("istio-system", waypoints+keys), ""},
		{"a copy of another issuer", mesh + tokens("ann", waypoint+strings.ReplaceAll(keys, "idp", "ldap")), "[AP0427]"},
		{"a copy at the waypoint of another", mesh + tokens("ben", waypoint+keys), "[AP0427]"},
		{"a copy at one of two waypoints", both + tokens("ann", waypoint+keys), "so AuthorizationPolicy ben/tokens finds"},
		{"copies at both", both + tokens("ann", waypoint+keys) + tokens("ben", waypoint+keys), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			config, input := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "input.yaml")
			write(t, config, head)
			write(t, input, c.input)
			code, _, stderr := execute(t, "", config, input)
			if code != 0 || !strings.Contains(stderr, c.want) || c.want == "" && ended.MatchString(stderr) {
				t.Errorf("exit code %d, %s\nwant %q", code, stderr, c.want)
			}
		})
	}
}
