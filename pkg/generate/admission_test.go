package generate

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// A Namespace in the mesh that nothing closes is open to everybody until its policies come.
func TestNewTenantsJoinOnlyWhereSomethingClosesThem(t *testing.T) {
	for _, test := range []struct {
		name, cluster string
		closed, want  bool
	}{
		{"the profile-controller writes its policy", "{admission: {enabled: true}}", false, true},
		{"nobody does", "{controllers: Restrict, admission: {enabled: true}}", false, false},
		{"the platform denies by default", "{controllers: Restrict, platform: {enabled: true}, admission: {enabled: true}}", false, true},
		{"the input denies by default", "{controllers: Restrict, admission: {enabled: true}}", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := newPlan(t, test.cluster, survey.KubeflowInput{Closed: test.closed})
			got := slices.ContainsFunc(Manifests(plan), func(o Object) bool { return o.Name == newTenantsPolicy })
			if got != test.want {
				t.Errorf("emitted: %t, want %t", got, test.want)
			}
		})
	}
}

// A policy without a binding is not in force, and one that is not Fail lets pass what it cannot read.
func TestEveryGuardIsInForce(t *testing.T) {
	bound := map[string]bool{}
	objects := Manifests(platformPlan(t, survey.KubeflowInput{}))
	for _, o := range objects {
		if strings.HasSuffix(o.Kind, "AdmissionPolicyBinding") {
			bound[o.Kind+"/"+o.Fields["spec"].(Fields)["policyName"].(string)] = true
		}
	}
	guards := 0
	for _, o := range objects {
		if !strings.HasSuffix(o.Kind, "AdmissionPolicy") {
			continue
		}
		guards++
		spec := o.Fields["spec"].(Fields)
		if spec["failurePolicy"] != "Fail" {
			t.Errorf("%s fails open", o.Name)
		}
		if !bound[o.Kind+"Binding/"+o.Name] {
			t.Errorf("%s is not in force", o.Name)
		}
		validations, _ := spec["validations"].([]Fields)
		for _, v := range validations {
			if !strings.HasPrefix(v["expression"].(string), "!variables.users || ") {
				t.Errorf("%s is for namespaces that are not users': %s", o.Name, v["expression"])
			}
		}
	}
	if guards == 0 {
		t.Error("there are no guards")
	}
}
