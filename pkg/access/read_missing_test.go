package access

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// What a case names and the manifests lack is listed, with the name that was probably meant.
func TestMissing(t *testing.T) {
	const plain = "kind: Namespace\napiVersion: v1\nmetadata: {name: harbor, labels: {istio.io/dataplane-mode: ambient, app.kubernetes.io/part-of: kubeflow-profile}}\n---\nkind: Service\napiVersion: v1\nmetadata: {name: tug, namespace: harbor}\nspec: {selector: {app: tug}, ports: [{port: 80}]}\n---\n" +
		"kind: Deployment\napiVersion: apps/v1\nmetadata: {name: tug, namespace: harbor}\nspec: {template: {metadata: {labels: {app: tug}}, spec: {serviceAccountName: pilot, containers: [{name: c}]}}}\n---\n" +
		"kind: Notebook\napiVersion: kubeflow.org/v1\nmetadata: {name: log, namespace: harbor}\nspec: {template: {spec: {containers: [{name: c}]}}}\n---\n" +
		"kind: ServiceAccount\napiVersion: v1\nmetadata: {name: captain, namespace: harbor}"
	w := load(t, plain)
	captain := From{ServiceAccount: "harbor/captain"}
	for _, c := range []struct {
		name string
		q    Request
		want []string
	}{
		{"nothing", Request{From: captain, To: To{Namespace: "harbor", Service: "tug"}}, nil},
		{"nothing, as a controller makes it", Request{From: From{ServiceAccount: "harbor/default-editor"}, To: To{Namespace: "harbor", Service: "log"}}, nil},
		{"a Service", Request{From: captain, To: To{Namespace: "harbor", Service: "tuk"}}, []string{"Service harbor/tuk (did you mean tug?)"}},
		{"a Service like a Notebook", Request{From: captain, To: To{Namespace: "harbor", Service: "logs"}}, []string{"Service harbor/logs (did you mean log?)"}},
		{"a Service like none", Request{From: captain, To: To{Namespace: "harbor", Service: "web"}}, []string{"Service harbor/web"}},
		{"a ServiceAccount", Request{From: From{ServiceAccount: "harbor/capitain"}, To: To{Namespace: "harbor", Service: "tug"}}, []string{"ServiceAccount harbor/capitain (did you mean captain?)"}},
		{"a pod's ServiceAccount", Request{From: From{ServiceAccount: "harbor/pilots"}, To: To{Namespace: "harbor", Service: "tug"}}, []string{"ServiceAccount harbor/pilots (did you mean pilot?)"}},
		{"a ServiceAccount's namespace", Request{From: From{ServiceAccount: "habor/captain"}, To: To{Namespace: "harbor", Service: "tug"}}, []string{"ServiceAccount habor/captain (did you mean harbor/captain?)"}},
		{"a token's ServiceAccount", Request{From: From{Token: "harbor/captian", Audience: "a"}, To: To{Namespace: "harbor", Service: "tug"}}, []string{"ServiceAccount harbor/captian (did you mean captain?)"}},
		{"pods", Request{From: captain, To: To{Namespace: "harbor", Pod: map[string]string{"app": "tag"}}}, []string{"pods of harbor with the labels of the case"}},
		{"a namespace", Request{From: captain, To: To{Namespace: "habor", Service: "tug"}}, []string{"Namespace habor (did you mean harbor?)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			results := w.Run(Check{Cases: []Case{{Name: "c", Request: c.q, Expect: Allow}}})
			if !slices.Equal(results[0].Missing, c.want) {
				t.Errorf("%q, want %q", results[0].Missing, c.want)
			}
			for _, m := range c.want {
				if !strings.HasPrefix(m, "Service") {
					continue
				}
				if !contains(results[0].Assumed, m) {
					t.Errorf("%q is not among what is assumed, %q", m, results[0].Assumed)
				}
			}
			before := results[0].OK
			FailMissing(results)
			if want := before && len(c.want) == 0; results[0].OK != want || len(c.want) > 0 && !strings.HasSuffix(results[0].By, "; not in the manifests: "+c.want[0]) {
				t.Errorf("%+v", results[0])
			}
		})
	}
}

// The list for machines has what was assumed, and an empty list where nothing was.
func TestResultsJSONAssumed(t *testing.T) {
	w := load(t, tenants(t))
	results := w.Run(Check{Cases: []Case{
		{Name: "c", Request: Request{From: From{ServiceAccount: "alice/nobody"}, To: To{Namespace: "bob", Service: "nowhere"}}, Expect: Deny},
		{Name: "d", Request: Request{From: From{ServiceAccount: "alice/default"}}, Expect: Deny},
	}})
	var b bytes.Buffer
	if err := WriteResultsJSON(&b, results); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, `"Service bob/nowhere"`) || !strings.Contains(got, `"assumed": []`) {
		t.Error(got)
	}
}

// A verdict alone compares no names: explain asks for thousands.
func TestVerdictsCompareNoNames(t *testing.T) {
	w := load(t, tenants(t))
	v := w.Decide(Request{From: From{ServiceAccount: "alice/default-editer"}, To: To{Namespace: "alice", Service: "tett"}})
	if got := strings.Join(v.Assumed, ", "); !strings.Contains(got, "Service alice/tett") || strings.Contains(got, "did you mean") {
		t.Error(got)
	}
}
