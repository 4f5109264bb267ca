package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	gomodule "golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const modulePath = "github.com/kubeflow-ambient/ambient-profile"

// goProxy writes the module as a module proxy serves it, below goproxy/. With it,
// GOPROXY=file://.../goproxy installs this release where github.com cannot be reached.
func (r release) goProxy() error {
	files, err := r.tracked()
	if err != nil {
		return err
	}
	var zipped bytes.Buffer
	if err := zip.Create(&zipped, gomodule.Version{Path: modulePath, Version: r.semver()}, files); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(r.root, "go.mod"))
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		data []byte
	}{
		{"list", []byte(r.semver() + "\n")},
		{r.semver() + ".info", r.moduleInfo()},
		{r.semver() + ".mod", mod},
		{r.semver() + ".zip", zipped.Bytes()},
	} {
		if err := write(filepath.Join(r.out, "goproxy", modulePath, "@v", file.name), file.data); err != nil {
			return err
		}
	}
	return nil
}

func (r release) moduleInfo() []byte {
	info, err := json.Marshal(struct{ Version, Time string }{r.semver(), r.date.Format("2006-01-02T15:04:05Z")})
	if err != nil {
		panic(err) // two strings
	}
	return append(info, '\n')
}

// tracked are the files of the module that git knows, so that neither dist/ nor bin/ is a part of it.
// The zip leaves out nested modules, as a module proxy does.
func (r release) tracked() ([]zip.File, error) {
	command := exec.Command("git", "ls-files", "-z")
	command.Dir = r.root
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []zip.File
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		files = append(files, trackedFile{r.root, name})
	}
	return files, nil
}

type trackedFile struct{ root, name string }

func (f trackedFile) Path() string                 { return f.name }
func (f trackedFile) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(f.root, f.name)) }
func (f trackedFile) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(f.root, f.name)) }
