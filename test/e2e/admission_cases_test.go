package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// accounts may write what users may not, or may not either. "tenant" is the owner of the namespace bob, with every right
// in it. "admin", who may do everything, is the test itself.
var accounts = map[string]string{
	"tenant":                 "bob@example.com",
	"notebook-controller":    "system:serviceaccount:kubeflow:notebook-controller-service-account",
	"tensorboard-controller": "system:serviceaccount:kubeflow:tensorboard-controller-controller-manager",
	"pvcviewer-controller":   "system:serviceaccount:kubeflow:pvcviewer-controller-manager",
	"kserve":                 "system:serviceaccount:kubeflow:kserve-controller-manager",
	"llmisvc":                "system:serviceaccount:kubeflow:llmisvc-controller-manager",
	"knative":                "system:serviceaccount:knative-serving:controller",
	"metacontroller":         "system:serviceaccount:kubeflow:meta-controller-service",
	"profile-controller":     profileController,
	"istiod":                 "system:serviceaccount:istio-system:istiod",
	"deployments":            "system:serviceaccount:kube-system:deployment-controller",
	"replicasets":            "system:serviceaccount:kube-system:replicaset-controller",
	"statefulsets":           "system:serviceaccount:kube-system:statefulset-controller",
}

// The annotations of an object of testdata/admission; the API server never sees them.
const (
	// caseAnnotation names the case. Two objects of one case are an update: the first is there before the guardrails are.
	caseAnnotation = "e2e/case"
	// asAnnotation names the account that submits the object; without it the tenant does.
	asAnnotation = "e2e/as"
)

// admissionCase is one object that someone submits.
type admissionCase struct {
	name, account string
	// policy refuses it; "" is none.
	policy string
	object *kube.Object
	// before is nil where the object is new.
	before *kube.Object
}

// admissionCases reads refused/<policy>.yaml and admitted/<kind>.yaml.
func admissionCases(t *testing.T) []admissionCase {
	t.Helper()
	var cases []admissionCase
	for _, pattern := range []string{"refused/*.yaml", "admitted/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("testdata", "admission", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no objects: %v", err)
		}
		for _, file := range files {
			cases = append(cases, readAdmissionCases(t, file)...)
		}
	}
	return cases
}

func readAdmissionCases(t *testing.T, file string) []admissionCase {
	t.Helper()
	objects, err := kube.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	directory, base := filepath.Base(filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), ".yaml")
	var cases []admissionCase
	for _, o := range objects {
		c := admissionCase{name: base + "/" + take(o, caseAnnotation), account: take(o, asAnnotation), object: o}
		if c.account == "" {
			c.account = "tenant"
		}
		if accounts[c.account] == "" && c.account != "admin" {
			t.Fatalf("%s: nobody is called %q", c.name, c.account)
		}
		if directory == "refused" {
			c.policy = "ambient-profile-" + base
		}
		if last := len(cases) - 1; last >= 0 && cases[last].name == c.name {
			c.before = cases[last].object
			cases = cases[:last]
		}
		cases = append(cases, c)
	}
	return cases
}

// take returns an annotation that only the test needs, and removes it.
func take(o *kube.Object, annotation string) string {
	annotations := o.GetAnnotations()
	value := annotations[annotation]
	delete(annotations, annotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	o.SetAnnotations(annotations)
	return value
}

// plurals are kinds of Kubeflow, KServe and Gateway API that no other test needs.
var plurals = map[string]string{
	"InferenceService.serving.kserve.io":       "inferenceservices",
	"LLMInferenceService.serving.kserve.io":    "llminferenceservices",
	"Notebook.kubeflow.org":                    "notebooks",
	"PyTorchJob.kubeflow.org":                  "pytorchjobs",
	"XListenerSet.gateway.networking.x-k8s.io": "xlistenersets",
}

// definitionsFor the kinds of the cases take any field.
func definitionsFor(cases []admissionCase) []*kube.Object {
	var crds []*kube.Object
	var seen []string
	for _, c := range cases {
		gvk := c.object.GroupVersionKind()
		kind := gvk.GroupKind().String()
		plural, found := plurals[kind]
		if !found || slices.Contains(seen, kind) {
			continue
		}
		seen = append(seen, kind)
		crd := object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", plural+"."+gvk.Group, map[string]any{
			"group": gvk.Group, "scope": "Namespaced",
			"names": map[string]any{"kind": gvk.Kind, "plural": plural, "singular": strings.ToLower(gvk.Kind)},
			"versions": []any{map[string]any{
				"name": gvk.Version, "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		})
		if strings.HasSuffix(gvk.Group, "k8s.io") {
			crd.SetAnnotations(map[string]string{"api-approved.kubernetes.io": "unapproved, a stand-in"})
		}
		crds = append(crds, crd)
	}
	return crds
}
