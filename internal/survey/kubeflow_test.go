package survey

import "testing"

// A policy of the wrong labels would leave a component closed, and one without any open the rest.
func TestComponentsAreFoundByTheirLabels(t *testing.T) {
	for name, test := range map[string]struct {
		workload Workload
		want     Component
	}{
		"June 2026": {
			Workload{"dashboard", "dashboard", map[string]string{"app": "kubeflow-dashboard", "version": "1"}},
			Component{Name: Dashboard, Account: "dashboard", Labels: map[string]string{"app": "kubeflow-dashboard"}, Service: "dashboard", Found: true},
		},
		"1.10": {
			Workload{"centraldashboard", "centraldashboard", map[string]string{"app": "centraldashboard"}},
			Component{Name: Dashboard, Account: "centraldashboard", Labels: map[string]string{"app": "centraldashboard"}, Service: "centraldashboard", Found: true},
		},
		"labels of another release": {
			Workload{"profiles-deployment", "x", map[string]string{"kustomize.component": "profiles"}},
			Component{Name: ProfileController, Account: "x", Labels: map[string]string{"kustomize.component": "profiles"}, Service: "profiles-kfam", Found: true},
		},
		"labels that nobody knows": {
			Workload{"mysql", "mysql", map[string]string{"tier": "db"}},
			Component{Name: MySQL, Account: "mysql", Labels: map[string]string{"tier": "db"}, Service: "mysql", Found: true},
		},
		"no labels at all": {
			Workload{"mysql", "mysql", nil},
			Component{Name: MySQL, Account: "mysql", Labels: map[string]string{"app": "mysql"}, Service: "mysql", Found: true},
		},
		"not in the input": {
			Workload{"other", "other", nil},
			Component{Name: MySQL, Account: "mysql", Labels: map[string]string{"app": "mysql"}, Service: "mysql", Found: false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Find(KubeflowInput{Workloads: []Workload{test.workload}}).Component(test.want.Name)
			if got.Account != test.want.Account || got.Service != test.want.Service || got.Found != test.want.Found || !sameLabels(got.Labels, test.want.Labels) {
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
