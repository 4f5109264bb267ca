package main

import (
	"time"

	meshconfig "istio.io/api/mesh/v1alpha1"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pkg/config/host"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/protocol"
	"istio.io/istio/pkg/test"
)

// rootNamespace and knownProvider are the mesh of every case: Istio's defaults
// and one external authorizer.
const (
	rootNamespace = "istio-system"
	knownProvider = "oauth2-proxy"
)

const authorizerHost = "oauth2-proxy.oauth2-proxy.svc.cluster.local"

// A controlPlane is the part of istiod that turns policies into proxy configuration.
type controlPlane struct {
	env     *model.Environment
	keys    *model.JwksResolver
	capture *capture
}

func meshOfCases() *meshconfig.MeshConfig {
	m := mesh.DefaultMeshConfig()
	m.ExtensionProviders = append(m.ExtensionProviders, &meshconfig.MeshConfig_ExtensionProvider{
		Name: knownProvider,
		Provider: &meshconfig.MeshConfig_ExtensionProvider_EnvoyExtAuthzHttp{
			EnvoyExtAuthzHttp: &meshconfig.MeshConfig_ExtensionProvider_EnvoyExternalAuthorizationHttpProvider{
				Service: authorizerHost, Port: 80,
			},
		},
	})
	return m
}

func newControlPlane(t test.Failer) (*controlPlane, error) {
	authorizer := &model.Service{
		Hostname:   host.Name(authorizerHost),
		Ports:      model.PortList{{Name: "http", Port: 80, Protocol: protocol.HTTP}},
		Attributes: model.ServiceAttributes{Name: "oauth2-proxy", Namespace: "oauth2-proxy"},
	}
	fake := core.NewConfigGenTest(t, core.TestOptions{MeshConfig: meshOfCases(), Services: []*model.Service{authorizer}})
	keys := model.NewJwksResolver(time.Hour, time.Hour, time.Hour, time.Hour)
	t.Cleanup(keys.Close)
	capture, err := newCapture()
	return &controlPlane{fake.Env(), keys, capture}, err
}

// push is what istiod knows once it has seen these policies.
func (p *controlPlane) push(c *manifests) (*model.PushContext, error) {
	store := newStore()
	for _, cfg := range c.policies {
		if _, err := store.Create(cfg); err != nil {
			return nil, err
		}
	}
	p.env.ConfigStore = store
	push := model.NewPushContext()
	push.InitContext(p.env, nil, nil)
	push.JwtKeyResolver = p.keys
	return push, nil
}
