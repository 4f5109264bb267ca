package envoy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Process is one Envoy that runs.
type Process struct {
	Admin string // host:port of its admin interface

	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// Start runs Envoy with a bootstrap; its log and its bootstrap are in dir under the node's name.
func Start(b Binary, dir string, n Node) (*Process, error) {
	boot, err := json.MarshalIndent(n.bootstrap(), "", " ")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, n.Name+"."+n.Namespace)
	if err := os.WriteFile(name+".json", boot, 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(name + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &Process{Admin: n.Admin, log: log.Name(), done: make(chan struct{})}
	p.cmd = exec.Command(b.Path, "-c", name+".json", "--concurrency", "1", "--disable-hot-restart",
		"--drain-time-s", "45", "--drain-strategy", "immediate", "--log-level", "warning") // drain as pilot-agent says
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the "parent died" signal follows the thread that started the child
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
			close(p.done)
		}
	}()
	return p, <-started
}

// Stop ends it; nothing in it is worth a drain.
func (p *Process) Stop() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Exited reports whether Envoy ended by itself.
func (p *Process) Exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Ready reports whether Envoy has its clusters and listeners.
func (p *Process) Ready() bool {
	state, err := p.ask("/ready")
	return err == nil && strings.HasPrefix(state, "LIVE")
}

// Config is Envoy's own dump of what it runs on.
func (p *Process) Config() (string, error) { return p.ask("/config_dump?include_eds") }

func (p *Process) ask(path string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + p.Admin + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return string(body), err
}

// LastWords is the end of its log.
func (p *Process) LastWords() string {
	said, _ := os.ReadFile(p.log)
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-20):], []byte("\n")))
}

// MemoryMiB is what it holds now.
func (p *Process) MemoryMiB() int {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var size, resident int
	_, _ = fmt.Sscan(string(statm), &size, &resident)
	return resident * os.Getpagesize() >> 20
}
