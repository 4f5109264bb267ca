package agent

import (
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secret "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"google.golang.org/protobuf/types/known/anypb"
)

// StreamSecrets answers "default" with the proxy's certificate and "ROOTCA" with istiod's root, as pilot-agent does.
func (a *Agent) StreamSecrets(s secret.SecretDiscoveryService_StreamSecretsServer) error {
	sent := map[string]bool{}
	for {
		req, err := s.Recv()
		if err != nil {
			return err
		}
		if req.ErrorDetail != nil {
			a.mu.Lock()
			a.refuse("NACK %s: %s", req.TypeUrl, req.ErrorDetail.Message)
			a.mu.Unlock()
		}
		names := strings.Join(req.ResourceNames, ",")
		if sent[names] {
			continue // an ACK; nothing rotates here
		}
		sent[names] = true
		resp := &discovery.DiscoveryResponse{TypeUrl: req.TypeUrl, VersionInfo: "1", Nonce: names}
		for _, name := range req.ResourceNames {
			packed, err := anypb.New(a.secret(name))
			if err != nil {
				return err
			}
			resp.Resources = append(resp.Resources, packed)
		}
		if err := s.Send(resp); err != nil {
			return err
		}
	}
}

func (a *Agent) secret(name string) *tls.Secret {
	if strings.HasPrefix(name, "ROOTCA") {
		return &tls.Secret{Name: name, Type: &tls.Secret_ValidationContext{
			ValidationContext: &tls.CertificateValidationContext{TrustedCa: inline(a.identity.root)},
		}}
	}
	return &tls.Secret{Name: name, Type: &tls.Secret_TlsCertificate{
		TlsCertificate: &tls.TlsCertificate{CertificateChain: inline(a.identity.chain), PrivateKey: inline(a.identity.key)},
	}}
}

func inline(b []byte) *core.DataSource {
	return &core.DataSource{Specifier: &core.DataSource_InlineBytes{InlineBytes: b}}
}
