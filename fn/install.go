package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// runInstall is the verb install: an init container of an image without a shell hands the function
// over to a pod that runs kustomize (Argo CD's repo-server).
func runInstall(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintf(stderr, "ambient-profile: error: install takes one directory, got %d; run ambient-profile install DIR\n", len(args))
		return exitUsage
	}
	target := filepath.Join(args[0], "ambient-profile")
	if err := installSelf(target); err != nil {
		return finish(fmt.Errorf("install: %w; nothing was installed", err), stderr)
	}
	return finish(say(stdout, fmt.Sprintf("installed %s %s\n", target, version)), stderr)
}

func installSelf(target string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	source, err := os.Open(self)
	if err != nil {
		return err
	}
	defer source.Close() //nolint:errcheck // only read
	return writeWhole(target, 0o755, source)
}

// writeWhole makes a file that is there whole or not at all: written beside its place, flushed to
// the disk and then renamed. Who runs the old one goes on running it.
func writeWhole(target string, mode os.FileMode, content io.Reader) error {
	dir := filepath.Dir(target)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(target)+"-")
	if err != nil {
		return err
	}
	if err := fill(temp, mode, content); err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	if err := os.Rename(temp.Name(), target); err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	return syncDir(dir)
}

// fill writes, sets the mode, flushes and closes; a disk that is full may tell only when flushed.
func fill(f *os.File, mode os.FileMode, content io.Reader) error {
	_, err := io.Copy(f, content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// syncDir makes the rename last: the name is in the directory, not in the file.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	return err
}
