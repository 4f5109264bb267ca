package ztunnel

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
	"istio.io/istio/pkg/zdsapi"
)

// Agent takes the place of istio-cni's node agent: it hands the network namespace of each pod in the mesh to ztunnel, over
// the protocol ZDS (istio.io/istio/pkg/zdsapi/zds.proto). Every message is answered before the next.
type Agent struct {
	listener *net.UnixListener

	mu   sync.Mutex
	conn *net.UnixConn // of the ztunnel that connected, after it got an empty snapshot of pods
}

// Listen waits for a ztunnel at a path.
func Listen(path string) (*Agent, error) {
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		return nil, err
	}
	return &Agent{listener: l}, nil
}

// Close ends the conversation.
func (a *Agent) Close() {
	a.listener.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn != nil {
		a.conn.Close()
	}
}

// Greet waits for ztunnel, and tells it that no pod is there yet.
func (a *Agent) Greet(deadline time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.listener.SetDeadline(deadline)
	conn, err := a.listener.AcceptUnix()
	if err != nil {
		return fmt.Errorf("ztunnel does not connect to the node agent: %w", err)
	}
	a.conn = conn
	var hello zdsapi.ZdsHello
	if err := a.read(&hello); err != nil {
		return err
	}
	if hello.Version != zdsapi.Version_V1 {
		return fmt.Errorf("ztunnel speaks ZDS %s", hello.Version)
	}
	return a.tell(&zdsapi.WorkloadRequest{Payload: &zdsapi.WorkloadRequest_SnapshotSent{SnapshotSent: &zdsapi.SnapshotSent{}}}, nil)
}

// Add puts a pod into the mesh. ztunnel opens its ports in the pod's namespace before it answers.
func (a *Agent) Add(uid, namespace, name, account string, netns *os.File) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tell(&zdsapi.WorkloadRequest{Payload: &zdsapi.WorkloadRequest_Add{Add: &zdsapi.AddWorkload{
		Uid: uid, WorkloadInfo: &zdsapi.WorkloadInfo{Namespace: namespace, Name: name, ServiceAccount: account},
	}}}, netns)
}

// Remove takes a pod out of the mesh.
func (a *Agent) Remove(uid string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tell(&zdsapi.WorkloadRequest{Payload: &zdsapi.WorkloadRequest_Del{Del: &zdsapi.DelWorkload{Uid: uid}}}, nil)
}

// tell is called with the lock held.
func (a *Agent) tell(m *zdsapi.WorkloadRequest, file *os.File) error {
	if a.conn == nil {
		return errors.New("ztunnel has not connected to the node agent")
	}
	packed, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	var rights []byte
	if file != nil {
		rights = unix.UnixRights(int(file.Fd()))
	}
	_ = a.conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, _, err := a.conn.WriteMsgUnix(packed, rights, nil); err != nil {
		return fmt.Errorf("ztunnel's node agent: %w", err)
	}
	var answer zdsapi.WorkloadResponse
	if err := a.read(&answer); err != nil {
		return err
	}
	if wrong := answer.GetAck().GetError(); wrong != "" {
		return fmt.Errorf("ztunnel refuses %v: %s", m, wrong)
	}
	return nil
}

func (a *Agent) read(into proto.Message) error {
	var buffer [4096]byte
	_ = a.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := a.conn.Read(buffer[:])
	if err != nil {
		return fmt.Errorf("ztunnel does not answer the node agent: %w", err)
	}
	return proto.Unmarshal(buffer[:n], into)
}
