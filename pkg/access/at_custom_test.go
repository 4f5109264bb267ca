package access

import (
	"strings"
	"testing"
)

const providers = "\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\n" +
	"data: {mesh: '{extensionProviders: [{name: http, envoyExtAuthzHttp: {port: 80}}, {name: grpc, envoyExtAuthzGrpc: {port: 80}}, {name: trace, zipkin: {port: 80}}]}'}"

func TestCustomProviders(t *testing.T) {
	by := func(name, provider, rules string) string {
		text := onWaypoint("action: CUSTOM, provider: {name: " + provider + "}, rules: [" + rules + "]")
		return strings.TrimPrefix(edit(t, text, "name: p,", "name: "+name+","), small)
	}
	all, other := "{}", "{to: [{operation: {ports: ['81']}}]}"
	paths := "{to: [{operation: {paths: [/never]}}]}" // which TCP does not see
	for _, c := range []struct {
		name, policies string
		http, tcp      Outcome
	}{
		{"an HTTP one is not asked about TCP", by("p", "http", all), NotJudged, Allow},
		{"a gRPC one is", by("p", "grpc", all), NotJudged, NotJudged},
		{"one that authorizes nothing denies", by("p", "trace", all), Deny, Deny},
		{"one that nobody defined denies", by("p", "typo", all), Deny, Deny},
		{"but only what matches", by("p", "typo", other), Allow, Allow},
		{"two deny what one of them matches", by("p", "http", other) + by("q", "grpc", all), Deny, Deny},
		{"or the other", by("p", "http", all) + by("q", "grpc", other), Deny, Deny},
		{"and nothing else", by("p", "http", other) + by("q", "grpc", other), Allow, Allow},
		{"two policies of one are fine", by("p", "grpc", other) + by("q", "grpc", other), Allow, Allow},
		{"on TCP two deny more", by("p", "http", paths) + by("q", "grpc", other), Allow, Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, small+c.policies+providers)
			r := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Path: "/x"}
			decides(t, w, r, c.http)
			r.TCP, r.Port = true, 100
			decides(t, w, r, c.tcp)
		})
	}
	// Without meshConfig nobody knows what a provider is, but that two are too many.
	tcp := Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, TCP: true, Port: 100}
	decides(t, load(t, small+by("p", "http", all)), tcp, NotJudged)
	decides(t, load(t, small+by("p", "http", all)+by("q", "grpc", other)), tcp, Deny)
}

// A session passes one authorizer, as assumed; two of them deny it like everybody.
func TestASessionDoesNotPassTwoProviders(t *testing.T) {
	one := atFront("{" + frontRef + "action: CUSTOM, provider: {name: http}, rules: [{}]}")
	two := one + "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: q, namespace: edge}\n" +
		"spec: {" + frontRef + "action: CUSTOM, provider: {name: grpc}, rules: [{to: [{operation: {paths: [/z]}}]}]}"
	r := Request{From: From{User: "u@x"}, To: To{Namespace: "a", Service: "s"}, Path: "/s/x"}
	decides(t, load(t, one), r, Allow)
	decides(t, load(t, two), r, Deny)
	// What is doubtful or malformed stays so, session or not.
	doubtful := "rules: [{to: [{operation: {hosts: [x]}}]}]"
	decides(t, load(t, edit(t, edit(t, one, "name: http", "name: typo"), "rules: [{}]", doubtful)+providers), r, NotJudged)
	decides(t, load(t, edit(t, one, "rules: [{}]", "rules: [{}, {when: [{key: source.namespace, values: [b]}]}]")), r, NotJudged)
	// A malformed policy does not make two of one.
	malformed := edit(t, two, "paths: [/z]", "paths: ['/{z']")
	if v := decides(t, load(t, malformed), r, NotJudged); v.Policy != "edge/q" {
		t.Error(v.By())
	}
}
