package fn

import (
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// The referee is silent about what a conversion has said of the same object, and about nothing else.
func TestRepeatsAreLeftOut(t *testing.T) {
	about := func(code diagnostic.Code, apiVersion, kind, name string) diagnostic.Diagnostic {
		return diagnostic.Diagnostic{Code: code, Object: diagnostic.Object{APIVersion: apiVersion, Kind: kind, Namespace: "alice", Name: name}}
	}
	policy := func(code diagnostic.Code, apiVersion, name string) diagnostic.Diagnostic {
		return about(code, apiVersion, "AuthorizationPolicy", name)
	}
	fromItems := []diagnostic.Diagnostic{
		policy(diagnostic.NoServiceSelected, "security.istio.io/v1", "nowhere"),
		policy(diagnostic.OtherPodsToo, "security.istio.io/v1", "shared"),
		about(diagnostic.TokensNotVerified, "security.istio.io/v1", "RequestAuthentication", "tokens"),
	}
	fromReferee := []diagnostic.Diagnostic{
		policy(diagnostic.RulesLost, "", "nowhere"),
		policy(diagnostic.StrangersAllowed, "", "nowhere"),
		policy(diagnostic.RulesLost, "", "shared"),
		policy(diagnostic.RulesLost, "", "unnamed"),
		about(diagnostic.AuthenticationUnread, "security.istio.io/v1beta1", "RequestAuthentication", "tokens"),
		about(diagnostic.AuthenticationUnread, "security.istio.io/v1beta1", "RequestAuthentication", "others"),
	}
	want := []diagnostic.Diagnostic{fromReferee[1], fromReferee[2], fromReferee[3], fromReferee[5]}
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
