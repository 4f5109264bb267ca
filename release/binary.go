package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// compile builds the binary into root as the Dockerfile does, and lays out the image's files.
func (r release) compile(p platform, root string) error {
	flags := fmt.Sprintf("-s -w -X=main.version=%s -X=main.commit=%s", r.version, r.commit)
	err := r.run([]string{"GOOS=" + p.os, "GOARCH=" + p.arch},
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", filepath.Join(root, "ambient-profile"), "./cmd/ambient-profile")
	if err != nil {
		return err
	}
	return r.run([]string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.date.Unix())}, "go", "run", "./image", root)
}

func (r release) run(env []string, name string, args ...string) error {
	command := exec.Command(name, args...)
	command.Dir = r.root
	command.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="), env...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, args[0], err, out)
	}
	return nil
}

// archive holds the binary with the license that it comes under.
func (r release) archive(name, root string) error {
	files := []entry{{"ambient-profile", filepath.Join(root, "ambient-profile"), 0o755},
		{"LICENSE", filepath.Join(r.root, "LICENSE"), 0o644}, {"README.md", filepath.Join(r.root, "README.md"), 0o644}}
	return r.zipped(name, files)
}

// An entry is a file of an archive; a directory has no source.
type entry struct {
	name, source string
	mode         int64
}

// tar writes files of nobody in particular, of the commit's date.
func (r release) tar(w io.Writer, entries []entry) error {
	archive := tar.NewWriter(w)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, ModTime: r.date, Typeflag: tar.TypeDir}
		var data []byte
		if e.source != "" {
			var err error
			if data, err = os.ReadFile(e.source); err != nil {
				return err
			}
			header.Typeflag, header.Size = tar.TypeReg, int64(len(data))
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(data); err != nil {
			return err
		}
	}
	return archive.Close()
}
