package main

import (
	"fmt"
	"path/filepath"
	"runtime/debug"
)

// newest is the release of the go.mod that is not named after one. Its recordings
// are whole; those of the others ask less, and lie in a directory of their own.
const newest = "1.31"

// releases names the release branch of each commit of istio.io/istio that a
// go.*.mod pins. Istio's tags are not versions of Go modules, so only some commits
// are on the module proxy: none of release-1.32.
var releases = map[string]string{
	"v0.0.0-20260827124520-eed52ebb66ad": newest, // go.mod: release-1.31 of 2026-08-27
	"v0.0.0-20260826214018-9739e10eb9d7": "1.30", // go.1.30.mod: release-1.30 of 2026-08-26
}

// istioRelease is that of the code that this program is built with.
func istioRelease() (string, error) {
	version, err := istioVersion()
	if err != nil {
		return "", err
	}
	if release := releases[version]; release != "" {
		return release, nil
	}
	return "", fmt.Errorf("istio.io/istio %s is not listed in releases", version)
}

// istioVersion is that of the module.
func istioVersion() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fmt.Errorf("built without modules")
	}
	for _, m := range info.Deps {
		if m.Path == "istio.io/istio" {
			return m.Version, nil
		}
	}
	return "", fmt.Errorf("built without istio.io/istio")
}

type part struct {
	name string
	sets func() ([]Set, error)
}

func parts(root, release string) []part {
	all := func(n int) int {
		if release != newest {
			return n / 5
		}
		return n
	}
	out := []part{
		{"shapes", func() ([]Set, error) { return shapes(filepath.Join(root, "test", "conformance", "shapes")) }},
		{"random", func() ([]Set, error) { return random(seed, all(randomSets)), nil }},
		{"routes", func() ([]Set, error) { return randomRoutes(seed, all(randomRouteSets)), nil }},
		{"capture", func() ([]Set, error) { return randomCaptures(seed, all(randomCaptureSets)), nil }},
		{"extensions", func() ([]Set, error) { return randomExtensions(seed, all(randomExtensionSets)), nil }},
	}
	if release == newest {
		out = append(out, part{"golden", func() ([]Set, error) { return goldens(filepath.Join(root, "testdata", "golden")) }})
	}
	return out
}

// recordings is where those of a release lie.
func recordings(root, release string) string {
	dir := filepath.Join(root, "testdata", "conformance")
	if release != newest {
		dir = filepath.Join(dir, release)
	}
	return dir
}
