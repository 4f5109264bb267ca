package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// version and commit are set when a release or an image is built (-ldflags "-X main.version=v0.1.0").
var (
	version = "dev"
	commit  = ""
)

// versionText names what the binary was built from: its version, the commit where it is known, Go,
// and the libraries that decide what it reads and writes.
func versionText() string {
	var out strings.Builder
	fmt.Fprintf(&out, "ambient-profile %s\n", version)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out.String()
	}
	if at := commitOf(info); at != "" {
		fmt.Fprintf(&out, "commit %s\n", at)
	}
	fmt.Fprintf(&out, "%s\n", info.GoVersion)
	for _, module := range info.Deps {
		switch module.Path {
		case "istio.io/api", "sigs.k8s.io/kustomize/kyaml":
			fmt.Fprintf(&out, "%s %s\n", module.Path, module.Version)
		}
	}
	return out.String()
}

// commitOf is the commit that was built: as the release says it, else as Go stamped it.
func commitOf(info *debug.BuildInfo) string {
	at := commit
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && at == "" {
			at = setting.Value
		}
	}
	return at
}
