package dataplane

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
	"istio.io/istio/pkg/zdsapi"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/netns"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/ztunnel"
)

// Anyone who names a ztunnel wants it: one that cannot be run is a fault, not a reason to use the stand-in.
func TestAZtunnelThatCannotBeRunIsAFault(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho 1.31\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/nonexistent/ztunnel": "cannot be run", script: "is not a ztunnel"} {
		t.Setenv("ZTUNNEL", path)
		if got, err := ztunnel.Get(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ZTUNNEL=%s: want %q, got %v %v", path, want, got, err)
		}
	}
	t.Setenv("ZTUNNEL", "")
	if got, err := ztunnel.Get(context.Background()); got != nil || err != nil {
		t.Errorf("without ZTUNNEL: %v %v", got, err)
	}
}

// The node agent says what istio-cni says, one message after the answer to the last, with the namespace's descriptor.
func TestTheNodeAgentSpeaksZDS(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zds")
	agent, err := ztunnel.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	heard := make(chan string, 3)
	go func() {
		defer close(heard)
		send(c, &zdsapi.ZdsHello{Version: zdsapi.Version_V1})
		for _, answer := range []string{"", "", "no such port"} {
			heard <- hear(c)
			send(c, &zdsapi.WorkloadResponse{Payload: &zdsapi.WorkloadResponse_Ack{Ack: &zdsapi.Ack{Error: answer}}})
		}
	}()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := agent.Greet(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := agent.Add("1", "alice", "tet-0", "default-editor", file); err != nil {
		t.Error(err)
	}
	if err := agent.Remove("1"); err == nil || !strings.Contains(err.Error(), "no such port") {
		t.Errorf("ztunnel refused, and the agent says %v", err)
	}
	for _, want := range []string{"snapshot", "add 1 alice/tet-0 default-editor with 1 file", "delete 1"} {
		if got := <-heard; got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}

func send(c *net.UnixConn, m proto.Message) {
	packed, _ := proto.Marshal(m)
	_, _ = c.Write(packed)
}

func hear(c *net.UnixConn) string {
	var buffer, rights [1024]byte
	n, r, _, _, err := c.ReadMsgUnix(buffer[:], rights[:])
	if err != nil {
		return err.Error()
	}
	var m zdsapi.WorkloadRequest
	if err := proto.Unmarshal(buffer[:n], &m); err != nil {
		return err.Error()
	}
	switch p := m.Payload.(type) {
	case *zdsapi.WorkloadRequest_SnapshotSent:
		return "snapshot"
	case *zdsapi.WorkloadRequest_Del:
		return "delete " + p.Del.Uid
	case *zdsapi.WorkloadRequest_Add:
		w := p.Add.WorkloadInfo
		with := " with no file"
		if messages, err := unix.ParseSocketControlMessage(rights[:r]); err == nil && len(messages) == 1 {
			if files, err := unix.ParseUnixRights(&messages[0]); err == nil && len(files) == 1 {
				unix.Close(files[0])
				with = " with 1 file"
			}
		}
		return "add " + p.Add.Uid + " " + w.Namespace + "/" + w.Name + " " + w.ServiceAccount + with
	}
	return m.String()
}

// What is sent to a pod in the mesh, and what the pod sends, arrives at the ports of ztunnel in the pod's namespace. The
// listeners here stand there, so that this does not need a ztunnel.
func TestAPodsTrafficIsRedirected(t *testing.T) {
	needsPlane(t)
	if err := netns.CanJoin(); err != nil {
		note("NOT RUN: redirection into a pod's namespace: %v", err)
		t.Skipf("NOT RUN: %v", err)
	}
	const address = "10.245.0.10" // of no network that is in use here
	pod, err := netns.Join(netip.MustParseAddr(address), netip.MustParseAddr("10.244.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer pod.Close()
	for _, port := range []string{"80", "15001", "15006", "15008"} {
		if err := pod.Do(func() error { return says(t, net.JoinHostPort("0.0.0.0", port), port) }); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(on bool, to, want string, dial func(string) string) {
		t.Helper()
		if err := pod.Redirect(on); err != nil {
			t.Fatal(err)
		}
		if got := dial(to); got != want {
			t.Errorf("redirected: %v; to %s: want port %s, got %s", on, to, want, got)
		}
	}
	out := func(to string) (got string) {
		if err := pod.Do(func() error { got = hears(to); return nil }); err != nil {
			return err.Error()
		}
		return got
	}
	if err := says(t, "10.244.2.1:8088", "the node"); err != nil {
		t.Fatal(err)
	}
	ask(false, address+":80", "80", hears)
	ask(true, address+":80", "15006", hears)
	ask(true, address+":15008", "15008", hears)
	ask(true, "10.244.2.1:8088", "15001", out)
	ask(false, "10.244.2.1:8088", "the node", out)
}

// says listens and answers every connection with a word.
func says(t *testing.T, at, word string) error {
	l, err := net.Listen("tcp4", at)
	if err != nil {
		return err
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = c.Write([]byte(word))
				c.Close()
			}
		}
	}()
	return nil
}

func hears(to string) string {
	c, err := net.DialTimeout("tcp4", to, 3*time.Second)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(3 * time.Second))
	var word [64]byte
	n, _ := c.Read(word[:])
	return string(word[:n])
}
