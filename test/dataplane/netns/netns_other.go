//go:build !linux

package netns

import (
	"context"
	"errors"
	"net/netip"
	"os"
)

var errNotLinux = errors.New("network namespaces exist on Linux only")

// Inside reports false, because this system has no network namespaces.
func Inside() bool { return false }

// Available reports why no network namespace can be made.
func Available() error { return errNotLinux }

// Rerun cannot be done here.
func Rerun(context.Context, ...string) (int, error) { return 1, errNotLinux }

// Own cannot be done here.
func Own(netip.Prefix) error { return errNotLinux }

// Pod cannot be made here.
type Pod struct{ File *os.File }

// CanJoin reports why no pod can be made.
func CanJoin() error { return errNotLinux }

// Join cannot be done here.
func Join(_, _ netip.Addr) (*Pod, error) { return nil, errNotLinux }

// Do cannot be done here.
func (*Pod) Do(func() error) error { return errNotLinux }

// Redirect cannot be done here.
func (*Pod) Redirect(bool) error { return errNotLinux }

// Close has nothing to do.
func (*Pod) Close() error { return nil }
