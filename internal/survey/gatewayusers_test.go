package survey

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// indexOf is the input of these documents.
func indexOf(t *testing.T, docs ...string) *Index {
	t.Helper()
	var items []*manifest.Item
	for _, doc := range docs {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(doc), &n); err != nil {
			t.Fatal(err)
		}
		items = append(items, manifest.NewItem(n.Content[0]))
	}
	spec := profile.Spec{}
	spec.Ingress.Gateway, spec.Ingress.ServiceAccount, spec.Cluster.RootNamespace = "istio-system/front", "front-istio", "istio-system"
	spec.Cluster.Enabled, spec.Cluster.Platform.Enabled = true, true
	return NewIndex(spec, items)
}

// What names the Gateway edge/front-door, and what only looks like it.
func TestWhatNamesAGateway(t *testing.T) {
	const gateway = "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: front-door, namespace: edge}, spec: {}}"
	for _, test := range []struct {
		name, item string
		field      string
		names      bool
	}{
		{"a VirtualService, by namespace/name", "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {gateways: [mesh, edge/front-door]}}", "", true},
		{"a VirtualService of its namespace", "{apiVersion: networking.istio.io/v1beta1, kind: VirtualService, metadata: {name: a, namespace: edge}, spec: {gateways: [front-door]}}", "", true},
		{"a VirtualService, ./", "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: edge}, spec: {gateways: [./front-door]}}", "", true},
		{"a VirtualService, by a host", "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {gateways: [front-door.edge.svc.cluster.local]}}", "", true},
		{"a VirtualService, by a short host", "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {gateways: [front-door.edge]}}", "", true},
		{"a VirtualService in a match", "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {http: [{match: [{gateways: [edge/front-door]}]}]}}", "", true},
		{"a VirtualService of another namespace", "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: shop}, spec: {gateways: [front-door]}}", "", false},
		{"Knative", "{apiVersion: v1, kind: ConfigMap, metadata: {name: config-istio, namespace: serving}, data: {gateway.edge.front-door: x}}", "gateway.edge.front-door", true},
		{"Knative, within the cluster", "{apiVersion: v1, kind: ConfigMap, metadata: {name: config-istio, namespace: serving}, data: {local-gateway.edge.front-door: x}}", "local-gateway.edge.front-door", true},
		{"Knative, by a list", "{apiVersion: v1, kind: ConfigMap, metadata: {name: config-istio, namespace: serving}, data: {external-gateways: \"- name: front-door\\n  namespace: edge\\n\"}}", "external-gateways", true},
		{"Knative's operator", "{apiVersion: operator.knative.dev/v1beta1, kind: KnativeServing, metadata: {name: s, namespace: serving}, spec: {config: {istio: {gateway.edge.front-door: x}}}}", "gateway.edge.front-door", true},
		{"Knative names another one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: config-istio, namespace: serving}, data: {gateway.edge.front-door-2: x, external-gateways: \"- name: front-door\\n  namespace: shop\\n\"}}", "", false},
		{"an example of Knative", "{apiVersion: v1, kind: ConfigMap, metadata: {name: config-istio, namespace: serving}, data: {_example: 'edge/front-door'}}", "", false},
		{"KServe", "{apiVersion: v1, kind: ConfigMap, metadata: {name: inferenceservice-config, namespace: models}, data: {ingress: '{\"ingressGateway\": \"edge/front-door\"}'}}", "ingress", true},
		{"a controller", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: c, namespace: ops}, spec: {template: {spec: {containers: [{env: [{name: ISTIO_GATEWAY, value: edge/front-door}]}]}}}}", "value", true},
		{"an argument of a program", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: c, namespace: ops}, spec: {template: {spec: {containers: [{args: [--gateway=edge/front-door]}]}}}}", "args", true},
		{"a longer name", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ops}, data: {a: edge/front-door-2, b: knowl-edge/front-door, c: files/edge/front-door.yaml}}", "", false},
	} {
		in := indexOf(t, gateway, test.item)
		users := in.UsersOfGateway(in.Items[0])
		if names := len(users) == 1; names != test.names {
			t.Errorf("%s: %v", test.name, users)
		} else if names && users[0].Field != test.field {
			t.Errorf("%s: names it at %q, want %q", test.name, users[0].Field, test.field)
		}
	}
}
