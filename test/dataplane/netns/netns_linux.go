// Package netns runs a program again, alone in a network namespace, so that pods and proxies can have addresses and ports
// of their own without touching those of the machine.
package netns

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const insideEnv = "AMBIENT_PROFILE_NETNS"

// Inside reports whether this process is the one that Rerun started.
func Inside() bool { return os.Getenv(insideEnv) != "" }

// Available reports why no network namespace can be made, or nil. Root needs nothing else; anybody else needs unprivileged
// user namespaces, as `unshare -Urn` does.
func Available() error {
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = namespaces()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("a network namespace cannot be made: %w", err)
	}
	return nil
}

// Rerun runs this program again in a network namespace and returns its exit code. The child gets SIGTERM when the context
// ends and when this process is killed; Ctrl-C reaches it from the terminal as well. An error means that it did not start.
func Rerun(ctx context.Context, env ...string) (int, error) {
	runtime.LockOSThread() // the "parent died" signal follows the thread that started the child
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(append(os.Environ(), env...), insideEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = namespaces()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() <= 0 { // it was killed, which is a failure too
		fmt.Fprintln(os.Stderr, err)
		return 1, nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

func namespaces() *syscall.SysProcAttr {
	if os.Getuid() == 0 {
		return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// Own makes every address of a network one of this namespace: on a loopback device the kernel takes the whole prefix.
func Own(network netip.Prefix) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	mask := netip.AddrFrom4([4]byte(maskOf(network)))
	for _, step := range []struct {
		device  string
		request uint
		set     func(*unix.Ifreq) error
	}{
		{"lo", unix.SIOCSIFFLAGS, up}, // brings 127.0.0.0/8 with it
		{"lo:1", unix.SIOCSIFADDR, address(network.Addr().Next())},
		{"lo:1", unix.SIOCSIFNETMASK, address(mask)},
	} {
		r, err := unix.NewIfreq(step.device)
		if err != nil {
			return err
		}
		if err := step.set(r); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(s, step.request, r); err != nil {
			return fmt.Errorf("give %s to %s: %w", network, step.device, err)
		}
	}
	return nil
}

func up(r *unix.Ifreq) error {
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return nil
}

func address(a netip.Addr) func(*unix.Ifreq) error {
	return func(r *unix.Ifreq) error { return r.SetInet4Addr(a.AsSlice()) }
}

func maskOf(p netip.Prefix) []byte {
	m := ^uint32(0) << (32 - p.Bits())
	return []byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}
}
