package access

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func some100(r *rand.Rand, percent int, text string) string {
	if r.IntN(100) < percent {
		return text
	}
	return ""
}

// chanceWorld is a world with routes that rewrite, tokens, waypoints, sidecars, aliases of the trust domain and policies of all kinds, by chance.
func chanceWorld(r *rand.Rand) string {
	var b strings.Builder
	object := func(kind, version, meta, rest string) {
		fmt.Fprintf(&b, "---\nkind: %s\napiVersion: %s\nmetadata: {%s}\n%s\n", kind, version, meta, rest)
	}
	const api, istio = "gateway.networking.k8s.io/v1", "security.istio.io/v1"
	waypoint := some100(r, 75, ", istio.io/use-waypoint: waypoint") + some100(r, 70, ", istio.io/ingress-use-waypoint: 'true'")
	object("Namespace", "v1", "name: a, labels: {istio.io/dataplane-mode: ambient"+waypoint+"}", "")
	object("Namespace", "v1", "name: b, labels: {"+one(r, "istio.io/dataplane-mode: ambient", "istio.io/dataplane-mode: ambient", "istio-injection: enabled", "x: y")+"}", "")
	object("Namespace", "v1", "name: edge", "")
	object("Namespace", "v1", "name: istio-system", "")
	object("Gateway", api, "name: front, namespace: edge", "spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}")
	object("Gateway", api, "name: waypoint, namespace: a, labels: {istio.io/waypoint-for: "+one(r, "service", "service", "all", "workload")+"}",
		"spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}")
	object("Service", "v1", "name: s, namespace: a", "spec: {selector: {app: s}, ports: [{name: http, port: 80, targetPort: 8080}, {name: "+one(r, "tcp-x", "http-x")+", port: 90}]}")
	object("Service", "v1", "name: t, namespace: a", "spec: {selector: {app: t}, ports: [{name: http, port: 80}]}")
	for _, name := range []string{"s", "t"} {
		object("Pod", "v1", "name: "+name+", namespace: a, labels: {app: "+name+"}"+some100(r, 10, ", annotations: {sidecar.istio.io/status: '{}'}"), "spec: {serviceAccountName: "+name+", containers: [{name: c, ports: [{containerPort: 8080}]}]}")
	}
	object("ServiceAccount", "v1", "name: x, namespace: b", "")
	object("Pod", "v1", "name: p, namespace: b", "spec: {serviceAccountName: y, "+some100(r, 20, "hostNetwork: true, ")+"containers: [{name: c}]}")
	if r.IntN(3) == 0 {
		object("ConfigMap", "v1", "name: istio, namespace: istio-system", "data: {mesh: 'trustDomainAliases: [old]"+some100(r, 40, "\n\n  pathNormalization: {normalization: "+one(r, "NONE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES")+"}")+"'}")
	}
	for i := range r.IntN(3) {
		object("HTTPRoute", api, fmt.Sprintf("name: r%d, namespace: a", i), chanceRoute(r, "{name: front, namespace: edge}"))
	}
	if r.IntN(4) == 0 {
		object("HTTPRoute", api, "name: mesh, namespace: a", chanceRoute(r, "{group: '', kind: Service, name: s}"))
	}
	for i, at := range []string{"front, namespace: edge", "waypoint, namespace: a"} {
		if r.IntN(3) > 0 {
			name, ns, _ := strings.Cut(at, ", ")
			object("RequestAuthentication", istio, fmt.Sprintf("name: j%d, %s", i, ns), "spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: "+name+"}], jwtRules: ["+chanceJWT(r)+"]}")
		}
	}
	for i := range 1 + r.IntN(4) {
		chancePolicy(r, i, object)
	}
	if r.IntN(4) == 0 {
		object("PeerAuthentication", istio, "name: default, namespace: a", "spec: {mtls: {mode: "+one(r, "STRICT", "PERMISSIVE")+"}}")
	}
	return b.String()
}

func chanceRoute(r *rand.Rand, parent string) string {
	var rules []string
	for range 1 + r.IntN(2) {
		path := one(r, "{type: PathPrefix, value: /}", "{type: PathPrefix, value: /n/a}", "{type: Exact, value: /n}", "{type: PathPrefix, value: /n/a/t}", "{type: RegularExpression, value: '/n/[a-c]+.*'}", "{type: PathPrefix, value: /v1}")
		match := "{path: " + path + some100(r, 20, ", method: "+one(r, "GET", "POST")) + some100(r, 20, ", headers: [{name: X-Team, value: "+one(r, "red", "blue")+"}]") +
			some100(r, 15, ", queryParams: [{name: q, value: v}]") + "}"
		var filters []string
		if r.IntN(3) == 0 && strings.Contains(path, "PathPrefix") {
			filters = append(filters, "{type: URLRewrite, urlRewrite: {"+one(r, "path: {type: ReplacePrefixMatch, replacePrefixMatch: /}", "path: {type: ReplacePrefixMatch, replacePrefixMatch: /v1}",
				"path: {type: ReplacePrefixMatch, replacePrefixMatch: /n/a}", "path: {type: ReplaceFullPath, replaceFullPath: /v1/x}", "hostname: in.side")+"}}")
		}
		if r.IntN(3) == 0 {
			filters = append(filters, "{type: RequestHeaderModifier, requestHeaderModifier: {"+one(r, "set: [{name: X-Team, value: red}]", "set: [{name: X-Team, value: ' red '}]", "add: [{name: X-Team, value: red}]",
				"remove: [x-team]", "add: [{name: kubeflow-userid, value: bob@x.io}]")+"}}")
		}
		rules = append(rules, fmt.Sprintf("{matches: [%s], filters: [%s], backendRefs: [{name: %s, port: 80}]}", match, strings.Join(filters, ", "), one(r, "s", "s", "t")))
	}
	return "spec: {parentRefs: [" + parent + "]" + some100(r, 30, ", hostnames: ["+one(r, "h.io", "'*.h.io'", "a.h.io, b.io")+"]") + ", rules: [" + strings.Join(rules, ", ") + "]}"
}

func chanceJWT(r *rand.Rand) string {
	var rules []string
	if r.IntN(3) > 0 {
		rules = append(rules, "{issuer: 'https://dex', jwks: '{}', outputClaimToHeaders: [{claim: email, header: kubeflow-userid}]"+some100(r, 30, ", fromCookies: [c]")+some100(r, 50, ", forwardOriginalToken: true")+"}")
	}
	if r.IntN(3) > 0 {
		rules = append(rules, "{issuer: 'https://kubernetes.default.svc', jwks: '{}', audiences: ["+one(r, "in", "'https://in/', out")+"], outputClaimToHeaders: [{claim: sub, header: kubeflow-userid}]"+
			some100(r, 50, ", forwardOriginalToken: true")+some100(r, 20, ", fromHeaders: [{name: x-token, prefix: 'T '}]")+some100(r, 20, ", fromParams: [tok]")+"}")
	}
	if r.IntN(2) == 0 {
		rules = append(rules, "{issuer: 'https://lists', jwks: '{}', "+some100(r, 40, "audiences: [in, 'http://out'], ")+some100(r, 30, "spaceDelimitedClaims: [groups], ")+
			some100(r, 60, "outputClaimToHeaders: [{claim: "+one(r, "email", "groups", "realm.roles", "realm")+", header: "+one(r, "kubeflow-userid", "x-team")+"}], ")+"forwardOriginalToken: true}")
	}
	if len(rules) == 0 {
		rules = []string{"{issuer: 'https://other', jwks: '{}'}"}
	}
	return strings.Join(rules, ", ")
}

func chanceRule(r *rand.Rand) string {
	var parts []string
	if r.IntN(2) == 0 {
		parts = append(parts, "from: [{source: {"+one(r, "principals: [cluster.local/ns/edge/sa/front-istio]", "namespaces: [b]", "namespaces: ['b*', c]", "notNamespaces: [edge]", "principals: ['*']", "principals: ['old/ns/b/sa/*']",
			"requestPrincipals: ['*']", "requestPrincipals: ['https://dex/*']", "notRequestPrincipals: ['*']", "serviceAccounts: [b/x]", "principals: ['*/sa/x'], notPrincipals: [cluster.local/ns/b/sa/y]", "namespaces: ['*b']",
			"namespaces: [b/sa]", "requestPrincipals: ['https://kubernetes.default.svc/system:serviceaccount:b:x']", "requestPrincipals: ['*:x']", "ipBlocks: [10.0.0.0/8]")+"}}"+some100(r, 20, ", {source: {namespaces: [a, edge]}}")+"]")
	}
	if r.IntN(2) == 0 {
		parts = append(parts, "to: [{operation: {"+one(r, "paths: [/n/*]", "paths: ['*/t']", "notPaths: [/n, /v1/*]", "methods: [GET, 'P*']", "methods: [GET], paths: ['/v1/{*}', /x]", "paths: ['/n/{**}'], notPaths: [/n/a]",
			"hosts: [h.io, '*.H.io']", "notHosts: ['*.io']", "ports: ['80']", "notPorts: ['90', '8080']", "paths: ['/{*}/a'], notMethods: [OPTIONS]", "hosts: ['in.*']", "paths: ['*'], notPaths: [/n/a/t]")+"}}]")
	}
	if r.IntN(2) == 0 {
		parts = append(parts, "when: [{"+one(r, "key: 'request.headers[kubeflow-userid]', values: [alice@x.io, 'b*']", "key: 'request.headers[x-team]', values: [red]", "key: 'request.headers[x-team]', notValues: ['*']",
			"key: 'request.headers[x-team]', values: ['*,red']", "key: 'request.auth.claims[iss]', values: ['https://dex']", "key: 'request.auth.claims[email]', values: ['*@x.io']", "key: 'request.auth.claims[scope]', values: [read, 'w*']",
			"key: 'request.auth.claims[kubernetes.io][namespace]', values: [b, 'a*']", "key: 'request.auth.claims[kubernetes.io][serviceaccount][name]', values: [x]", "key: 'request.auth.audiences', values: [in, out]", "key: source.namespace, notValues: [a, 'b*']",
			"key: 'request.headers[authorization]', values: ['Bearer *']", "key: destination.port, values: ['80']", "key: 'request.headers[x-team]', values: ['r*'], notValues: ['*d']", "key: 'request.headers[:authority]', values: ['H.*']",
			"key: 'request.headers[kubeflow-userid]', notValues: ['system:*']",
			"key: 'request.auth.claims[groups]', values: [staff]", "key: 'request.auth.claims[groups]', values: ['c*'], notValues: [admin]", "key: 'request.auth.claims[groups]', notValues: [staff, 'a*']",
			"key: 'request.auth.claims[realm][roles]', values: [r]", "key: 'request.auth.claims[realm]', values: ['*']", "key: request.auth.presenter, notValues: [p, q]", "key: 'request.auth.audiences', notValues: [out]")+
			some100(r, 30, "}, {"+one(r, "key: 'request.auth.claims[groups]', values: [ci]", "key: 'request.auth.claims[groups]', notValues: ['*f']", "key: 'request.auth.audiences', values: [other]"))+"}]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func chancePolicy(r *rand.Rand, i int, object func(kind, version, meta, rest string)) {
	action, rules := one(r, "ALLOW", "ALLOW", "ALLOW", "DENY", "DENY", "CUSTOM"), chanceRule(r)
	if r.IntN(2) == 0 {
		rules += ", " + chanceRule(r)
	}
	if action == "CUSTOM" {
		action, rules = "CUSTOM, provider: {name: p}", one(r, "{}", "{to: [{operation: {paths: [/n/*]}}]}", "{when: [{key: 'request.headers[x-team]', values: [red]}]}")
	}
	ns, target := "a", one(r, "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], ", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], ",
		"targetRefs: [{group: '', kind: Service, name: s}], ", "", "selector: {matchLabels: {app: s}}, ")
	if r.IntN(3) == 0 {
		ns, target = "edge", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], "
	} else if r.IntN(8) == 0 {
		ns, target = "istio-system", one(r, "", "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}], ")
	}
	object("AuthorizationPolicy", "security.istio.io/v1", fmt.Sprintf("name: p%d, namespace: %s", i, ns), "spec: {"+target+"action: "+action+", rules: ["+rules+"]}")
}

func listOf(elements ...string) string { return symbolic.ListPoint(elements).Text }

// chanceTexts are those that the policies and routes of chanceWorld name, and some others.
var chanceTexts = map[string][]string{
	methodAxis:   {"GET", "POST", "PUT", "OPTIONS", "PATCH", "CONNECT", "BREW", "P"},
	hostAxis:     {"h.io", "a.h.io", "x.h.io", "H.io", "b.io", "in.side", "in.x", "other.org", "h.io:8080", "H.x", ".h.io", "s.a.svc.cluster.local"},
	pathAxis:     {"/", "/n", "/n/", "/n/a", "/n/a/t", "/n/a/t/x", "/n/ab", "/v1", "/v1/x", "/v1/x/y", "/x", "/x/a", "/n/b/a", "/v1/a", "//", "/n//a", "/%41", "/a%2fb", "/../x", "/n/x;y", "/n/ä", "/n/a/n/a/t", "/nat", "/v1n"},
	userAxis:     {"alice@x.io", "bob@x.io", "b", "carol@y.org", "system:x"},
	tokenAxis:    {"system:serviceaccount:b:x", "system:serviceaccount:b:y", "system:serviceaccount:a:x", "system:serviceaccount:b:z", "system:serviceaccount:ab:x", "system:serviceaccount:q:s"},
	audienceAxis: {"in", "out", "https://in", "other", "in/", listOf("in", "out"), listOf("other", "in"), listOf("other", "x"), listOf("out", "other")},
	subjectAxis:  {"x", "a:x", "system:serviceaccount:b:x"},
	claimAxis + "groups": {"staff", "admin", "ci", "staff ci", "", "*", listOf(), listOf("staff", "ci"), listOf("ci", "admin"), listOf("cx", "af"), listOf("staff ci"), listOf(""), listOf("admin"),
		symbolic.MappingPoint().Text},
	claimAxis + "email":          {"alice@x.io", "bob@x.io", "", listOf("alice@x.io", "b"), listOf("b"), symbolic.MappingPoint().Text},
	claimAxis + "scope":          {"read", "x wy", "x", listOf("read", "x"), listOf("x read"), listOf("x", "w")},
	claimAxis + "azp":            {"p", "q", "x", listOf("p", "x"), listOf("x")},
	claimAxis + "realm":          {"r", listOf("r"), symbolic.MappingPoint().Text, symbolic.MappingPoint().Text, symbolic.MappingPoint().Text},
	claimAxis + "realm\x00roles": {"r", "red", listOf("r", "x"), listOf("x"), symbolic.MappingPoint().Text},
	peerAxis: {"cluster.local/ns/b/sa/x", "cluster.local/ns/b/sa/y", "cluster.local/ns/b/sa/z", "cluster.local/ns/b/sa/default", "cluster.local/ns/a/sa/s", "cluster.local/ns/a/sa/x", "cluster.local/ns/edge/sa/front-istio",
		"cluster.local/ns/a/sa/waypoint", "cluster.local/ns/bb/sa/x", "cluster.local/ns/ab/sa/q", "cluster.local/ns/q/sa/x", "cluster.local/ns/istio-system/sa/z"},
	headerAxis + "x-team":                        {"red", "blue", "", "r", "rod", "a,red", "red,red"},
	headerAxis + "kubeflow-userid":               {"alice@x.io", "bob@x.io", "carol@y.org", "system:serviceaccount:b:x", "b,bob@x.io"},
	headerAxis + "authorization":                 {"Bearer a.b.c", "Basic x", "xBearer y"},
	headerAxis + "x-token":                       {"T x", "x", "a T b"},
	headerAxis + "cookie":                        {"c=1", "d=2; c=3", "d=c"},
	headerAxis + "origin":                        {"x", ""},
	headerAxis + "access-control-request-method": {"GET"},
	paramAxis + "q":                              {"v", "w", ""},
	paramAxis + "tok":                            {"x"},
}
