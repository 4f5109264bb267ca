package access

import (
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// An object that names no namespace may be in any. What it could change there is not judged; what it could not change stays as it was.
func TestObjectsWithoutANamespace(t *testing.T) {
	before := load(t, cloudWorld)
	const all = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const http = "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"
	for _, c := range []struct{ object, want string }{
		{"kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x}\nspec: {action: DENY, rules: [{}]}", "gateway, gateway no, off mesh, pod, sidecar, waypoint"},
		{"kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x}\nspec: {selector: {matchLabels: {app: other}}, action: DENY, rules: [{}]}", ""},
		{"kind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}], action: DENY, rules: [{}]}", all},
		{"kind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: x}\nspec: {mtls: {mode: STRICT}}", "gateway, gateway no, off mesh, pod, sidecar, waypoint"},
		{"kind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: x}\nspec: {parentRefs: [{name: front}], rules: [{backendRefs: [{name: s, port: 80}]}]}", all},
		{"kind: Gateway\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: waypoint}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}", all},
		{"kind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: {name: x}\nspec: {hosts: [s], http: [{route: [{destination: {host: s}}]}]}", all},
		{"kind: Rampart\napiVersion: networking.istio.io/v1\nmetadata: {name: x}\nspec: {}", all},
		{"kind: ConfigMap\napiVersion: v1\nmetadata: {name: istio}\ndata: {mesh: 'trustDomain: other'}", all},
		{"kind: Service\napiVersion: v1\nmetadata: {name: s, labels: {istio.io/use-waypoint: none}}\nspec: {selector: {app: s}, ports: [{port: 80}]}", http},
		{"kind: Service\napiVersion: v1\nmetadata: {name: another, labels: {istio.io/use-waypoint: none}}\nspec: {selector: {app: s}, ports: [{port: 80}]}", ""},
		{"kind: Pod\napiVersion: v1\nmetadata: {name: x, labels: {app: s}}\nspec: {containers: [{name: c}]}", "gateway, off mesh, sidecar, waypoint"},
		{"kind: Pod\napiVersion: v1\nmetadata: {name: x, labels: {app: other}}\nspec: {containers: [{name: c}]}", ""},
		{"kind: Deployment\napiVersion: apps/v1\nmetadata: {name: x}\nspec: {template: {metadata: {labels: {app: other}}, spec: {hostNetwork: true, containers: [{name: c}]}}}", all},
		{"kind: Notebook\napiVersion: kubeflow.org/v1\nmetadata: {name: x, labels: {istio.io/dataplane-mode: none}}\nspec: {template: {spec: {containers: [{name: c}]}}}", all},
		{"kind: PodDefault\napiVersion: kubeflow.org/v1alpha1\nmetadata: {name: x}\nspec: {selector: {matchLabels: {a: b}}, annotations: {ambient.istio.io/bypass-inbound-capture: 'true'}}", all},
		{"kind: PodDefault\napiVersion: kubeflow.org/v1alpha1\nmetadata: {name: x}\nspec: {selector: {matchLabels: {a: b}}, env: [{name: A, value: b}]}", ""},
		{"kind: ConfigMap\napiVersion: v1\nmetadata: {name: settings}\ndata: {a: b}", ""},
		{"kind: ServiceAccount\napiVersion: v1\nmetadata: {name: x}", ""},
		{"kind: Secret\napiVersion: v1\nmetadata: {name: x}", ""},
		{"kind: GatewayClass\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: x}\nspec: {controllerName: example.com/x}", ""},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+"\n---\n"+c.object)), ", "); got != c.want {
			t.Errorf("%s clouds %q, want %q", c.object, got, c.want)
		}
	}
	v := decides(t, load(t, cloudWorld+"\n---\nkind: Service\napiVersion: v1\nmetadata: {name: s}\nspec: {selector: {app: s}, ports: [{port: 80}]}"), cloudQuestions["waypoint"], NotJudged)
	if !strings.Contains(v.By(), "Service s (line 3), metadata.namespace, is not judged: "+whyUnplaced) {
		t.Error(v.By())
	}
}

// Pods that are asked for by their labels may be those of an object that names no namespace.
func TestPodsWithoutANamespaceAskedByLabels(t *testing.T) {
	w := load(t, cloudWorld+"\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: x, labels: {app: lost}}\nspec: {containers: [{name: c}]}")
	decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Pod: map[string]string{"app": "lost"}}}, NotJudged)
	decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Pod: map[string]string{"app": "s"}}}, Deny)
}

func TestFindingOfAnObjectWithoutANamespace(t *testing.T) {
	w := load(t, tenants(t)+"\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: x}\nspec: {targetRefs: [{kind: Service, name: lab}], rules: [{}]}")
	for _, f := range w.Findings(twoTenants) {
		if f.Code == diagnostic.VerdictsClouded {
			if f.Object.Name != "x" || f.Field != "metadata.namespace" || f.Position.Line == 0 || f.Remedy != "set metadata.namespace" {
				t.Errorf("%+v", f)
			}
			return
		}
	}
	t.Error("nothing is reported")
}
