package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

// repository is where a release is published, and where package managers fetch it.
const repository = "https://github.com/kubeflow-ambient/ambient-profile"

// semver is the version as package managers read it. A build without a version sorts before every release.
func (r release) semver() string {
	if v := semver.Canonical(r.version); v != "" && v == r.version {
		return v
	}
	return "v0.0.0-dev"
}

// An artifact is an archive of this release, as a package manager needs to know it.
type artifact struct {
	platform
	url, sha256 string
}

func (r release) artifacts() ([]artifact, error) {
	var list []artifact
	for _, p := range platforms {
		name := r.name(p) + ".tar.gz"
		data, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return nil, err
		}
		list = append(list, artifact{p, repository + "/releases/download/" + r.version + "/" + name, fmt.Sprintf("%x", sha256.Sum256(data))})
	}
	return list, nil
}

// packages writes what other package managers install this release by. index/ has the layout of one
// repository that is a krew index, a Homebrew tap and an Artifact Hub repository at once.
func (r release) packages(work string) error {
	artifacts, err := r.artifacts()
	if err != nil {
		return err
	}
	license, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return err
	}
	for _, file := range []struct{ name, text string }{
		{"plugins/ambient-profile.yaml", r.krew(artifacts)},
		{"Formula/ambient-profile.rb", r.formula(artifacts)},
		{"helm/ambient-profile/plugin.yaml", r.helmPlugin()},
		{"helm/ambient-profile/README.md", r.helmReadme()},
		{"helm/ambient-profile/LICENSE", string(license)},
		{"artifacthub-repo.yml", artifactHubRepository},
	} {
		if err := write(filepath.Join(r.out, "index", file.name), []byte(file.text)); err != nil {
			return err
		}
	}
	if err := r.goProxy(); err != nil {
		return fmt.Errorf("goproxy: %w", err)
	}
	return r.helmArchive(work)
}

// helmArchive is what helm plugin install unpacks: the programs of all platforms, because Helm chooses among them.
func (r release) helmArchive(work string) error {
	plugin := filepath.Join(r.out, "index", "helm", "ambient-profile")
	files := []entry{
		{"plugin.yaml", filepath.Join(plugin, "plugin.yaml"), 0o644},
		{"README.md", filepath.Join(plugin, "README.md"), 0o644},
		{"LICENSE", filepath.Join(plugin, "LICENSE"), 0o644},
	}
	for _, p := range platforms {
		files = append(files, entry{p.os + "_" + p.arch + "/ambient-profile", filepath.Join(work, p.os+"_"+p.arch, "ambient-profile"), 0o755})
	}
	return r.zipped(filepath.Join(r.out, r.helmArchiveName()), files)
}

// zipped writes a compressed archive.
func (r release) zipped(name string, files []entry) error {
	var out bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := r.tar(zipped, files); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	return write(name, out.Bytes())
}

func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// krew is the manifest of the kubectl plugin. Its name is the program's, so the manifest must be called ambient-profile.yaml.
func (r release) krew(artifacts []artifact) string {
	var out strings.Builder
	fmt.Fprintf(&out, `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: ambient-profile
  annotations:
    artifacthub.io/category: security
    artifacthub.io/displayName: ambient-profile
    artifacthub.io/license: Apache-2.0
    artifacthub.io/keywords: |
      - istio
      - ambient
      - kubeflow
      - authorization
spec:
  version: %s
  homepage: %s
  shortDescription: Show who may reach what under Istio policies
  description: |
    Decides from manifests, as Istio does, which clients may reach which
    Services: offline, and without a request to the cluster.

    Who may reach what on a running cluster:
      kubectl get namespaces,pods,services,gateways.gateway.networking.k8s.io,httproutes,authorizationpolicies,requestauthentications -A -o yaml > now.yaml
      kubectl ambient-profile explain now.yaml

    Whether it still holds that no tenant reaches another:
      kubectl ambient-profile check accesscheck.yaml now.yaml

    It also makes the manifests of Kubeflow user namespaces on Istio
    ambient mode from an AmbientProfile.
  caveats: |
    The plugin reads files and stdin only. It needs no kubeconfig, and it
    judges what it is given: leave out a kind, and its rules are unknown.
  platforms:
`, r.semver(), repository)
	for _, a := range artifacts {
		fmt.Fprintf(&out, `  - selector:
      matchLabels:
        os: %s
        arch: %s
    uri: %s
    sha256: %s
    bin: ambient-profile
    files:
    - from: ambient-profile
      to: .
    - from: LICENSE
      to: .
`, a.os, a.arch, a.url, a.sha256)
	}
	return out.String()
}

// formula is the Homebrew formula. The archives hold one program, so nothing is compiled.
func (r release) formula(artifacts []artifact) string {
	var out strings.Builder
	fmt.Fprintf(&out, `class AmbientProfile < Formula
  desc "Kubeflow user namespaces on Istio ambient mode, and who may reach them"
  homepage "%s"
  version "%s"
  license "Apache-2.0"

`, repository, strings.TrimPrefix(r.semver(), "v"))
	blocks := map[string]string{"darwin": "on_macos", "linux": "on_linux", "amd64": "on_intel", "arm64": "on_arm"}
	for i, a := range artifacts {
		if i == 0 || artifacts[i-1].os != a.os {
			fmt.Fprintf(&out, "  %s do\n", blocks[a.os])
		}
		fmt.Fprintf(&out, "    %s do\n      url %q\n      sha256 %q\n    end\n", blocks[a.arch], a.url, a.sha256)
		if i == len(artifacts)-1 || artifacts[i+1].os != a.os {
			out.WriteString("  end\n")
		}
	}
	out.WriteString(`
  def install
    bin.install "ambient-profile"
    generate_completions_from_executable(bin/"ambient-profile", "completion")
  end

  test do
    assert_match "ambient-profile v#{version}", shell_output("#{bin}/ambient-profile version")
  end
end
`)
	return out.String()
}

// artifactHubRepository claims the listing; Artifact Hub assigns the ID when the repository is added there.
const artifactHubRepository = `# Artifact Hub lists the krew plugin (plugins/) and the Helm plugin (helm/) of this repository.
# Add repositoryID here once Artifact Hub has assigned it: that marks the publisher as verified.
ignore:
- name: Formula
`

// artifactHub is what Artifact Hub shows about the image. It reads these annotations of the index.
func (r release) artifactHub() map[string]string {
	return map[string]string{
		"io.artifacthub.package.category":      "security",
		"io.artifacthub.package.keywords":      "istio,ambient,kubeflow,krm-function,kustomize,kpt",
		"io.artifacthub.package.license":       "Apache-2.0",
		"io.artifacthub.package.readme-url":    "https://raw.githubusercontent.com/kubeflow-ambient/ambient-profile/" + r.version + "/README.md",
		"org.opencontainers.image.created":     r.date.Format("2006-01-02T15:04:05Z"),
		"org.opencontainers.image.source":      repository,
		"org.opencontainers.image.url":         repository,
		"org.opencontainers.image.title":       "ambient-profile",
		"org.opencontainers.image.version":     r.version,
		"org.opencontainers.image.revision":    r.commit,
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.description": "KRM function: Kubeflow user namespaces on Istio ambient mode",
	}
}
