package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const binaryBytes = 12 << 20

// The binary is downloaded by every pipeline that runs it. Small functions with hundreds of callers are go:noinline for its sake: inlined, they make it
// 2 % larger.
func TestBinaryIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	file := filepath.Join(t.TempDir(), "ambient-profile")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if size := must(os.Stat(file)).Size(); size > binaryBytes {
		t.Errorf("the stripped binary has %d bytes, at most %d", size, binaryBytes)
	}
}
