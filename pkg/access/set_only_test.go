package access

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// A report about some namespaces has their lines as the report about all has them, and no dead rule of others.
func TestExplainSomeNamespaces(t *testing.T) {
	const dead = "\n---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: dead, namespace: %s, annotations: {istio.io/dry-run: 'true'}}\nspec: {rules: [{}]}"
	w := func() *World {
		return load(t, tenants(t)+fmt.Sprintf(dead, "alice")+fmt.Sprintf(dead, "bob")+fmt.Sprintf(dead, "istio-system"))
	}
	all := w().Explain(kubeflow)
	for _, only := range [][]string{{"bob"}, {"alice"}, {"bob", "alice"}} {
		r := w().Explain(kubeflow, only...)
		var names []string
		for _, n := range r.Namespaces {
			names = append(append(names, n.Namespace), n.Like...)
			if i := slices.IndexFunc(all.Namespaces, func(o NamespaceReport) bool { return o.Namespace == n.Namespace }); i >= 0 && len(only) == 1 {
				if whole := all.Namespaces[i]; !reflect.DeepEqual(rowsOf(whole), rowsOf(n)) {
					t.Errorf("%v: %q, want %q", only, rowsOf(n), rowsOf(whole))
				}
			}
		}
		if slices.Sort(names); len(names) != len(only) || !slices.Contains(names, only[0]) {
			t.Errorf("%v: the report is about %q", only, names)
		}
		for _, d := range r.Dead {
			if of := append([]string{d.Policy}, d.Like...); !slices.ContainsFunc(only, func(n string) bool { return slices.Contains(of, n+"/dead") || slices.Contains(of, n) }) {
				t.Errorf("%v: %+v is dead", only, d)
			}
		}
		if len(r.Dead) == 0 {
			t.Errorf("%v: no rule is dead", only)
		}
	}
	if r := w().Explain(kubeflow, "no-such"); len(r.Namespaces)+len(r.Dead) > 0 {
		t.Errorf("%+v", r)
	}
}

func rowsOf(n NamespaceReport) (out []string) {
	for _, a := range n.Access {
		out = append(out, a.Who+" | "+a.Reaches+" | "+a.Outcome+" | "+a.By)
	}
	return out
}
