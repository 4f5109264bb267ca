package platform

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// A Namespace in the mesh that nothing closes is open to everybody until its policies come.
func TestNewTenantsJoinOnlyWhereSomethingClosesThem(t *testing.T) {
	for _, test := range []struct {
		name                       string
		restrict, platform, closed bool
		want                       bool
	}{
		{"the profile-controller writes its policy", false, false, false, true},
		{"nobody does", true, false, false, false},
		{"the platform denies by default", true, true, false, true},
		{"the input denies by default", true, false, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan(t)
			p.Restrict = test.restrict
			if !test.platform {
				p.Platform = nil
			}
			got := slices.ContainsFunc(Manifests(p, survey.Find(survey.Input{Closed: test.closed})), func(o generate.Object) bool { return o.Name == newTenantsPolicy })
			if got != test.want {
				t.Errorf("emitted: %t, want %t", got, test.want)
			}
		})
	}
}

// A policy without a binding is not in force, and one that is not Fail lets pass what it cannot read.
func TestEveryGuardIsInForce(t *testing.T) {
	bound := map[string]bool{}
	objects := Manifests(plan(t), survey.Find(survey.Input{}))
	for _, o := range objects {
		if strings.HasSuffix(o.Kind, "AdmissionPolicyBinding") {
			bound[o.Kind+"/"+o.Fields["spec"].(generate.Fields)["policyName"].(string)] = true
		}
	}
	guards := 0
	for _, o := range objects {
		if !strings.HasSuffix(o.Kind, "AdmissionPolicy") {
			continue
		}
		guards++
		spec := o.Fields["spec"].(generate.Fields)
		if spec["failurePolicy"] != "Fail" {
			t.Errorf("%s fails open", o.Name)
		}
		if !bound[o.Kind+"Binding/"+o.Name] {
			t.Errorf("%s is not in force", o.Name)
		}
		validations, _ := spec["validations"].([]generate.Fields)
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
