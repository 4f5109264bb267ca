package agent

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	ca "istio.io/api/security/v1alpha1"
)

// Identity is a certificate that istiod's own CA signed for a ServiceAccount.
type Identity struct {
	SPIFFE      string
	Certificate tls.Certificate
	Roots       *x509.CertPool

	chain, key, root []byte // PEM
}

// Dial connects to istiod as the holder of a ServiceAccount's token.
func Dial(address, token string, root []byte) (*grpc.ClientConn, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	return grpc.NewClient(address,
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "istiod.istio-system.svc", MinVersion: tls.VersionTLS12})),
		grpc.WithPerRPCCredentials(bearer(token)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

// NewIdentity has istiod sign a key. The name in the request is only a wish: istiod writes that of the token.
func NewIdentity(ctx context.Context, istiod *grpc.ClientConn, namespace, account string, root []byte) (*Identity, error) {
	id := &Identity{SPIFFE: SPIFFE(namespace, account), Roots: x509.NewCertPool(), root: root}
	id.Roots.AppendCertsFromPEM(root)
	key, request, err := newRequest(id.SPIFFE)
	if err != nil {
		return nil, err
	}
	signed, err := ca.NewIstioCertificateServiceClient(istiod).CreateCertificate(ctx, &ca.IstioCertificateRequest{Csr: request, ValidityDuration: 24 * 60 * 60})
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", id.SPIFFE, err)
	}
	for _, c := range signed.CertChain {
		id.chain = append(id.chain, strings.TrimSpace(c)+"\n"...)
	}
	id.key = key
	id.Certificate, err = tls.X509KeyPair(id.chain, id.key)
	return id, err
}

// SPIFFE is the name of a ServiceAccount in the mesh.
func SPIFFE(namespace, account string) string {
	return "spiffe://cluster.local/ns/" + namespace + "/sa/" + account
}

func newRequest(spiffe string) (key []byte, request string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	name, err := url.Parse(spiffe)
	if err != nil {
		return nil, "", err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{name}}, private)
	if err != nil {
		return nil, "", err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, "", err
	}
	encode := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	return encode("PRIVATE KEY", pkcs8), string(encode("CERTIFICATE REQUEST", der)), nil
}
