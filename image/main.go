// Command image lays out the file system of the container image around the binary: who nobody is,
// and one mode and time for all, so that the same source gives the same layer.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// kustomize runs functions by --user nobody, and Docker looks that name up in the image.
const passwd = "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: image ROOT   (ROOT holds the binary)")
		os.Exit(2)
	}
	if err := layOut(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "image: error:", err)
		os.Exit(1)
	}
}

func layOut(root string) error {
	epoch, err := sourceDate(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "etc", "passwd"), []byte(passwd), 0o644); err != nil {
		return err
	}
	return fix(root, epoch)
}

// sourceDate reads SOURCE_DATE_EPOCH (reproducible-builds.org); without one it is 1970.
func sourceDate(seconds string) (time.Time, error) {
	if seconds == "" {
		return time.Unix(0, 0), nil
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %q is not a number of seconds; write one, as git log -1 --format=%%ct prints it", seconds)
	}
	return time.Unix(n, 0), nil
}

// fix gives everything below root, root included, one mode and one time, files before their directory.
func fix(root string, epoch time.Time) error {
	var paths []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	for i := len(paths) - 1; i >= 0 && err == nil; i-- {
		err = fixOne(paths[i], epoch)
	}
	return err
}

func fixOne(path string, epoch time.Time) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	return os.Chtimes(path, epoch, epoch)
}
