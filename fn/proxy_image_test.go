package fn

import (
	"os"
	"path/filepath"
	"testing"
)

// The images of a kustomization come before its transformers, so they change the key proxy's only in an outer one.
// The configuration takes an image with tag and digest.
func TestImageOfTheKeyProxy(t *testing.T) {
	t.Setenv(asPlugin, "1")
	const (
		standard = "image: registry.k8s.io/kubectl:v1.34.3\n"
		other    = "registry.k8s.io/kubectl:v1.36.3"
		images   = "images: [{name: registry.k8s.io/kubectl, newTag: v1.36.3}]\n"
		digest   = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	)
	outer := t.TempDir()
	inner := filepath.Join(outer, "inner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	config := read(t, filepath.Join(examplesDir, "quickstart", "ambientprofile.yaml"))
	write(t, filepath.Join(inner, "ambientprofile.yaml"), config)
	write(t, filepath.Join(inner, "kustomization.yaml"), "resources: [ambientprofile.yaml]\ntransformers: [ambientprofile.yaml]\n"+images)
	write(t, filepath.Join(outer, "kustomization.yaml"), "resources: [inner]\n"+images)
	link(t, inner)
	part(t, "the inner kustomization", build(t, inner), standard)
	part(t, "the outer kustomization", build(t, outer), "image: "+other+"\n")
	write(t, filepath.Join(inner, "ambientprofile.yaml"), config+"  cluster: {tokens: {jwks: {image: '"+other+digest+"'}}}\n")
	part(t, "the configured image", build(t, inner), "image: "+other+digest+"\n")
}
