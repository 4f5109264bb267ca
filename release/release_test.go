package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestRelease builds once and looks at every part, then builds again: cross compilation is slow.
func TestRelease(t *testing.T) {
	r := release{root: "..", out: filepath.Join(t.TempDir(), "dist"), version: "v0.0.1", commit: "c0ffee", date: time.Unix(1700000000, 0).UTC()}
	digest, err := r.build()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("archives hold a program that knows its version", func(t *testing.T) { archives(t, r) })
	t.Run("checksums are right", func(t *testing.T) { checksums(t, r) })
	t.Run("SBOM names what is linked", func(t *testing.T) { sboms(t, r) })
	t.Run("image is whole and for both architectures", func(t *testing.T) { image(t, r, digest) })
	t.Run("image runs", func(t *testing.T) { imageRuns(t, r) })
	packageTests(t, r)
	t.Run("a second build gives the same bytes", func(t *testing.T) {
		again := r
		again.out = filepath.Join(t.TempDir(), "again")
		if second, err := again.build(); err != nil || second != digest {
			t.Fatalf("digest %s, then %s: %v", digest, second, err)
		}
		if first, second := tree(t, r.out), tree(t, again.out); !slices.Equal(first, second) {
			t.Errorf("first\n%s\nthen\n%s", strings.Join(first, "\n"), strings.Join(second, "\n"))
		}
	})
	t.Run("a directory that holds something is refused", func(t *testing.T) {
		if _, err := r.build(); err == nil || !strings.Contains(err.Error(), "is not empty") {
			t.Errorf("error %v", err)
		}
	})
}

func archives(t *testing.T, r release) {
	for _, p := range platforms {
		files := unpack(t, filepath.Join(r.out, "ambient-profile_v0.0.1_"+p.os+"_"+p.arch+".tar.gz"))
		if len(files) != 3 || files["LICENSE"] == nil || files["README.md"] == nil || files["ambient-profile"] == nil {
			t.Errorf("%v: the archive does not hold the program, LICENSE and README.md", p)
		}
	}
	program := filepath.Join(t.TempDir(), "ambient-profile")
	host := filepath.Join(r.out, "ambient-profile_v0.0.1_"+goEnv(t, "GOOS")+"_"+goEnv(t, "GOARCH")+".tar.gz")
	if err := os.WriteFile(program, unpack(t, host)["ambient-profile"], 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "version").CombinedOutput()
	if want := "ambient-profile v0.0.1\ncommit c0ffee\ngo"; err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("version prints %q, want %q first: %v", out, want, err)
	}
}

func checksums(t *testing.T, r release) {
	listed := strings.Split(strings.TrimSpace(string(read(t, filepath.Join(r.out, "checksums.txt")))), "\n")
	if want := 2*len(platforms) + 1; len(listed) != want { // an archive and an SBOM each, and the Helm plugin
		t.Errorf("%d files are listed, want %d", len(listed), want)
	}
	for _, line := range listed {
		sum, file, _ := strings.Cut(line, "  ")
		if got := fmt.Sprintf("%x", sha256.Sum256(read(t, filepath.Join(r.out, file)))); got != sum {
			t.Errorf("%s: %s is listed, it is %s", file, sum, got)
		}
	}
}

func sboms(t *testing.T, r release) {
	for _, p := range platforms {
		var bom struct {
			BomFormat string
			Metadata  struct {
				Component struct{ Name, Version string }
			}
			Components []struct{ Name, Version, Purl string }
		}
		if err := json.Unmarshal(read(t, filepath.Join(r.out, "ambient-profile_v0.0.1_"+p.os+"_"+p.arch+".cdx.json")), &bom); err != nil {
			t.Fatal(err)
		}
		if bom.BomFormat != "CycloneDX" || bom.Metadata.Component.Version != r.version {
			t.Errorf("%v: %+v", p, bom.Metadata)
		}
		var names []string
		for _, c := range bom.Components {
			names = append(names, c.Name)
			if c.Version == "" || c.Purl != "pkg:golang/"+c.Name+"@"+c.Version {
				t.Errorf("%v: %+v", p, c)
			}
		}
		for _, want := range []string{"std", "istio.io/api", "sigs.k8s.io/kustomize/kyaml"} {
			if !slices.Contains(names, want) {
				t.Errorf("%v: %s is missing in %v", p, want, names)
			}
		}
	}
}

func image(t *testing.T, r release, digest string) {
	index, err := layout.ImageIndexFromPath(filepath.Join(r.out, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	if got, err := index.Digest(); err != nil || got.String() != digest || string(read(t, filepath.Join(r.out, "image.digest"))) != digest+"\n" {
		t.Errorf("digest %s, %v; said to be %s", got, err, digest)
	}
	var architectures []string
	for _, image := range images(t, r) {
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		architectures = append(architectures, config.OS+"/"+config.Architecture)
		if config.Config.User != "65534:65534" || config.Config.Labels["org.opencontainers.image.version"] != r.version || !config.Created.Equal(r.date) {
			t.Errorf("%+v, created %v", config.Config, config.Created)
		}
	}
	if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(architectures, want) {
		t.Errorf("images for %v, want %v", architectures, want)
	}
}

// The image of this architecture, loaded into a Docker Engine, runs as kustomize runs it.
func imageRuns(t *testing.T, r release) {
	arch, err := exec.Command("docker", "version", "--format", "{{.Server.Arch}}").Output()
	if err != nil {
		t.Skipf("NOT TESTED: the release's image in Docker; no Docker Engine answers: %v", err)
	}
	tag, err := name.NewTag(fmt.Sprintf("ambient-profile.test/release:%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.Index([]string{"amd64", "arm64"}, strings.TrimSpace(string(arch)))
	if i < 0 {
		t.Skipf("NOT TESTED: the release's image in Docker; there is none for %s", arch)
	}
	archive := filepath.Join(t.TempDir(), "image.tar")
	if err := tarball.WriteToFile(archive, tag, images(t, r)[i]); err != nil {
		t.Fatal(err)
	}
	docker(t, "load", "-i", archive)
	t.Cleanup(func() { docker(t, "rmi", tag.String()) })
	out := docker(t, "run", "--rm", "--network", "none", "--user", "nobody", "--read-only", "--security-opt=no-new-privileges", tag.String(), "version")
	if !strings.HasPrefix(out, "ambient-profile v0.0.1\ncommit c0ffee\n") {
		t.Errorf("it prints %s", out)
	}
}

func images(t *testing.T, r release) []v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(filepath.Join(r.out, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var list []v1.Image
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, image)
	}
	return list
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

func goEnv(t *testing.T, key string) string {
	t.Helper()
	out, err := exec.Command("go", "env", key).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func unpack(t *testing.T, file string) map[string][]byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(zipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

// tree is every file below a directory with its checksum.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, fmt.Sprintf("%s %x", strings.TrimPrefix(path, dir), sha256.Sum256(read(t, path))))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
