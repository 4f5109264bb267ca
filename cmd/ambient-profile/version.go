package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// version and commit are set when a release or an image is built (-ldflags "-X main.version=v0.1.0").
// What go install builds has neither: there Go itself knows the version.
var version, commit string

func versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit, and the versions of Go and of the libraries",
		Example: `  ambient-profile version
  ambient-profile version -o json`,
		Args: noArguments,
	}
	output := outputFlag(c, "text", "json")
	c.RunE = func(c *cobra.Command, _ []string) error { return printVersion(c.OutOrStdout(), output.chosen) }
	return c
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(c, diagnostic.WrongArguments, fmt.Sprintf("%s takes no arguments, got %q", c.Name(), args[0]), "")
	}
	return nil
}

// buildVersion names what the binary was built from.
type buildVersion struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// Libraries are those that decide what is read and written.
	Libraries []library `json:"libraries"`
}

type library struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func printVersion(w io.Writer, form string) error {
	v := versionOf(buildInfo())
	if form == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(v)
	}
	_, err := io.WriteString(w, v.text())
	return err
}

// buildInfo is what Go wrote into the binary.
func buildInfo() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return &debug.BuildInfo{GoVersion: runtime.Version()}
}

func versionOf(info *debug.BuildInfo) buildVersion {
	v := buildVersion{Version: versionName(info), Commit: commit, Go: info.GoVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH, Libraries: []library{}}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && v.Commit == "" {
			v.Commit = setting.Value
		}
	}
	for _, module := range info.Deps {
		switch module.Path {
		case "istio.io/api", "sigs.k8s.io/kustomize/kyaml":
			v.Libraries = append(v.Libraries, library{module.Path, module.Version})
		}
	}
	return v
}

// versionName is the version of the release, or the one that go install chose, or dev.
func versionName(info *debug.BuildInfo) string {
	switch {
	case version != "":
		return version
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	}
	return "dev"
}

func (v buildVersion) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "ambient-profile %s\n", v.Version)
	if v.Commit != "" {
		fmt.Fprintf(&out, "commit %s\n", v.Commit)
	}
	fmt.Fprintf(&out, "%s\n", v.Go)
	for _, l := range v.Libraries {
		fmt.Fprintf(&out, "%s %s\n", l.Name, l.Version)
	}
	return out.String()
}
