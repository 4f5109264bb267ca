package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
)

// tools are the programs under comparison, each built with the same Go and stripped alike.
type tools struct{ ours, identity, hello, helm, kustomize string }

func build(dir string) (tools, error) {
	var t tools
	for _, tool := range []struct {
		file *string
		name string
		from string // the module's directory
		pkg  string
	}{
		{&t.ours, "ambient-profile", "../..", "./cmd/ambient-profile"},
		{&t.identity, "identity", ".", "./identity"},
		{&t.hello, "hello", ".", "./hello"},
		{&t.helm, "helm", ".", "helm.sh/helm/v3/cmd/helm"},
		{&t.kustomize, "kustomize", ".", "sigs.k8s.io/kustomize/kustomize/v5"},
	} {
		*tool.file = filepath.Join(dir, tool.name)
		if tool.name == "ambient-profile" && *ours != "" {
			file, err := filepath.Abs(*ours)
			if err != nil {
				return t, err
			}
			*tool.file = file
			continue
		}
		log.Printf("building %s", tool.name)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", *tool.file, tool.pkg)
		cmd.Dir = tool.from
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return t, fmt.Errorf("go build %s: %w\n%s", tool.pkg, err, out)
		}
	}
	return t, nil
}

func strippedSize(file string) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
