package enroll

import (
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// The order of two routes matters where the later one is closer, and one request could match both.
func TestOrderMatters(t *testing.T) {
	match := func(kind, path string, more ...any) generate.Fields {
		fields := generate.Fields{}
		if path != "" {
			fields["path"] = generate.Fields{"type": kind, "value": path}
		}
		for i := 0; i+1 < len(more); i += 2 {
			fields[more[i].(string)] = more[i+1]
		}
		return fields
	}
	value := func(name, kind, text string) []any {
		fields := generate.Fields{"name": name, "value": text}
		if kind != "" {
			fields["type"] = kind
		}
		return []any{fields}
	}
	for _, test := range []struct {
		name          string
		first, second generate.Fields
		want          bool
	}{
		{"the closer prefix first", match("PathPrefix", "/a/b/"), match("PathPrefix", "/a/"), false},
		{"the closer prefix last", match("PathPrefix", "/a/"), match("PathPrefix", "/a/b/"), true},
		{"prefixes that do not meet", match("PathPrefix", "/a/"), match("PathPrefix", "/bb/c/"), false},
		{"one path last", match("PathPrefix", "/a/"), match("Exact", "/a/b"), true},
		{"one path that the prefix does not cover", match("PathPrefix", "/a/"), match("Exact", "/b"), false},
		{"one path first", match("Exact", "/a/b"), match("PathPrefix", "/a/"), false},
		{"two paths", match("Exact", "/a"), match("Exact", "/bbb"), false},
		{"a pattern first", match("RegularExpression", "/a.*"), match("PathPrefix", "/a/"), true},
		{"a pattern last", match("PathPrefix", "/a/"), match("RegularExpression", "/a/[0-9]+"), false},
		{"a header before a path", match("", "", "headers", value("x-a", "", "1")), match("PathPrefix", "/a/"), true},
		{"everything first", match("", ""), match("PathPrefix", "/a/"), true},
		{"everything last", match("PathPrefix", "/a/"), match("", ""), false},
		{"a method last", match("PathPrefix", "/a/"), match("PathPrefix", "/a/", "method", "GET"), true},
		{"a method first", match("PathPrefix", "/a/", "method", "GET"), match("PathPrefix", "/a/"), false},
		{"two methods", match("PathPrefix", "/a/", "method", "GET"), match("PathPrefix", "/a/b/", "method", "POST"), false},
		{"two values of a header", match("PathPrefix", "/a/", "headers", value("X-A", "", "1")), match("PathPrefix", "/a/b/", "headers", value("x-a", "", "2")), false},
		{"a value and a pattern of a header", match("PathPrefix", "/a/", "headers", value("x-a", "", "1")), match("PathPrefix", "/a/b/", "headers", value("x-a", "RegularExpression", ".")), true},
		{"two headers", match("PathPrefix", "/a/", "headers", value("x-a", "", "1")), match("PathPrefix", "/a/b/", "headers", value("x-b", "", "2")), true},
		{"a header more", match("PathPrefix", "/a/"), match("PathPrefix", "/a/", "headers", value("x-b", "", "2")), true},
		{"a query more", match("PathPrefix", "/a/"), match("PathPrefix", "/a/", "queryParams", value("q", "", "2")), true},
		{"the same", match("PathPrefix", "/a/"), match("PathPrefix", "/a/"), false},
	} {
		rules := []any{generate.Fields{"matches": []any{test.first}}, generate.Fields{"matches": []any{test.second}}}
		if got := orderMatters(rules, []string{"one", "two"}); got != "" != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
	one := []any{generate.Fields{"matches": []any{match("PathPrefix", "/a/"), match("PathPrefix", "/a/b/")}}}
	if got := orderMatters(one, []string{"one"}); got != "" {
		t.Errorf("one rule: %q", got)
	}
	if got := orderMatters([]any{generate.Fields{}, one[0]}, []string{"one", "two"}); got == "" {
		t.Error("a rule without matches takes every request")
	}
}
