package access

import (
	"strings"
	"testing"
)

// A route to an ExternalName Service leads to the Service that it refers to. One that no route names changes nothing.
func TestRoutesToAliases(t *testing.T) {
	const shut = "kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: shut, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], action: DENY, rules: [{to: [{operation: {paths: ['/s/*']}}]}]}"
	alias := func(name, of string) string {
		return "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: " + name + ", namespace: z}\nspec: {type: ExternalName, externalName: " + of + ", ports: [{port: 80}]}"
	}
	route := func(kind, spec string) string {
		group := "gateway.networking.k8s.io/v1"
		switch kind {
		case "VirtualService":
			group = "networking.istio.io/v1"
		case "Ingress":
			group = "networking.k8s.io/v1"
		}
		return "\n---\nkind: " + kind + "\napiVersion: " + group + "\nmetadata: {name: r, namespace: z}\nspec: {" + spec + "}"
	}
	const parents = "parentRefs: [{name: front, namespace: edge}], "
	to := func(more string) string {
		return parents + "rules: [{backendRefs: [{name: alias, port: 80}]" + more + "}]"
	}
	http := route("HTTPRoute", to(""))
	for _, c := range []struct {
		name, of, more string
		want           Outcome
	}{
		{"in full", "s.a.svc.cluster.local", http, NotJudged},
		{"up to svc", "s.a.svc", http, NotJudged},
		{"with its namespace", "s.a", http, NotJudged},
		{"alone", "s", http, NotJudged},
		{"with a dot behind", "S.A.SVC.Cluster.Local.", http, NotJudged},
		{"a pod by its name", "s-0.s.a.svc.cluster.local", http, NotJudged},
		{"an address", "10.96.0.7", http, NotJudged},
		{"an address of IPv6", "fd00::7", http, NotJudged},
		{"the address of a pod", "10-1-2-3.a.pod.cluster.local", http, NotJudged},
		{"the address of another's pod", "10-1-2-3.z.pod.cluster.local", http, Deny},
		{"another domain", "s.a.svc.example", http, NotJudged},
		{"by another alias", "next.z.svc.cluster.local", alias("next", "s.a.svc") + http, NotJudged},
		{"by themselves", "next.z.svc", alias("next", "alias.z.svc") + http, Deny},
		{"another Service", "t.a.svc.cluster.local", http, Deny},
		{"elsewhere", "s.example.com", http, Deny},
		{"that no route names", "s.a.svc", "", Deny},
		{"that a route to another Service passes by", "s.a.svc", strings.ReplaceAll(http, "name: alias", "name: other"), Deny},
		{"of requests of gRPC", "s.a.svc", route("GRPCRoute", to("")), NotJudged},
		{"of connections", "s.a.svc", route("TCPRoute", to("")), NotJudged},
		{"of TLS", "s.a.svc", route("TLSRoute", to("")), NotJudged},
		{"of copies", "s.a.svc", route("HTTPRoute", parents+"rules: [{backendRefs: [{name: other, port: 80}], filters: [{type: RequestMirror, requestMirror: {backendRef: {name: alias, port: 80}}}]}]"), NotJudged},
		{"of an Ingress", "s.a.svc", route("Ingress", "ingressClassName: istio, defaultBackend: {service: {name: alias, port: {number: 80}}}"), NotJudged},
		{"of an Ingress of another controller", "s.a.svc", route("Ingress", "ingressClassName: nginx, defaultBackend: {service: {name: alias, port: {number: 80}}}"), NotJudged},
		{"of a VirtualService", "s.a.svc", route("VirtualService", "hosts: [x.com], gateways: [edge/front], http: [{route: [{destination: {host: alias}}]}]"), NotJudged},
		{"of a VirtualService of the mesh", "s.a.svc", route("VirtualService", "hosts: [x.com], http: [{route: [{destination: {host: alias.z.svc.cluster.local}}]}]"), NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := cloudWorld + "\n---\n" + shut
			q := cloudQuestions["gateway"]
			decides(t, load(t, before), q, Deny)
			v := decides(t, load(t, before+alias("alias", c.of)+c.more), q, c.want)
			if c.want == NotJudged && !strings.Contains(v.By(), "Service z/alias (line 4), spec.externalName, is not judged: it is an alias of Service a/s") {
				t.Error(v.By())
			}
		})
	}
}

// Pods call the Service itself, whatever name they have for it, and are judged there.
func TestAliasesThatPodsCall(t *testing.T) {
	before := load(t, cloudWorld)
	after := load(t, cloudWorld+"\n---\nkind: Service\napiVersion: v1\nmetadata: {name: alias, namespace: z}\nspec: {type: ExternalName, externalName: s.a.svc}")
	if got := cloudedBy(t, before, after); len(got) > 0 {
		t.Error(got)
	}
}
