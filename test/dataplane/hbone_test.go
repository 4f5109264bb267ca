package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/agent"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
)

// The waypoint knows a caller by its certificate alone, and takes only those that istiod's CA has signed.
func TestTheWaypointAsksForACertificate(t *testing.T) {
	needsPlane(t)
	become(t, base(t))
	ctx := context.Background()
	gateway, err := plane.Identity(ctx, "istio-system", "ambient-ingressgateway-istio")
	if err != nil {
		t.Fatal(err)
	}
	forged, err := agent.SelfMade("istio-system", "ambient-ingressgateway-istio")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		certificate tls.Certificate
		want        string // of the error; empty: the tunnel opens
	}{
		{"of the gateway, signed by istiod", gateway.Certificate, ""},
		{"none", tls.Certificate{}, "certificate required"},                             // TLS alert 116
		{"with the gateway's name, self-made", forged, "unknown certificate authority"}, // TLS alert 48
	} {
		for _, at := range []string{"alice/waypoint", "alice/tet"} {
			err := handshake(net.JoinHostPort(plane.Address(at), "15008"), c.certificate)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("at %s, certificate %s: want %q, got %v", at, c.name, c.want, err)
			}
		}
	}
	note("HBONE: no certificate and a self-made one with the gateway's name are refused in the handshake, by waypoint and pod")
}

// handshake reports what a server says to a certificate. In TLS 1.3 the client is done first, and reads the alert later.
func handshake(address string, certificate tls.Certificate) error {
	c, err := tls.Dial("tcp", address, &tls.Config{
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil },
		MinVersion:           tls.VersionTLS13, NextProtos: []string{"h2"},
		InsecureSkipVerify: true, // the question is what the server makes of the client
	})
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	_, err = c.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil // it waits for a request
	}
	return err
}

// The certificate says who asks; a header that says otherwise changes nothing, and one that the gateway writes counts.
func TestThePrincipalIsThatOfTheCertificate(t *testing.T) {
	needsPlane(t)
	become(t, base(t))
	alice := http.Header{"kubeflow-userid": {"alice@example.com"}}
	for account, want := range map[string]int{
		"alice/default-editor":                      200, // the namespace itself
		"bob/default-editor":                        403,
		"kubeflow/ml-pipeline-ui":                   200, // passes on the user that asks it
		"istio-system/ambient-ingressgateway-istio": 200, // so anyone with its certificate is every user
	} {
		got, err := plane.FromPod(context.Background(), account, "alice/tet:80", world.Request{Path: "/lab", Headers: alice})
		if err != nil || got.Status != want {
			t.Errorf("as %s with alice's header: want %d, got %d %v", account, want, got.Status, err)
		}
	}
	note("HBONE: the principal is the certificate's; the gateway's certificate, which istiod signs for a token of its account, is every user")
}

// ztunnel closes open connections that a policy no longer allows, and so does the stand-in.
func TestAPolicyThatIsWithdrawnClosesConnections(t *testing.T) {
	needsPlane(t)
	objects := base(t)
	allow := policy("alice", "bob-may", `{action: ALLOW, rules: [{from: [{source: {namespaces: [bob]}}]}]}`)
	become(t, add(t, objects, allow))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := plane.Dial(ctx, "bob/default-editor", plane.Address("alice/tet")+":8888")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	ask := func() error {
		if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: tet\r\n\r\n"); err != nil {
			return err
		}
		resp, err := http.ReadResponse(in, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
		}
		return err
	}
	if err := ask(); err != nil {
		t.Fatalf("while the policy holds: %v", err)
	}
	become(t, objects)
	if err := ask(); err == nil {
		t.Error("the connection is still open")
	}
	note("%s: a connection that a policy no longer allows is closed", plane.L4())
}

// A pod that is deleted and made again is in the mesh again: its owner's namespace reaches it, and another does not.
func TestAPodThatIsMadeAgainIsGuarded(t *testing.T) {
	needsPlane(t)
	objects := base(t)
	become(t, removes("Deployment/alice/tet")(t, objects))
	if at := plane.Address("alice/tet"); at != "" {
		t.Fatalf("the pod still runs at %s", at)
	}
	become(t, add(t, objects, policy("alice", "bob-may", `{action: ALLOW, rules: [{from: [{source: {namespaces: [bob]}}]}]}`)))
	for account, want := range map[string]bool{"bob/default-editor": true, "research/default-editor": false, "": false} {
		got, err := plane.FromPod(context.Background(), account, plane.Address("alice/tet")+":8888", world.Request{})
		if allowed := err == nil && got.Reached == "alice/tet"; allowed != want {
			t.Errorf("from %q: want allowed %v, got %d %v", account, want, got.Status, err)
		}
	}
}

// After a policy is withdrawn from a waypoint, a connection that the gateway holds open may carry one more request: the
// old listener drains. The documentation says one request; this shows that it is one.
func TestAWithdrawnPolicyMayJudgeOneMoreRequest(t *testing.T) {
	needsPlane(t)
	objects := base(t)
	open := add(t, objects, policy("alice", "bob-may", `{action: ALLOW, `+onWaypoint+`, rules: [{when: [{key: 'request.headers[kubeflow-userid]', values: [bob@example.com]}]}]}`))
	late := 0
	for range 3 {
		become(t, open)
		asBob(t) // it works the other way, too: this one may be judged as if the policy were not there
		if got := asBob(t); got != 200 {
			t.Fatalf("while the policy holds: %d", got)
		}
		become(t, objects)
		if asBob(t) == 200 {
			late++
		}
		if got := asBob(t); got != 403 {
			t.Errorf("the second request after the policy was withdrawn: %d", got)
		}
	}
	note("withdrawn policy: in %d of 3 tries one more request passed on a connection that was open, never two", late)
}

func asBob(t *testing.T) int {
	t.Helper()
	got, err := plane.FromOutside(context.Background(), question.Ingress, 80, world.Request{Host: question.Host, Path: "/notebook/alice/tet/lab",
		Headers: http.Header{"Cookie": {"session=bob@example.com"}}})
	if err != nil {
		t.Fatal(err)
	}
	return got.Status
}
