package generate

import (
	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// gatewaySpec is the part of a Gateway that we write (gateway.networking.k8s.io/v1).
type (
	gatewaySpec struct {
		GatewayClassName string         `yaml:"gatewayClassName"`
		Infrastructure   infrastructure `yaml:"infrastructure"`
		Listeners        []listener     `yaml:"listeners"`
	}
	infrastructure struct {
		ParametersRef parametersRef `yaml:"parametersRef"`
	}
	parametersRef struct {
		Group *string `yaml:"group"`
		Kind  string  `yaml:"kind"`
		Name  string  `yaml:"name"`
	}
	listener struct {
		Name          string        `yaml:"name"`
		Port          int           `yaml:"port"`
		Protocol      string        `yaml:"protocol"`
		AllowedRoutes allowedRoutes `yaml:"allowedRoutes"`
		TLS           listenerTLS   `yaml:"tls"`
	}
	allowedRoutes struct {
		Namespaces routeNamespaces `yaml:"namespaces"`
	}
	routeNamespaces struct {
		From string `yaml:"from"`
	}
	listenerTLS struct {
		Mode            string           `yaml:"mode"`
		CertificateRefs []certificateRef `yaml:"certificateRefs"`
	}
	certificateRef struct {
		Name string `yaml:"name"`
	}
)

// waypointGateway is a namespace's own L7 proxy. A policy cannot target "all Services of a
// namespace", so every L7 policy is attached to this Gateway, or to a Service behind it.
func waypointGateway(namespace, name string, in infrastructure) Object {
	return Object{
		APIVersion: survey.GatewayGroup + "/v1", Kind: "Gateway", Namespace: namespace, Name: name,
		Labels: map[string]string{label.IoIstioWaypointFor.Name: "service"},
		Fields: spec(gatewaySpec{
			GatewayClassName: "istio-waypoint",
			Infrastructure:   in,
			Listeners:        []listener{{Name: "mesh", Port: 15008, Protocol: "HBONE"}},
		}),
	}
}

// withOptions has a Gateway's pods run as its options say (optionsName), where it has some.
func withOptions(gateway string, some bool) infrastructure {
	if !some {
		return infrastructure{}
	}
	core := ""
	return infrastructure{parametersRef{Group: &core, Kind: "ConfigMap", Name: optionsName(gateway)}}
}
