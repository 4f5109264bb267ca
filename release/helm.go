package main

import (
	"fmt"
	"strings"
)

// helmPlugin describes a post-renderer of Helm 4. Helm runs it with the chart's manifests on stdin and
// appends what --post-renderer-args names; its first argument is the AmbientProfile, and - is the chart.
func (r release) helmPlugin() string {
	var out strings.Builder
	fmt.Fprintf(&out, `apiVersion: v1
name: ambient-profile
version: %s
type: postrenderer/v1
runtime: subprocess
sourceURL: %s
runtimeConfig:
  platformCommand:
`, strings.TrimPrefix(r.semver(), "v"), repository)
	for _, p := range platforms {
		fmt.Fprintf(&out, "  - os: %s\n    arch: %s\n    command: ${HELM_PLUGIN_DIR}/%s_%s/ambient-profile\n", p.os, p.arch, p.os, p.arch)
	}
	return out.String()
}

// helmArchiveName is the form from which Helm takes the name of the plugin's directory, so that an upgrade replaces it.
func (r release) helmArchiveName() string {
	return "ambient-profile-" + strings.TrimPrefix(r.semver(), "v") + ".tgz"
}

func (r release) helmReadme() string {
	return fmt.Sprintf(`# ambient-profile, a post-renderer for Helm 4

This page is for users who install Kubeflow or tenants from a Helm chart. The plugin adds to the chart's manifests what
the user namespaces of an AmbientProfile need on Istio ambient mode, and fails the release if the AmbientProfile is wrong.

    helm plugin install %s/releases/download/%s/%s --verify=false
    helm template my-chart ./chart --post-renderer ambient-profile \
      --post-renderer-args ambientprofile.yaml --post-renderer-args -

The first argument is the configuration; - is the output of the chart. Compare the archive with checksums.txt of the
release first: Helm cannot verify it, because it is signed by cosign and not by PGP.

Fields of the configuration and everything else: %s
`, repository, r.version, r.helmArchiveName(), repository)
}
