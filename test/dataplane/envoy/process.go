package envoy

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/child"
)

// Process is one Envoy that runs.
type Process struct {
	*child.Process
	Admin string // host:port of its admin interface
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
	cmd := exec.Command(b.Path, "-c", name+".json", "--concurrency", "1", "--disable-hot-restart",
		"--drain-time-s", "45", "--drain-strategy", "immediate", "--log-level", "warning") // drain as pilot-agent says
	c, err := child.Start(cmd, name+".log")
	return &Process{c, n.Admin}, err
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
