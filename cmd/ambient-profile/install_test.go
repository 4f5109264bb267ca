package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// What install leaves is this program, and it runs.
func TestInstallCopiesTheRunningProgram(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := execute(t, "", "install", dir)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	target := filepath.Join(dir, "ambient-profile")
	part(t, "stdout", stdout, "installed "+target+" dev")
	if !bytes.Equal(must(os.ReadFile(target)), must(os.ReadFile(must(os.Executable())))) {
		t.Error("the copy is not this program")
	}
	if mode := must(os.Stat(target)).Mode(); mode != 0o755 {
		t.Errorf("mode %o, want 755", mode)
	}
	command := exec.Command(target, "version")
	command.Env = append(os.Environ(), asProgram+"=1")
	if out, err := command.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "ambient-profile dev\n") {
		t.Errorf("the copy does not run: %v: %s", err, out)
	}
	onlyFile(t, dir, "ambient-profile")
}

func TestInstallReplacesAnOlderOne(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ambient-profile"), "old")
	if code, _, stderr := execute(t, "", "install", dir); code != 0 {
		t.Fatal(stderr)
	}
	if read(t, filepath.Join(dir, "ambient-profile")) == "old" {
		t.Error("the old one is still there")
	}
	onlyFile(t, dir, "ambient-profile")
}

func TestInstallRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	for name, test := range map[string]struct {
		args   []string
		code   int
		stderr string
	}{
		"no directory":             {[]string{"install"}, 2, "install takes one directory, got 0"},
		"two directories":          {[]string{"install", "a", "b"}, 2, "install takes one directory, got 2"},
		"a directory that is none": {[]string{"install", file}, 2, file + "/ambient-profile: [AP0908] cannot be written (not a directory); nothing was installed"},
		"a directory nowhere":      {[]string{"install", file + "-nowhere"}, 2, file + "-nowhere/ambient-profile: [AP0908] cannot be written (no such file or directory); nothing was installed"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := execute(t, "", test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			part(t, "stdout", stdout, "")
			part(t, "stderr", stderr, test.stderr)
		})
	}
}

// A write that breaks off leaves what was there before, and no remains.
func TestWriteWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "ambient-profile")
	write(t, target, "old")
	broken := errors.New("broken")
	if err := writeWhole(target, 0o755, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if read(t, target) != "old" {
		t.Error("the old file is gone")
	}
	onlyFile(t, dir, "ambient-profile")
}

// A full disk: an error, and no half program that a repo-server would try to run.
func TestInstallOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: install on a full disk; a small file system can only be mounted by root on Linux: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	code, stdout, stderr := execute(t, "", "install", dir)
	if code != 2 {
		t.Errorf("exit code %d, want %d", code, 2)
	}
	part(t, "stdout", stdout, "")
	part(t, "stderr", stderr, "/ambient-profile: [AP0908] cannot be written (no space left on device); nothing was installed")
	onlyFile(t, dir, "")
}

// onlyFile fails when a directory holds anything but that file ("": anything).
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	for _, entry := range must(os.ReadDir(dir)) {
		if entry.Name() != name {
			t.Errorf("%s is left in the directory", entry.Name())
		}
	}
}
