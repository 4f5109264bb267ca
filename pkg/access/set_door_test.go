package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// sharedWaypoint: two tenants whose traffic goes through one waypoint, which alone may connect to the pods of ann.
const sharedWaypoint = `{kind: Namespace, apiVersion: v1, metadata: {name: infra}}
---
{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: both, namespace: infra, labels: {istio.io/waypoint-for: service}},
  spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {namespaces: {from: All}}}]}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: ann, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: both, istio.io/use-waypoint-namespace: infra}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: ben, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: both, istio.io/use-waypoint-namespace: infra}}}
---
{kind: Service, apiVersion: v1, metadata: {name: web, namespace: ann}, spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}}
---
{kind: Service, apiVersion: v1, metadata: {name: x, namespace: ben}, spec: {selector: {app: x}, ports: [{name: http, port: 80}]}}
---
{kind: Deployment, apiVersion: apps/v1, metadata: {name: web, namespace: ann}, spec: {template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web, containers: [{name: c}]}}}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: pods, namespace: ann}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/infra/sa/both]}}]}]}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: own, namespace: ann}, spec: {targetRefs: [{kind: Service, group: '', name: web}], rules: [{from: [{source: {namespaces: [ann]}}]}]}}
`

// What leads to a target from elsewhere in the mesh refutes a claim about it, or makes it NOT JUDGED.
func TestClaimsKnowWhatLeadsToTheirTarget(t *testing.T) {
	const never = "\n  never:\n  - {name: c, from: {namespaces: [ben]}, to: {namespace: ann}}"
	const only = "\n  only:\n  - {name: c, to: {namespace: ann}, who: [{namespace: ann}]}"
	route := func(kind, parent, backend string) string {
		return "\n---\n{kind: " + kind + ", apiVersion: gateway.networking.k8s.io/v1, metadata: {name: r, namespace: ben}, spec: {parentRefs: [" + parent + "], rules: [{backendRefs: [" + backend + "]}]}}\n"
	}
	const toX, toWeb = "{kind: Service, group: '', name: x}", "{name: web, namespace: ann, port: 80}"
	virtual := func(http string) string {
		return "\n---\n{kind: VirtualService, apiVersion: networking.istio.io/v1, metadata: {name: v, namespace: ben}, spec: {hosts: [x.ben.svc.cluster.local], http: [{" + http + "}]}}\n"
	}
	const workload = "\n---\n{kind: WorkloadEntry, apiVersion: networking.istio.io/v1, metadata: {name: v, namespace: ben, labels: {app: x}}, spec: {address: 10.0.0.9, labels: {app: x}}}\n"
	const slice = "\n---\n{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: x, namespace: ben, labels: {kubernetes.io/service-name: x}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.9]}]}\n"
	entry := func(ns, spec string) string {
		return "\n---\n{kind: ServiceEntry, apiVersion: networking.istio.io/v1, metadata: {name: e, namespace: " + ns + "}, spec: {hosts: [e.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], " + spec + "}}\n"
	}
	for _, c := range []struct{ name, more, by string }{
		{"nothing leads there", "", ""},
		{"a route that stays at home", route("HTTPRoute", toX, "{name: x, port: 80}"), ""},
		{"a route of another tenant", route("HTTPRoute", toX, toWeb), "HTTPRoute ben/r"},
		{"one that ann binds to a Service of ben, whose waypoint takes none of ann", strings.Replace(route("HTTPRoute", "{kind: Service, group: '', name: x, namespace: ben}", "{name: web, port: 80}"), "namespace: ben}, spec", "namespace: ann}, spec", 1), ""},
		{"one of the waypoint's namespace", strings.Replace(route("HTTPRoute", "{kind: Service, group: '', name: x, namespace: ben}", toWeb), "namespace: ben}, spec", "namespace: infra}, spec", 1), "HTTPRoute infra/r"},
		{"one of requests of gRPC", route("GRPCRoute", toX, toWeb), "GRPCRoute ben/r"},
		{"one that hangs on a ServiceEntry", route("HTTPRoute", "{kind: ServiceEntry, group: networking.istio.io, name: e}", toWeb), "HTTPRoute ben/r"},
		{"one of connections", route("TCPRoute", toX, toWeb), "TCPRoute ben/r"},
		{"one that copies", "\n---\n{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: r, namespace: ben}, spec: {parentRefs: [" + toX + "], rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: " + toWeb + "}}], backendRefs: [{name: x, port: 80}]}]}}\n", "HTTPRoute ben/r"},
		{"a VirtualService", virtual("route: [{destination: {host: web.ann.svc.cluster.local}}]"), "VirtualService ben/v"},
		{"one that delegates", virtual("delegate: {name: d, namespace: infra}") + "\n---\n{kind: VirtualService, apiVersion: networking.istio.io/v1, metadata: {name: d, namespace: infra}, spec: {http: [{route: [{destination: {host: web.ann.svc.cluster.local}}]}]}}\n", "VirtualService "},
		{"one that copies requests", virtual("route: [{destination: {host: x}}], mirror: {host: web.ann.svc.cluster.local}"), "VirtualService ben/v"},
		{"a ServiceEntry of pods", entry("ann", "workloadSelector: {labels: {app: web}}"), "ServiceEntry ann/e"},
		{"one of addresses at the waypoint", entry("ben", "endpoints: [{address: 10.0.0.9}]"), "ServiceEntry ben/e"},
		{"one of another host", entry("ann", ""), ""},
		{"one of what DNS has for a host", strings.Replace(entry("ben", ""), "STATIC", "DNS", 1), ""},
		{"one of addresses that it takes as they are", strings.Replace(entry("ben", "addresses: [10.0.0.9]"), "STATIC", "NONE", 1), "ServiceEntry ben/e"},
		{"one of pods elsewhere", entry("ben", "workloadSelector: {labels: {app: x}}"), ""},
		{"one of a WorkloadEntry", entry("ben", "workloadSelector: {labels: {app: x}}") + workload, "ServiceEntry ben/e"},
		{"a WorkloadEntry of a Service", workload, "WorkloadEntry ben/v"},
		{"an EndpointSlice of a Service", slice, "EndpointSlice ben/x"},
		{"a Service without a selector", "\n---\n{kind: Service, apiVersion: v1, metadata: {name: y, namespace: ben}, spec: {ports: [{port: 80}]}}\n", "Service ben/y"},
	} {
		w := load(t, sharedWaypoint+c.more)
		for verb, got := range map[string][]string{"explain": detoursOf(w), "the self-check": doorsFound(w)} {
			if c.by == "" && len(got) > 0 || c.by != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.by) }) {
				t.Errorf("%s, %s: got %q, want %q", c.name, verb, got, c.by)
			}
		}
		if d := diffOf(t, sharedWaypoint, sharedWaypoint+c.more); c.by != "" && (!d.Opens() || !strings.Contains(strings.Join(d.Unknown, "; "), c.by)) || c.by == "" && strings.Contains(strings.Join(d.Unknown, "; "), " of ann") {
			t.Errorf("%s, diff: got %+v, want %q", c.name, d, c.by)
		}
		locked, _ := lockOf(t, load(t, sharedWaypoint), " a")
		relocked, text := lockOf(t, w, " b")
		for side, d := range map[string]Diff{"the old lock": locked.World().Diff(load(t, sharedWaypoint+c.more)), "both locks": locked.World().Diff(relocked.World())} {
			if got := strings.Join(d.Unknown, "; "); c.by != "" && (!d.Opens() || !strings.Contains(got, c.by)) || c.by == "" && strings.Contains(got, " of ann") {
				t.Errorf("%s, %s: got %+v, want %q in\n%s", c.name, side, d, c.by, text)
			}
		}
		for shape, spec := range map[string]string{"never": never, "only": only} {
			r := proofs(t, load(t, sharedWaypoint+c.more), spec)[0]
			if c.by == "" && !r.OK || c.by != "" && (r.OK || r.Got == Allow.String() && shape == "never" || !strings.Contains(r.By, c.by)) {
				t.Errorf("%s, %s: got %s by %s, want %q", c.name, shape, r.Got, r.By, c.by)
			}
		}
	}
	// The sidecar of a client takes the routes of all namespaces.
	const withSidecar = "\n---\n{kind: Deployment, apiVersion: apps/v1, metadata: {name: old, namespace: ben}, spec: {template: {metadata: {labels: {sidecar.istio.io/inject: 'true'}}, spec: {containers: [{name: c}]}}}}\n"
	old := strings.Replace(sharedWaypoint+route("HTTPRoute", "{kind: Service, group: '', name: x, namespace: ben}", toWeb), "namespace: ben}, spec: {parentRefs", "namespace: ann}, spec: {parentRefs", 1) + withSidecar
	if got := strings.Join(detoursOf(load(t, old)), "; "); !strings.Contains(got, "HTTPRoute ann/r") {
		t.Errorf("a route that clients with sidecars follow: got %q", got)
	}
	// The pods of ann do not take what the waypoint of ben sends.
	own := strings.Replace(strings.Replace(sharedWaypoint, "name: ben, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: both, istio.io/use-waypoint-namespace: infra}", "name: ben, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: own}", 1),
		"{kind: Service, apiVersion: v1, metadata: {name: x", "{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: own, namespace: ben, labels: {istio.io/waypoint-for: service}}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}\n---\n{kind: Service, apiVersion: v1, metadata: {name: x", 1)
	w := load(t, own+route("HTTPRoute", toX, toWeb))
	if r := proofs(t, w, never)[0]; !r.OK {
		t.Errorf("a route at a waypoint that the pods deny: got %s by %s", r.Got, r.By)
	}
	if got := append(detoursOf(w), doorsFound(w)...); len(got) > 0 {
		t.Errorf("a route at a waypoint that the pods deny: got %q", got)
	}
}

// The waypoint of another namespace is a way to addresses, too, where the pods take connections from it.
func TestAddressesBehindAnotherWaypoint(t *testing.T) {
	const waypoint = "{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: own, namespace: ben, labels: {istio.io/waypoint-for: service}}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}\n---\n"
	own := edit(t, edit(t, waypoint+sharedWaypoint, "name: ben, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: both, istio.io/use-waypoint-namespace: infra}", "name: ben, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: own}"),
		"{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: own, namespace: ann}", "{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l7, namespace: ann}")
	named := edit(t, own, "principals: [cluster.local/ns/infra/sa/both]", "principals: [cluster.local/ns/infra/sa/both, cluster.local/ns/ben/sa/own]")
	const slice = "\n---\n{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: x, namespace: ben, labels: {kubernetes.io/service-name: x}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.9]}]}\n"
	const bare = "\n---\n{kind: Service, apiVersion: v1, metadata: {name: y, namespace: ben}, spec: {ports: [{port: 80}]}}\n"
	const entry = "\n---\n{kind: ServiceEntry, apiVersion: networking.istio.io/v1, metadata: {name: e, namespace: ben}, spec: {hosts: [e.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.0.0.9}]}}\n"
	for _, c := range []struct{ name, text, by string }{
		{"nobody wrote an address", named, ""},
		{"a slice", named + slice, "EndpointSlice ben/x"},
		{"a Service without a selector", named + bare, "Service ben/y"},
		{"a ServiceEntry", named + entry, "ServiceEntry ben/e"},
		{"the pods do not take what that waypoint sends", own + slice + bare + entry, ""},
	} {
		w := load(t, c.text)
		for verb, got := range map[string][]string{"explain": detoursOf(w), "the self-check": doorsFound(w)} {
			if c.by == "" && len(got) > 0 || c.by != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.by) }) {
				t.Errorf("%s, %s: got %q, want %q", c.name, verb, got, c.by)
			}
		}
		r := proofs(t, w, "\n  never:\n  - {name: c, from: {principals: [cluster.local/ns/ben/sa/x]}, to: {namespace: ann}}")[0]
		if c.by == "" && !r.OK || c.by != "" && (r.Got != NotJudged.String() || !strings.Contains(r.By, c.by)) {
			t.Errorf("%s, never: got %s by %s, want %q", c.name, r.Got, r.By, c.by)
		}
	}
}

// A claim about one Service knows of addresses at the others of its namespace, as far as its clients reach these.
func TestAddressesOfAnotherServiceOfTheNamespace(t *testing.T) {
	const open = "\n---\n{kind: Service, apiVersion: v1, metadata: {name: open, namespace: ann}, spec: {ports: [{name: http, port: 80}]}}\n---\n" +
		"{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: open, namespace: ann}, spec: {targetRefs: [{kind: Service, group: '', name: open}], rules: [{from: [{source: {namespaces: [NS]}}]}]}}\n"
	for _, c := range []struct {
		clients string
		want    Outcome
	}{{"ben", NotJudged}, {"ann", Deny}} {
		r := proofs(t, load(t, sharedWaypoint+strings.Replace(open, "NS", c.clients, 1)), "\n  never:\n  - {name: c, from: {namespaces: [ben]}, to: {namespace: ann, service: web}}")[0]
		if r.Got != c.want.String() || c.want == NotJudged && !strings.Contains(r.By, "Service ann/open") {
			t.Errorf("open to %s: got %s by %s, want %s", c.clients, r.Got, r.By, c.want)
		}
	}
}

// detoursOf are what explain says of what leads to ann from elsewhere.
func detoursOf(w *World) (out []string) {
	for _, n := range w.Explain(Roles{}, "ann").Namespaces {
		for _, a := range n.Access {
			if a.Kind == "anyone" && a.Outcome == NotJudged.String() {
				out = append(out, a.Who+", "+a.Reaches+", "+a.By)
			}
		}
	}
	return out
}

// doorsFound is what the self-check finds of that.
func doorsFound(w *World) (out []string) {
	for _, f := range w.Findings([]Tenant{{Namespace: "ann"}}) {
		if f.Code == diagnostic.VerdictsClouded {
			out = append(out, f.Object.Kind+" "+f.Object.Namespace+"/"+f.Object.Name+" "+f.Found)
		}
	}
	return out
}

// A route of a Gateway to addresses that somebody wrote leads to the pods of others with the Gateway's identity.
func TestAddressesBehindAGateway(t *testing.T) {
	own := edit(t, sharedWaypoint, "name: ann, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: both, istio.io/use-waypoint-namespace: infra}", "name: ann, labels: {istio.io/dataplane-mode: ambient}") +
		"\n---\n{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: front, namespace: infra}, spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}}\n"
	open := strings.Replace(own, "sa/both]", "sa/front-istio]", 1)
	route := func(backend string) string {
		return "\n---\n{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: r, namespace: ben}, spec: {parentRefs: [{name: front, namespace: infra}], rules: [{backendRefs: [" + backend + "]}]}}\n"
	}
	const bare = "\n---\n{kind: Service, apiVersion: v1, metadata: {name: y, namespace: ben, labels: {istio.io/use-waypoint: none}}, spec: {ports: [{port: 80}]}}\n"
	const entry = "\n---\n{kind: ServiceEntry, apiVersion: networking.istio.io/v1, metadata: {name: e, namespace: ben, labels: {istio.io/use-waypoint: none}}, spec: {hosts: [e.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.0.0.9}]}}\n"
	const slice = "\n---\n{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: x, namespace: ben, labels: {kubernetes.io/service-name: x}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.9]}]}\n"
	const ingress = "\n---\n{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {name: i, namespace: ben}, spec: {ingressClassName: istio, defaultBackend: {service: {name: y, port: {number: 80}}}}}\n"
	for _, c := range []struct{ name, text, by string }{
		{"no route leads there", open + bare, ""},
		{"a Service without a selector", open + bare + route("{name: y, port: 80}"), "Service ben/y"},
		{"by an Ingress", open + bare + ingress, "Service ben/y"},
		{"the pods do not take what the Gateway sends", own + bare + route("{name: y, port: 80}"), ""},
		{"a ServiceEntry", open + entry + route("{group: networking.istio.io, kind: Hostname, name: e.example.com, port: 80}"), "ServiceEntry ben/e"},
		{"an EndpointSlice", open + slice + route("{name: x, port: 80}"), "EndpointSlice ben/x"},
	} {
		w := load(t, c.text)
		for verb, got := range map[string][]string{"explain": detoursOf(w), "the self-check": doorsFound(w)} {
			if c.by == "" && len(got) > 0 || c.by != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.by) }) {
				t.Errorf("%s, %s: got %q, want %q", c.name, verb, got, c.by)
			}
		}
		if r := proofs(t, w, "\n  never:\n  - {name: c, from: {namespaces: [ben]}, to: {namespace: ann}}")[0]; c.by == "" && !r.OK || c.by != "" && !strings.Contains(r.By, c.by) {
			t.Errorf("%s: got %s by %s, want %q", c.name, r.Got, r.By, c.by)
		}
	}
}

func TestPodsInSandboxes(t *testing.T) {
	for class, want := range map[string]Outcome{"nvidia": Deny, "kata-qemu": NotJudged, "gvisor": NotJudged, "''": Deny} {
		w := load(t, edit(t, sharedWaypoint, "{serviceAccountName: web,", "{serviceAccountName: web, runtimeClassName: "+class+","))
		if v := w.Decide(Request{From: From{OffMesh: true}, To: To{Namespace: "ann", Service: "web", Direct: true}, TCP: true}); v.Outcome != want || want == NotJudged && !strings.Contains(v.Why, class) {
			t.Errorf("%s: got %v by %s", class, v.Outcome, v.By())
		}
	}
}

func TestPodsOnWindows(t *testing.T) {
	for _, spec := range []string{"os: {name: windows}", "nodeSelector: {kubernetes.io/os: windows}", "os: {name: linux}", "nodeSelector: {kubernetes.io/os: linux}"} {
		w := load(t, sharedWaypoint+"\n---\n{kind: Pod, apiVersion: v1, metadata: {name: w, namespace: ann, labels: {app: win}}, spec: {"+spec+", containers: [{name: c}]}}\n")
		v := w.Decide(Request{From: From{OffMesh: true}, To: To{Namespace: "ann", Pod: map[string]string{"app": "win"}}, TCP: true})
		if windows := strings.Contains(spec, "windows"); windows && (v.Outcome != NotJudged || !strings.Contains(v.Why, "Windows")) || !windows && v.Outcome != Deny {
			t.Errorf("%s: got %v by %s", spec, v.Outcome, v.By())
		}
	}
}

func TestPortsOfUDP(t *testing.T) {
	w := load(t, sharedWaypoint+"\n---\n{kind: Service, apiVersion: v1, metadata: {name: dns, namespace: ann}, spec: {selector: {app: web}, ports: [{port: 53, protocol: UDP}, {port: 80, name: http, targetPort: 8080}]}}\n")
	for port, want := range map[int]Outcome{53: NotJudged, 0: Deny, 80: Deny} {
		if v := w.Decide(Request{From: From{OffMesh: true}, To: To{Namespace: "ann", Service: "dns"}, Port: port}); v.Outcome != want {
			t.Errorf("port %d: got %v by %s, want %v", port, v.Outcome, v.By(), want)
		}
	}
	both := edit(t, sharedWaypoint, "ports: [{name: http, port: 80, targetPort: 8080}]", "ports: [{name: http, port: 80, targetPort: 8080}, {name: udp, port: 80, protocol: UDP}]")
	r := proofs(t, load(t, both), "\n  never:\n  - {name: c, from: {namespaces: [ben]}, to: {namespace: ann}}")[0]
	if r.OK || !strings.Contains(r.By, "Service ann/web") || !strings.Contains(r.By, "is not TCP") {
		t.Errorf("a claim about a port of both: got %s by %s", r.Got, r.By)
	}
}
