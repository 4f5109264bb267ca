package controlplane

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// issuer is what a stock cluster calls itself; our RequestAuthentication names it.
const issuer = "https://kubernetes.default.svc.cluster.local"

func (cp *ControlPlane) startAPIServer(ctx context.Context) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	token, err := cp.writeTokens()
	if err != nil {
		return err
	}
	if err := writeSigningKey(filepath.Join(cp.dir, "sa.key")); err != nil {
		return err
	}
	cp.apiserver, err = start(cp.dir, "kube-apiserver", nil, cp.bin.path("kube-apiserver"),
		"--etcd-servers="+cp.etcdURL,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+strconv.Itoa(ports[0]),
		"--cert-dir="+cp.dir, // it signs its own certificate there
		"--token-auth-file="+filepath.Join(cp.dir, "tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-account-issuer="+issuer,
		"--service-account-key-file="+filepath.Join(cp.dir, "sa.key"),
		"--service-account-signing-key-file="+filepath.Join(cp.dir, "sa.key"),
		"--service-cluster-ip-range=10.96.0.0/12",
		"--endpoint-reconciler-type=none", // a loopback address is not a valid endpoint of Service kubernetes
	)
	if err != nil {
		return err
	}
	cp.Admin = &rest.Config{
		Host:            local("https", ports[0]),
		BearerToken:     token,
		TLSClientConfig: rest.TLSClientConfig{CAFile: filepath.Join(cp.dir, "apiserver.crt")},
		QPS:             -1, // client-go's throttle would be what we measure
	}
	return cp.apiserver.await(ctx, 2*time.Minute, func() error { return ready(ctx, cp.Admin) })
}

func ready(ctx context.Context, c *rest.Config) error {
	client, err := kubernetes.NewForConfig(c)
	if err != nil {
		return err // the certificate is not there yet
	}
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// writeTokens makes up one token each for the tests and for the controller manager, and returns the tests'.
func (cp *ControlPlane) writeTokens() (string, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	admin := hex.EncodeToString(raw[:16])
	cp.managerToken = hex.EncodeToString(raw[16:])
	lines := admin + `,admin,admin,"system:masters"` + "\n" + cp.managerToken + ",system:kube-controller-manager,manager\n"
	return admin, os.WriteFile(filepath.Join(cp.dir, "tokens.csv"), []byte(lines), 0o600)
}

func writeSigningKey(path string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
}

func get(url string) error {
	_, err := Get(url)
	return err
}

// Get is a plain GET of a local endpoint.
func Get(url string) ([]byte, error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, resp.Status, body)
	}
	return body, err
}
