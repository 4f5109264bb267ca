package access

import "testing"

// What every request has is not absent because a case does not name it.
func TestHeadersThatEveryRequestHas(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	for when, want := range map[string]Outcome{
		"{key: 'request.headers[:scheme]', values: ['*']}": Allow, "{key: 'request.headers[:scheme]', values: [http]}": NotJudged,
		"{key: 'request.headers[:protocol]', values: ['*']}": NotJudged, "{key: 'request.headers[:status]', values: ['*']}": Deny,
	} {
		decides(t, load(t, onWaypoint("rules: [{when: ["+when+"]}]")), r, want)
	}
}

// A principal is written without spiffe://; one that is not is of no trust domain.
func TestPrincipalsWithAScheme(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}
	decides(t, load(t, onWaypoint("rules: [{from: [{source: {principals: ['spiffe://cluster.local/ns/b/sa/c']}}]}]")), r, Deny)
	r.To.Direct = true
	decides(t, load(t, withPolicy("{rules: [{from: [{source: {principals: ['spiffe://cluster.local/ns/b/sa/c']}}]}]}")), r, Deny)
	decides(t, load(t, withPolicy("{rules: [{from: [{source: {principals: [corp.example/ns/b/sa/c]}}]}]}")), r, Allow)
}
