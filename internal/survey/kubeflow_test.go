package survey

import "testing"

// A policy of the wrong labels would leave a component closed, and one without any open the rest.
func TestComponentsAreFoundByTheirLabels(t *testing.T) {
	for name, test := range map[string]struct {
		workload  Workload
		component string
		want      Component
	}{
		"June 2026": {
			Workload{"dashboard", "dashboard", map[string]string{"app": "kubeflow-dashboard", "version": "1"}}, Dashboard,
			Component{Dashboard, "dashboard", map[string]string{"app": "kubeflow-dashboard"}, "dashboard", true},
		},
		"1.10": {
			Workload{"centraldashboard", "centraldashboard", map[string]string{"app": "centraldashboard"}}, Dashboard,
			Component{Dashboard, "centraldashboard", map[string]string{"app": "centraldashboard"}, "centraldashboard", true},
		},
		"labels of another release": {
			Workload{"profiles-deployment", "x", map[string]string{"kustomize.component": "profiles"}}, ProfileController,
			Component{ProfileController, "x", map[string]string{"kustomize.component": "profiles"}, "profiles-kfam", true},
		},
		"labels that nobody knows": {
			Workload{"mysql", "mysql", map[string]string{"tier": "db"}}, MySQL,
			Component{MySQL, "mysql", map[string]string{"tier": "db"}, "mysql", true},
		},
		"no labels at all": {
			Workload{"mysql", "mysql", nil}, MySQL,
			Component{MySQL, "mysql", map[string]string{"app": "mysql"}, "mysql", true},
		},
		"not in the input": {
			Workload{"other", "other", nil}, MySQL,
			Component{MySQL, "mysql", map[string]string{"app": "mysql"}, "mysql", false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Find(Input{Workloads: []Workload{test.workload}}).Component(test.component)
			if got.Name != test.want.Name || got.Account != test.want.Account || got.Service != test.want.Service || got.Found != test.want.Found || !sameLabels(got.Labels, test.want.Labels) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func sameLabels(a, b map[string]string) bool {
	for key, value := range a {
		if b[key] != value {
			return false
		}
	}
	return len(a) == len(b)
}
