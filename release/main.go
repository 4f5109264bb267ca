// Command release builds what a release consists of: an archive and an SBOM per platform, a
// multi-arch image as an OCI layout, checksums, and what package managers install it by. No daemon, no base image, no clock: the same
// commit gives the same bytes. It is a module of its own so that users of the function do not
// depend on what only a release needs.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A release is what is built, and from what.
type release struct {
	root            string // of the function's module
	out             string // everything goes here
	version, commit string
	date            time.Time // of the commit
}

type platform struct{ os, arch string }

// platforms that binaries are for; those of Linux go into the image as well.
var platforms = []platform{{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"}}

func main() {
	var r release
	var seconds int64
	flag.StringVar(&r.root, "root", "..", "the function's module")
	flag.StringVar(&r.out, "out", "../dist", "directory to write to; must be empty or absent")
	flag.StringVar(&r.version, "version", "dev", "version, as in v0.1.0")
	flag.StringVar(&r.commit, "commit", "", "commit that is built")
	flag.Int64Var(&seconds, "epoch", 0, "date of the commit, as git log -1 --format=%ct prints it")
	flag.Parse()
	r.date = time.Unix(seconds, 0).UTC()
	digest, err := r.build()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release: error:", err)
		os.Exit(1)
	}
	fmt.Printf("%s\nimage %s\n", r.out, digest)
}

// build makes everything and returns the digest of the image.
func (r release) build() (string, error) {
	if left, _ := os.ReadDir(r.out); len(left) > 0 {
		return "", fmt.Errorf("%s: is not empty; an old file in it would pass for a part of this release", r.out)
	}
	work, err := os.MkdirTemp("", "release-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary directory
	for _, p := range platforms {
		if err := r.platform(p, filepath.Join(work, p.os+"_"+p.arch)); err != nil {
			return "", fmt.Errorf("%s/%s: %w", p.os, p.arch, err)
		}
	}
	if err := r.packages(work); err != nil {
		return "", fmt.Errorf("packages: %w", err)
	}
	digest, err := r.image(work)
	if err != nil {
		return "", fmt.Errorf("image: %w", err)
	}
	if err := os.WriteFile(filepath.Join(r.out, "image.digest"), []byte(digest+"\n"), 0o644); err != nil {
		return "", err
	}
	return digest, r.checksums()
}

// platform builds one binary, with its archive and its SBOM.
func (r release) platform(p platform, root string) error {
	if err := r.compile(p, root); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	name := filepath.Join(r.out, r.name(p))
	if err := r.archive(name+".tar.gz", root); err != nil {
		return err
	}
	return r.sbom(name+".cdx.json", filepath.Join(root, "ambient-profile"))
}

// name is what the files of a platform begin with.
func (r release) name(p platform) string {
	return fmt.Sprintf("ambient-profile_%s_%s_%s", r.version, p.os, p.arch)
}

// checksums lists every file but the image's, which has digests of its own.
func (r release) checksums() error {
	files, err := filepath.Glob(filepath.Join(r.out, "ambient-profile[_\\-]*"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	var list strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), filepath.Base(file))
	}
	return os.WriteFile(filepath.Join(r.out, "checksums.txt"), []byte(list.String()), 0o644)
}
