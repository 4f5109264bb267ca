package controlplane

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// process is one program that we started and that we, and nobody else, stop by its pid.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
}

// start runs a program in dir, its output in dir/<name>.log.
func start(dir, name string, env []string, path string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, log, log
	cmd.SysProcAttr = diesWithUs()
	p := &process{name: name, log: log.Name(), cmd: cmd, done: make(chan struct{})}

	started := make(chan error)
	go func() {
		// The kernel's "parent died" signal follows the thread that forked, so this thread stays until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// stop asks, waits, and then insists.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *process) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// await polls until ready says nil; a program that died is not waited for.
func (p *process) await(ctx context.Context, limit time.Duration, ready func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := ready()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if p.exited() {
			err = errors.Join(err, errors.New("it has exited"))
		} else if time.Now().Before(deadline) {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		return fmt.Errorf("%s is not ready: %w; its last words:\n%s", p.name, err, p.lastWords())
	}
}

func (p *process) lastWords() string {
	said, _ := os.ReadFile(p.log)
	return string(tail(said, 4000))
}

// residentMemory reads the peak and the present resident set from /proc, in MiB; zeros where there is no /proc.
func (p *process) residentMemory() (peak, now int) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status"))
	if err != nil {
		return 0, 0
	}
	return statusMiB(status, "VmHWM:"), statusMiB(status, "VmRSS:")
}

// freePorts finds n ports below those that Linux gives to clients (32768 and up): a port that the kernel chose could
// become the source of someone's connection before the program that was meant for it listens.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range 1000 {
		if len(ports) == n {
			return ports, nil
		}
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		defer l.Close() // only at the end, so that none is handed out twice
		ports = append(ports, port)
	}
	return nil, errors.New("no free port in 1000 tries")
}
