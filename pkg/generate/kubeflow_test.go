package generate

import (
	"strings"
	"testing"

	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// platformPlan is the plan of a control plane that moves, with guardrails, for what was found of it.
func platformPlan(t *testing.T, in survey.KubeflowInput) Plan {
	return newPlan(t, "{platform: {enabled: true}, admission: {enabled: true}}", in)
}

func newPlan(t *testing.T, cluster string, in survey.KubeflowInput) Plan {
	t.Helper()
	var config yaml.Node
	err := yaml.Unmarshal([]byte(`
apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: kubeflow}
spec:
  profiles: [{name: alice, owner: {name: alice@example.com}}]
  cluster: `+cluster), &config)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(config.Content[0])
	if err != nil {
		t.Fatal(err)
	}
	return NewPlan(p, survey.Found{Profiles: p.Spec.Profiles, Kubeflow: survey.Find(in)})
}

// Every policy is where its rules work: what ztunnel enforces holds nothing of HTTP, and is for the
// pods of one component; the one that denies all has no rule.
func TestPoliciesFitTheirLayer(t *testing.T) {
	for _, o := range platformManifests(*platformPlan(t, survey.KubeflowInput{}).Platform) {
		spec, found := o.Fields["spec"].(*security.AuthorizationPolicy)
		if !found || len(spec.TargetRefs) > 0 {
			continue
		}
		if o.Name == "global-deny-all" {
			if len(spec.Rules) > 0 || spec.Action != security.AuthorizationPolicy_ALLOW {
				t.Errorf("%s grants access", o.Name)
			}
			continue
		}
		if o.Namespace != profile.KubeflowNamespace || len(spec.Selector.GetMatchLabels()) == 0 {
			t.Errorf("%s/%s: is for every pod", o.Namespace, o.Name)
		}
		for i, rule := range spec.Rules {
			if len(rule.When) > 0 {
				t.Errorf("%s: rule %d has conditions", o.Name, i)
			}
			if len(rule.From) == 0 && len(rule.To) == 0 {
				t.Errorf("%s: rule %d opens every port for everybody", o.Name, i)
			}
			for _, to := range rule.To {
				if op := to.Operation; len(op.Ports) == 0 || len(op.Paths)+len(op.Methods)+len(op.Hosts) > 0 {
					t.Errorf("%s: rule %d is for something else than ports", o.Name, i)
				}
			}
		}
	}
}

// What people see of the artifact store depends on which one is there.
func TestStorageIsTheOneThatIsThere(t *testing.T) {
	for want, workloads := range map[string][]survey.Workload{
		"seaweedfs-service":               {{Name: "seaweedfs"}},
		"minio-service":                   {{Name: "minio"}},
		"minio-service seaweedfs-service": {{Name: "minio"}, {Name: "seaweedfs"}},
		"seaweedfs-service ":              {{Name: "dashboard"}},
	} {
		var names []string
		for _, o := range storage(*platformPlan(t, survey.KubeflowInput{Workloads: workloads}).Platform) {
			names = append(names, o.Name)
		}
		if got := strings.Join(names, " "); got != strings.TrimSpace(want) {
			t.Errorf("%v: got %q, want %q", workloads, got, want)
		}
	}
}
