package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// installCommand is for an init container: an image without a shell hands the program over to a pod
// that runs kustomize (Argo CD's repo-server).
func installCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "install DIR",
		Short:                 "Copy this program to DIR/ambient-profile (an init container has no shell)",
		Example:               `  ambient-profile install /plugins`,
		DisableFlagsInUseLine: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misuse(c, diagnostic.WrongArguments, fmt.Sprintf("install takes one directory, got %d arguments", len(args)), "")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error {
			target := filepath.Join(args[0], "ambient-profile")
			if err := installSelf(target); err != nil {
				if inner := errors.Unwrap(err); inner != nil { // os.PathError: has another name in it
					err = inner
				}
				return diagnostic.Undone(diagnostic.Diagnostic{
					Code: diagnostic.CannotInstall, Position: diagnostic.Position{File: target},
					Found: fmt.Sprintf("cannot be written (%v)", err), Effect: "nothing was installed", Remedy: "give a directory that is there and may be written to",
				})
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "installed %s %s\n", target, versionName(buildInfo()))
			return err
		},
	}
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

// writeWhole makes a file that is there whole or not at all: written next to its place, flushed to
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
