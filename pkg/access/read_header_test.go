package access

import "testing"

// What a proxy does with a header itself is not known from what the client sends.
func TestHeadersOfTheProxy(t *testing.T) {
	r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Headers: map[string]string{
		"X-Forwarded-For": "10.0.0.1", "x-team": "blue", "x-gone": "1", "X_Team": "red", "Connection": "close, X-Gone",
	}}
	for when, want := range map[string]Outcome{
		"key: 'request.headers[x-forwarded-for]', values: ['10.0.0.1']": NotJudged, "key: 'request.headers[x-request-id]', notValues: ['*']": NotJudged,
		"key: 'request.headers[x-envoy-original-path]', values: [a]": NotJudged, "key: 'request.headers[connection]', values: [close]": NotJudged,
		"key: 'request.headers[x-gone]', values: ['1']": NotJudged, "key: 'request.headers[x-team]', values: [blue]": Deny,
		"key: 'request.headers[x_team]', values: [red]": Deny, "key: 'request.headers[x-team]', values: [red]": Allow,
	} {
		decides(t, load(t, onWaypoint("action: DENY, rules: [{when: [{"+when+"}]}]")), r, want)
	}
}

func TestHeadersThatCannotBeSent(t *testing.T) {
	for name, v := range map[string]string{":path": "/x", "a b": "c", "a:": "c", "": "c", "é": "c", "a": "b\r\nc: d", "b": "\x00"} {
		r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Headers: map[string]string{name: v}}
		if bad := r.check(); bad == nil || bad.field != "request.headers."+name {
			t.Errorf("%q: %q passes", name, v)
		}
	}
}
