//go:build !linux

package netns

import (
	"context"
	"errors"
	"net/netip"
)

var errNotLinux = errors.New("network namespaces exist on Linux only")

// Inside reports false: there is no namespace to be in.
func Inside() bool { return false }

// Available reports why no network namespace can be made.
func Available() error { return errNotLinux }

// Rerun cannot be done here.
func Rerun(context.Context, ...string) (int, error) { return 1, errNotLinux }

// Own cannot be done here.
func Own(netip.Prefix) error { return errNotLinux }
