package fn

import (
	"path/filepath"
	"strings"
	"testing"
)

// What examples/patch tells people with Kubernetes 1.34 and 1.35 to write in place of the deletion
// rewrites both mutating pairs, and nothing else.
func TestMutatingPoliciesAsBeta(t *testing.T) {
	t.Setenv(asPlugin, "1")
	dir := workspace(t, filepath.Join(examplesDir, "patch"))
	kustomization := filepath.Join(dir, "kustomization.yaml")
	write(t, kustomization, strings.Replace(read(t, kustomization), "- without-mutating-policies.yaml", "- mutating-policies-of-1.34.yaml", 1))
	versions := map[string]int{}
	for _, object := range strings.Split(build(t, dir), "\n---\n") {
		version, rest, _ := strings.Cut(strings.TrimPrefix(object, "apiVersion: admissionregistration.k8s.io/"), "\n")
		kind, _, _ := strings.Cut(strings.TrimPrefix(rest, "kind: "), "\n")
		if strings.Contains(kind, "AdmissionPolicy") {
			versions[version+" "+strings.TrimSuffix(kind, "Binding")]++
		}
	}
	if versions["v1beta1 MutatingAdmissionPolicy"] != 4 || versions["v1 MutatingAdmissionPolicy"] != 0 || versions["v1beta1 ValidatingAdmissionPolicy"] != 0 {
		t.Errorf("got %v", versions)
	}
}
