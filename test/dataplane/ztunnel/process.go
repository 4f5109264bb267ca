package ztunnel

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/child"
)

// Node is what a ztunnel has to know of its place in the cluster.
type Node struct {
	Name, Namespace, Pod, IP string
	// XDS and CA are host:port of who sends configuration and who signs; each has its root certificates as PEM.
	XDS, CA         string
	XDSRoot, CARoot []byte
	// Token is that of ztunnel's account for istiod, bound to its pod: istiod signs for the accounts of the pods on its node.
	Token string
}

// Process is a ztunnel that runs, in shared mode: one for all pods of a node.
type Process struct {
	*child.Process
	*Agent
}

// Start runs ztunnel; its log and its files are in dir.
func Start(b Binary, dir string, n Node) (*Process, error) {
	path := func(name string) string { return filepath.Join(dir, "ztunnel-"+name) }
	for name, content := range map[string][]byte{"xds.pem": n.XDSRoot, "ca.pem": n.CARoot, "token": []byte(n.Token)} {
		if err := os.WriteFile(path(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	agent, err := Listen(path("zds"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(b.Path, "proxy")
	cmd.Dir = dir
	cmd.Env = []string{
		"XDS_ADDRESS=https://" + n.XDS, "XDS_ROOT_CA=" + path("xds.pem"),
		"CA_ADDRESS=https://" + n.CA, "CA_ROOT_CA=" + path("ca.pem"), "ALT_CA_HOSTNAME=istiod.istio-system.svc",
		"AUTH_TOKEN=" + path("token"), "INPOD_UDS=" + path("zds"), "NODE_NAME=" + n.Name,
		"POD_NAME=" + n.Pod, "POD_NAMESPACE=" + n.Namespace, "INSTANCE_IP=" + n.IP, "CLUSTER_ID=Kubernetes",
		"IPV6_ENABLED=false", "RUST_LOG=" + logLevel(),
	}
	c, err := child.Start(cmd, path("log"))
	if err != nil {
		agent.Close()
		return nil, err
	}
	return &Process{c, agent}, nil
}

func logLevel() string {
	if own := os.Getenv("RUST_LOG"); own != "" {
		return own
	}
	return "info"
}

// Ready reports whether ztunnel has heard from istiod and of the first pods.
func (p *Process) Ready() bool {
	client := http.Client{Timeout: time.Second}
	resp, err := client.Get("http://127.0.0.1:15021/healthz/ready")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Counts are what ztunnel says of its own decisions.
type Counts struct {
	Asked, Refused int // connections to pods, and those of them that no policy allowed
	Carried        int // connections from pods
}

// Counts reads ztunnel's metrics.
func (p *Process) Counts() (n Counts, err error) {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get("http://127.0.0.1:15020/metrics")
	if err != nil {
		return n, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, labels, _ := strings.Cut(lines.Text(), "{")
		value, err := strconv.Atoi(labels[strings.LastIndex(labels, " ")+1:])
		inbound := strings.Contains(labels, `reporter="destination"`)
		switch {
		case err != nil:
		case name == "istio_tcp_connections_opened_total" && inbound:
			n.Asked += value
		case name == "istio_tcp_connections_opened_total":
			n.Carried += value
		case name == "istio_tcp_connections_failed_total" && inbound && strings.Contains(labels, `response_flags="DENY"`):
			n.Refused += value
		}
	}
	return n, lines.Err()
}

// Stop ends ztunnel and what listened for it.
func (p *Process) Stop() {
	p.Process.Stop()
	p.Agent.Close()
}
