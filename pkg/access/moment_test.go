package access

import (
	"strings"
	"testing"
)

// sidecarTenant is a user namespace as Kubeflow has it with sidecars, with its notebook and a gateway of either era.
const sidecarTenant = `
{kind: Namespace, apiVersion: v1, metadata: {name: istio-system}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: none, namespace: istio-system}, spec: {}}
---
{kind: Deployment, apiVersion: apps/v1, metadata: {name: old, namespace: istio-system}, spec: {template: {metadata: {labels: {app: old}}, spec: {serviceAccountName: old, containers: [{name: istio-proxy, image: x}]}}}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: old, namespace: istio-system}, spec: {selector: {matchLabels: {app: old}}, rules: [{}]}}
---
{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: front, namespace: istio-system}, spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}}
---
{kind: RequestAuthentication, apiVersion: security.istio.io/v1, metadata: {name: login, namespace: istio-system}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], jwtRules: [{issuer: "http://dex", jwksUri: "http://dex/keys", forwardOriginalToken: true, outputClaimToHeaders: [{header: kubeflow-userid, claim: email}, {header: kubeflow-groups, claim: groups}]}]}}
---
{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: front, namespace: istio-system}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: front}], rules: [{}]}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: bob, labels: {istio-injection: enabled}}}
---
{kind: StatefulSet, apiVersion: apps/v1, metadata: {name: tet, namespace: ann}, spec: {template: {metadata: {labels: {app: tet}}, spec: {serviceAccountName: editor, containers: [{name: tet, image: x, ports: [{containerPort: 8888}]}]}}}}
---
{kind: Service, apiVersion: v1, metadata: {name: tet, namespace: ann}, spec: {selector: {app: tet}, ports: [{name: http, port: 80, targetPort: 8888}]}}
---
kind: AuthorizationPolicy
apiVersion: security.istio.io/v1
metadata: {name: stock, namespace: ann}
spec:
  rules:
  - {from: [{source: {principals: [cluster.local/ns/istio-system/sa/old]}}], when: [{key: "request.headers[kubeflow-userid]", values: [ann@x.io]}]}
  - when: [{key: source.namespace, values: [ann]}]
  - to: [{operation: {paths: [/healthz]}}]
`

// Parts of the way to ambient mode.
const (
	annWithSidecars = "\n---\n{kind: Namespace, apiVersion: v1, metadata: {name: ann, labels: {istio-injection: enabled, app.kubernetes.io/part-of: kubeflow-profile}, annotations: {owner: ann@x.io}}}"
	annInAmbient    = "\n---\n{kind: Namespace, apiVersion: v1, metadata: {name: ann, labels: {istio-injection: disabled, istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true', app.kubernetes.io/part-of: kubeflow-profile}, annotations: {owner: ann@x.io}}}"
	annsL4          = "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l4, namespace: ann}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/ann/sa/waypoint]}}]}, {from: [{source: {namespaces: [ann]}}]}]}}"
	annsL7          = "\n---\n{kind: AuthorizationPolicy, apiVersion: security.istio.io/v1, metadata: {name: l7, namespace: ann}, spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], rules: [{from: [{source: {principals: [cluster.local/ns/istio-system/sa/front-istio]}}], when: [{key: 'request.headers[kubeflow-userid]', values: [ann@x.io]}]}, {from: [{source: {namespaces: [ann]}}]}, {to: [{operation: {paths: [/healthz]}}]}]}}"
	annsWaypoint    = "\n---\n{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: waypoint, namespace: ann, labels: {istio.io/waypoint-for: service}}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}"
	annsOldPods     = "\n---\n{kind: Pod, apiVersion: v1, metadata: {name: tet, namespace: ann, labels: {app: tet}, annotations: {sidecar.istio.io/status: '{}'}}, spec: {serviceAccountName: editor, containers: [{name: tet, image: x, ports: [{containerPort: 8888}]}, {name: istio-proxy, image: x}]}}"
)

func TestMoments(t *testing.T) {
	const begin, end = sidecarTenant + annWithSidecars, sidecarTenant + annInAmbient + annsL4 + annsL7 + annsWaypoint
	for name, c := range map[string]struct {
		moment string
		want   string // of a request, "" where the moment is safe
	}{
		"the beginning":           {begin, ""},
		"the end":                 {end, ""},
		"an L4 policy":            {begin + annsL4, ""},
		"an L7 policy":            {begin + annsL7, ""},
		"a waypoint":              {begin + annsWaypoint, ""},
		"all but labels":          {begin + annsL4 + annsL7 + annsWaypoint, ""},
		"labels, old pods":        {end + annsOldPods, ""},
		"labels without L4":       {sidecarTenant + annInAmbient + annsL7 + annsWaypoint, ""},                                                                     // the stock policy closes, too
		"labels without waypoint": {sidecarTenant + annInAmbient + annsL4 + annsL7, "pod ann/x, CONNECT / to Service ann/tet port 80: ztunnel: ann/stock rule 1"}, // a sidecar and a waypoint refuse it, ztunnel reads no method
		"an L4 policy for all":    {begin + strings.Replace(annsL4, "namespaces: [ann]", "namespaces: ['*']", 1), "pod another-namespace/another-account, GET / to Service ann/tet port 80: sidecar: ann/l4 rule 1"},
		"labels without L7":       {sidecarTenant + annInAmbient + annsL4 + annsWaypoint, "user somebody@example.com, GET / to Service ann/tet port 80: ztunnel: ann/stock rule 1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewEnds(load(t, begin), load(t, end)).At(load(t, c.moment), false, Part{})
			var said []string
			for _, s := range m.Opened {
				said = append(said, s.Request+": "+s.By)
			}
			if len(m.Unknown) > 0 || m.Safe() != (c.want == "") || m.Asked == 0 {
				t.Errorf("%d questions, of which are not known: %v", m.Asked, m.Unknown)
			}
			if all := strings.Join(said, "\n"); !strings.Contains(all, c.want) {
				t.Errorf("%q is missing in:\n%s", c.want, all)
			}
		})
	}
}

// A sidecar, its client's and a waypoint refuse CONNECT alike, so that a policy which opens a namespace to itself opens nothing more by that method,
// nor by bytes at a port that is declared HTTP.
func TestMomentsThatProxiesRefuse(t *testing.T) {
	closed, _, _ := strings.Cut(sidecarTenant, "---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: stock")
	begin, end := closed+annWithSidecars, closed+annInAmbient+annsL4+annsL7+annsWaypoint
	for name, moment := range map[string]string{"an L4 policy": begin + annsL4, "labels, old pods": end + annsOldPods} {
		t.Run(name, func(t *testing.T) {
			m := NewEnds(load(t, begin), load(t, end)).At(load(t, moment), false, Part{})
			if m.Asked == 0 || !m.Safe() {
				t.Error(m.Opened, m.Unknown)
			}
		})
	}
}
