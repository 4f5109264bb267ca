package enroll

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// What belongs to someone else is kept, and what is lost is named as the input had it.
func TestOthersObjectsAndValuesAreNamed(t *testing.T) {
	const (
		gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: kubeflow-gateway, namespace: kubeflow"
		rest    = "}\nspec: {selector: {istio: ingressgateway}, servers: [{hosts: ['*'], port: {name: http, number: 80, protocol: HTTP}}]}"
		service = "apiVersion: v1\nkind: Service\nmetadata: {name: ml-pipeline, namespace: kubeflow, labels: {"
		policy  = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {namespace: tools, name: a}\nspec: {rules: [{from: [{source: {"
		old     = "istio-system/istio-ingressgateway-service-account"
	)
	for _, test := range []struct {
		name    string
		objects []string
		want    diagnostic.Code // about the first object; "" is none
		says    string
		has     string // in the first object afterwards; "" is removed
	}{
		{"Kubeflow's Gateway", []string{gateway + rest}, diagnostic.GatewayRemoved, "nothing in the input names it", ""},
		{"one with a DNS name", []string{gateway + ", annotations: {external-dns.alpha.kubernetes.io/hostname: ml.example.com}" + rest}, diagnostic.GatewayRemoved, "(ml.example.com) is lost", ""},
		{"one of a controller", []string{gateway + ", ownerReferences: [{kind: Portal, name: front}]" + rest}, diagnostic.GatewayKept, "because Portal front owns it", "kubeflow-gateway"},
		{"one that Helm keeps", []string{gateway + ", annotations: {helm.sh/resource-policy: keep}" + rest}, diagnostic.GatewayKept, "helm.sh/resource-policy: keep", "kubeflow-gateway"},
		{"one that Argo CD keeps", []string{gateway + ", annotations: {argocd.argoproj.io/sync-options: 'Validate=false,Prune=false'}" + rest}, diagnostic.GatewayKept, "Prune=false", "kubeflow-gateway"},
		{"one that Argo CD prunes", []string{gateway + ", annotations: {argocd.argoproj.io/sync-options: 'Prune=true'}" + rest}, diagnostic.GatewayRemoved, "", ""},
		{"one that Flux keeps", []string{gateway + ", annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}" + rest}, diagnostic.GatewayKept, "prune: disabled", "kubeflow-gateway"},
		{"one that a VirtualService of any namespace may name", []string{gateway + rest, "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop}\nspec: {hosts: ['*'], gateways: [kubeflow-gateway]}"},
			diagnostic.GatewayKept, "VirtualService shop names it", "kubeflow-gateway"},
		{"one that a VirtualService does not name", []string{gateway + rest, "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop}\nspec: {hosts: ['*'], gateways: [tools/kubeflow-gateway]}"},
			diagnostic.GatewayRemoved, "", ""},
		{"a Service of another waypoint", []string{service + "istio.io/use-waypoint: edge, istio.io/use-waypoint-namespace: tools}}"}, diagnostic.WaypointReplaced, "had istio.io/use-waypoint: edge and istio.io/use-waypoint-namespace: tools", "kubeflow-waypoint"},
		{"a Service of none", []string{service + "istio.io/use-waypoint: none}}"}, diagnostic.WaypointReplaced, "had istio.io/use-waypoint: none", "kubeflow-waypoint"},
		{"a Service without a waypoint", []string{service + "}}"}, diagnostic.EditedForAmbient, "was labeled", "kubeflow-waypoint"},
		{"a Service of our waypoint", []string{service + "istio.io/use-waypoint: kubeflow-waypoint}}"}, "", "", "kubeflow-waypoint"},
		{"the old gateway as a client, by its account", []string{policy + "serviceAccounts: [" + old + "]}}]}]}"}, diagnostic.IngressReplaced, "was replaced by", "serviceAccounts: [istio-system/ambient-ingressgateway-istio]"},
		{"the same, by a pattern", []string{policy + "principals: ['*/sa/istio-ingressgateway-service-account']}}]}]}"}, diagnostic.IngressReplaced, "was added", "'*/sa/istio-ingressgateway-service-account', cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio"},
		{"a policy of the same name as ours", []string{"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {namespace: kubeflow, name: dashboard}\nspec: {selector: {matchLabels: {app: front}}, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/" +
			strings.Replace(old, "/", "/sa/", 1) + "]}}]}]}"}, diagnostic.Overwritten, "notPrincipals was [cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account]", "dashboard"},
	} {
		t.Run(test.name, func(t *testing.T) {
			findings, items := run(t, "{platform: {enabled: true}}", test.objects...)
			var codes []diagnostic.Code
			var text strings.Builder
			for _, d := range findings {
				if d.Object == items[0].Ref() {
					codes = append(codes, d.Code)
					text.WriteString(d.Found + "; " + d.Effect + "\n")
				}
			}
			if test.want != "" && !slices.Contains(codes, test.want) || test.want == "" && codes != nil || !strings.Contains(text.String(), test.says) {
				t.Errorf("%v %s", codes, text.String())
			}
			after := yaml.NewRNode(items[0].Node).MustString()
			if items[0].Removed != (test.has == "") || !strings.Contains(after, test.has) {
				t.Errorf("removed %t: %s", items[0].Removed, after)
			}
		})
	}
}

// istiod may know the Namespaces by the label that a run changes.
func TestMeshThatSelectsNamespacesByTheirOldLabelIsNamed(t *testing.T) {
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kubeflow, labels: {istio-injection: enabled}}"
	for label, want := range map[string]string{"istio-injection: enabled": "it no longer selects kubeflow", "team: ml": ""} {
		mesh := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: 'discoverySelectors: [{matchLabels: {" + label + "}}]'}"
		findings, items := run(t, "{platform: {enabled: true}}", namespace, mesh)
		got := ""
		for _, d := range findings {
			if d.Code == diagnostic.NamespacesSelected && d.Object == items[1].Ref() {
				got = d.Effect
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", label, got, want)
		}
	}
}

// Copies of an object get the same edit, so that they stay the same.
func TestCopiesAreEditedAlike(t *testing.T) {
	for _, object := range []string{
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: kubeflow}",
		"apiVersion: v1\nkind: Service\nmetadata: {name: ml-pipeline, namespace: kubeflow}",
	} {
		_, items := run(t, "{platform: {enabled: true}}", object, object)
		if !items[0].Changed || !manifest.Equal(items[0].Node, items[1].Node) {
			t.Errorf("%s and %s", yaml.NewRNode(items[0].Node).MustString(), yaml.NewRNode(items[1].Node).MustString())
		}
	}
}
