package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"time"
)

// SelfMade is a certificate that names the account, signed with its own key.
func SelfMade(namespace, account string) (tls.Certificate, error) {
	name, err := url.Parse(SPIFFE(namespace, account))
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := selfSign(&x509.Certificate{URIs: []*url.URL{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// Loopback is a certificate for a server at 127.0.0.1, and the same as PEM for its clients.
func Loopback() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	der, err := selfSign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "loopback"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

func selfSign(template *x509.Certificate, key *ecdsa.PrivateKey) ([]byte, error) {
	now := time.Now()
	template.SerialNumber, template.KeyUsage = big.NewInt(1), x509.KeyUsageDigitalSignature
	template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}
