package access

import (
	"strings"
	"testing"
)

// A report of a part has the lines of the client and the Service that it is asked about, and no others.
func TestExplainOnly(t *testing.T) {
	text := alikeFront + aTenant("ann", "ann@x.io", "") + aTenant("bob", "bob@x.io", "")
	for name, c := range map[string]struct {
		filter Filter
		want   []string
	}{
		"a client":         {Filter{Namespaces: []string{"ann"}, From: From{User: "ann@x.io"}, Service: "s"}, []string{"user trimmed:ann@x.io s"}},
		"another client":   {Filter{Namespaces: []string{"ann"}, From: From{User: "bob@x.io"}}, []string{"user bob@x.io nothing"}},
		"a pod":            {Filter{Namespaces: []string{"ann"}, From: From{ServiceAccount: "ann/x"}, Service: "s", Port: 80}, []string{"pods of ns ann s"}},
		"no such Service":  {Filter{Service: "t"}, nil},
		"no such port":     {Filter{Service: "s", Port: 81}, nil},
		"another issuer":   {Filter{Namespaces: []string{"ann"}, From: From{JWT: &JWT{Issuer: "https://x"}}}, []string{"a token of the issuer https://x nothing"}},
		"nobody in a mesh": {Filter{Namespaces: []string{"ann"}, From: From{OffMesh: true}, Service: "s"}, []string{"anything off the mesh s"}},
	} {
		var got []string
		r := load(t, text).ExplainOnly(Roles{}, c.filter)
		for _, n := range r.Namespaces {
			for _, a := range n.Access {
				got = append(got, a.Who+" "+a.Reaches)
			}
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") || len(r.Dead) > 0 {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A difference of a part has the changes of the client and the Service that it is asked about.
func TestDiffOnly(t *testing.T) {
	base := alikeFront + aTenant("ann", "ann@x.io", "")
	next := base + extraRule("ann", "rules: [{to: [{operation: {paths: [/healthz]}}]}]")
	for name, c := range map[string]struct {
		filter   Filter
		gained   int
		compared int
	}{
		"a pod that gains":  {Filter{From: From{ServiceAccount: "other/x"}}, 1, 1},
		"a pod that has it": {Filter{Namespaces: []string{"ann"}, From: From{ServiceAccount: "ann/x"}}, 0, 1},
		"another Service":   {Filter{Service: "t"}, 0, 0},
		"the Service":       {Filter{Service: "s", From: From{OffMesh: true}}, 0, 1},
	} {
		a, b := worlds(t, base, next)
		d := a.DiffOnly(b, c.filter)
		if (d.count(hasGained) > 0) != (c.gained > 0) || (d.Compared > 0) != (c.compared > 0) {
			t.Errorf("%s: %d compared: %s", name, d.Compared, d.said())
		}
	}
}
