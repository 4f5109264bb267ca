package fn

import (
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// The referee is silent about what a conversion has said of the same object, and about nothing else.
func TestRepeatsAreLeftOut(t *testing.T) {
	policy := func(code diagnostic.Code, apiVersion, name string) diagnostic.Diagnostic {
		return diagnostic.Diagnostic{Code: code, Object: diagnostic.Object{APIVersion: apiVersion, Kind: "AuthorizationPolicy", Namespace: "alice", Name: name}}
	}
	fromItems := []diagnostic.Diagnostic{
		policy(diagnostic.NoServiceSelected, "security.istio.io/v1", "nowhere"),
		policy(diagnostic.OtherPodsToo, "security.istio.io/v1", "shared"),
	}
	fromReferee := []diagnostic.Diagnostic{
		policy(diagnostic.RulesLost, "", "nowhere"),
		policy(diagnostic.Uncoded, "", "nowhere"),
		policy(diagnostic.RulesLost, "", "shared"),
		policy(diagnostic.RulesLost, "", "unnamed"),
	}
	want := []diagnostic.Diagnostic{fromReferee[1], fromReferee[2], fromReferee[3]}
	got := withoutRepeats(fromReferee, fromItems)
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("finding %d is %v, want %v", i, got[i], want[i])
		}
	}
}
