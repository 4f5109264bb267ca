package enroll

import "testing"

func TestHostTemplates(t *testing.T) {
	for _, c := range []struct {
		template, short, long string
		apart, understood     bool
		twin                  string // of short, where the host of x in long is its own as well
	}{
		{modelHosts, "", "", true, true, ""},
		{defaultModelHosts, "alice", "team-alice", false, true, "x-team"},
		{"{{.Name}}-{{.Namespace}}.{{.IngressDomain}}", "alice", "a-b-alice", false, true, "x-a-b"},
		{"{{- .Name -}}-{{- .Namespace -}}.example.com", "alice", "team-alice", false, true, "x-team"},
		{defaultModelHosts, "alice", "teamalice", false, true, ""},
		{defaultModelHosts, "alice", "alice-team", false, true, ""},
		{"{{.Name}}-in-{{.Namespace}}.example.com", "alice", "team-alice", false, true, ""},
		{"{{.Name}}-in-{{.Namespace}}.example.com", "alice", "team-in-alice", false, true, "x-in-team"},
		{"{{.Name}}{{.Namespace}}.example.com", "alice", "teamalice", false, true, "xteam"},
		{"{{.Namespace}}-{{.Name}}.example.com", "alice", "alice-team", false, true, "team-x"},
		{"{{.Namespace}}-{{.Name}}.example.com", "alice", "team-alice", false, true, ""},
		{"m-{{.Name}}.ns-{{.Namespace}}-x.{{.IngressDomain}}", "", "", true, true, ""},
		{"{{.Name}}-{{.Namespace}}.{{.Namespace}}.example.com", "", "", true, true, ""},
		{"{{.Namespace}}.example.com", "", "", true, true, ""},
		{"{{.Name}}.example.com", "", "", false, false, ""},
		{`{{.Name}}.{{ index .Annotations "x" }}.{{.Namespace}}`, "", "", false, false, ""},
		{"{{.Name}}.{{.Labels}}.{{.Namespace}}", "", "", false, false, ""},
		{`{{.Name}}.{{ printf "%s" .Namespace }}.example.com`, "", "", false, false, ""},
		{"{{.Name}}-{{.Namespace}}-{{.Name}}.example.com", "", "", false, false, ""},
	} {
		got := readHostTemplate(c.template)
		if got.apart != c.apart || got.understood != c.understood {
			t.Errorf("%s: %+v", c.template, got)
		}
		if c.short == "" {
			continue
		}
		if twin := got.twin(c.short, c.long); twin != c.twin {
			t.Errorf("%s: the twin of x in %s is %q of %s, want %q", c.template, c.long, twin, c.short, c.twin)
		}
	}
}
