package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	// binaryBytes is for everything except serve. diff, lint and the HTML report are half a megabyte of it. Locks, filters and rollout --verify are another
	// quarter of a megabyte, and the page and the Markdown of explain and diff a twentieth. The limit notices growth; it is above the 12 MB that the project aims at.
	binaryBytes = 14_200_000
	// serveBytes is what serve adds: the server of net/http, with the TLS that it links, is 2.2 MB.
	serveBytes = 2_400_000
)

// The binary is downloaded by every pipeline that runs it. Small functions with hundreds of callers are go:noinline for its sake: inlined, they make it
// 2 % larger.
func TestBinaryIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	function, whole := built(t, "noserve"), built(t, "")
	if function > binaryBytes {
		t.Errorf("the stripped binary without serve has %d bytes, at most %d", function, binaryBytes)
	}
	if whole-function > serveBytes {
		t.Errorf("serve adds %d bytes, at most %d", whole-function, serveBytes)
	}
}

// built is the size of the stripped binary.
func built(t *testing.T, tags string) int64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ambient-profile")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", tags, "-ldflags", "-s -w", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return must(os.Stat(file)).Size()
}
