package netns

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Pod is the network namespace of one pod, joined to this process's own by a pair of virtual devices.
type Pod struct {
	// File keeps the namespace; anyone who gets it may open sockets there.
	File *os.File

	link string
}

// CanJoin reports which program is missing that Join and Redirect call, or nil.
func CanJoin() error {
	for _, program := range []string{"ip", "iptables-restore"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	return nil
}

// Join makes the namespace of a pod with an address of its own. node is an address of this namespace: what the pod sends
// goes there, and what this process sends comes from there.
func Join(pod, node netip.Addr) (*Pod, error) {
	n := &Pod{link: "pod" + strings.Join(strings.Split(pod.String(), ".")[2:], "-")}
	err := apart(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.File, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("network namespace of %s: %w", pod, err)
	}
	here := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.File.Fd())
	err = run(fmt.Sprintf(cable, n.link, here, pod, node), "ip", "-batch", "-")
	if err == nil {
		err = n.Do(func() error { return run(fmt.Sprintf(inside, pod, node), "ip", "-batch", "-") })
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// cable is laid by this process: device, namespace, pod, node.
const cable = `link add %[1]s type veth peer name eth0 netns %[2]s
link set %[1]s up
route add %[3]s dev %[1]s src %[4]s
`

// inside is what the container runtime does in a pod, and in the last two lines istio-cni: what ztunnel sends to the
// application in the client's name comes back to ztunnel.
const inside = `link set lo up
address add %[1]s/32 dev eth0
link set eth0 up
route add %[2]s dev eth0
route add default via %[2]s
rule add fwmark 0x111/0xfff pref 32764 lookup 100
route add local 0.0.0.0/0 dev lo table 100
`

// Do calls f in the namespace. A socket that is opened there stays there.
func (n *Pod) Do(f func() error) error {
	return apart(func() error {
		if err := unix.Setns(int(n.File.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// redirection is what istio-cni writes in a pod, in the words of iptables (Istio 1.31: AppendInpodRules of
// cni/pkg/iptables/iptables.go), without kubelet's probes, DNS and IPv6. 0x539 marks what ztunnel sends.
const redirection = `*mangle
:ISTIO_PRERT - [0:0]
:ISTIO_OUTPUT - [0:0]
-A PREROUTING -j ISTIO_PRERT
-A OUTPUT -j ISTIO_OUTPUT
-A ISTIO_PRERT -m mark --mark 0x539/0xfff -j CONNMARK --set-xmark 0x111/0xfff
-A ISTIO_OUTPUT -m connmark --mark 0x111/0xfff -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
COMMIT
*nat
:ISTIO_PRERT - [0:0]
:ISTIO_OUTPUT - [0:0]
-A PREROUTING -j ISTIO_PRERT
-A OUTPUT -j ISTIO_OUTPUT
-A ISTIO_PRERT ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15006
-A ISTIO_OUTPUT -p tcp -m mark --mark 0x111/0xfff -j ACCEPT
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ACCEPT
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -p tcp -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15001
COMMIT
`

// noRedirection replaces the whole tables.
const noRedirection = "*mangle\nCOMMIT\n*nat\nCOMMIT\n"

// Redirect puts ztunnel between the pod and its network, or takes it away.
func (n *Pod) Redirect(on bool) error {
	rules := noRedirection
	if on {
		rules = redirection
	}
	return n.Do(func() error { return run(rules, "iptables-restore") })
}

// Close removes the devices; the namespace goes with the last that holds it.
func (n *Pod) Close() error {
	return errors.Join(run("", "ip", "link", "delete", n.link), n.File.Close())
}

// apart calls f on a thread that ends afterwards, so that nothing else ever runs in the namespace where f leaves it.
func apart(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

func run(stdin, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s\n%s", cmd, err, bytes.TrimSpace(said), stdin)
	}
	return nil
}
