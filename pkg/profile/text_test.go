package profile

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// The short cut never takes for text what the library that it spares does not; at odd cases of
// the words for bools ("oN") it is the stricter.
func FuzzIsText(f *testing.F) {
	for _, s := range []string{"", "y", "No", "TRUE", "null", "Null", "~", "e1", "a:b", "a: b", "a:", "x-1", "nan", ".inf", "0x1", "user@example.com", "cluster.local/ns/a/sa/b", "a\tb", "a#b", "a #b", "infinity", "nil", "system:serviceaccount:a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if manifest.IsText(s) && yaml.IsValueNonString(s) {
			t.Errorf("IsText(%q), but not to kyaml", s)
		}
		if !manifest.IsPlainText(s) {
			return
		}
		text, err := yaml.Marshal(map[string]string{"k": s})
		if err != nil || string(text) != "k: "+s+"\n" {
			t.Errorf("IsPlainText(%q), but the library writes %q", s, text)
		}
	})
}
