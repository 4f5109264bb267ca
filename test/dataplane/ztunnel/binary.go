// Package ztunnel runs a real ztunnel for those who have one, and tells it of the pods as istio-cni does.
package ztunnel

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
)

// Binary is a ztunnel that can be run.
type Binary struct{ Version, Path string }

var version = regexp.MustCompile(`Version:"([^"]+)"`)

// Get returns the ztunnel that ZTUNNEL names, or nil if it names none.
func Get(ctx context.Context) (*Binary, error) {
	path := os.Getenv("ZTUNNEL")
	if path == "" {
		return nil, nil
	}
	said, err := exec.CommandContext(ctx, path, "version").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("ZTUNNEL=%s cannot be run: %w\n%s", path, err, said)
	}
	found := version.FindSubmatch(said)
	if found == nil {
		return nil, fmt.Errorf("ZTUNNEL=%s is not a ztunnel: its version is %q", path, said)
	}
	return &Binary{string(found[1]), path}, nil
}
