package generate

import "istio.io/api/label"

// gatewaySpec is the part of a Gateway that we write (gateway.networking.k8s.io/v1).
type gatewaySpec struct {
	GatewayClassName string         `yaml:"gatewayClassName"`
	Infrastructure   infrastructure `yaml:"infrastructure"`
	Listeners        []listener     `yaml:"listeners"`
}

type infrastructure struct {
	ParametersRef parametersRef `yaml:"parametersRef"`
}

type parametersRef struct {
	Group *string `yaml:"group"`
	Kind  string  `yaml:"kind"`
	Name  string  `yaml:"name"`
}

type listener struct {
	Name     string `yaml:"name"`
	Port     int    `yaml:"port"`
	Protocol string `yaml:"protocol"`
}

// waypoint is the namespace's own L7 proxy: there is no policy target "all Services of a
// namespace", so every L7 policy hangs on this Gateway.
func waypoint(ns Namespace) Object {
	return Object{
		APIVersion: "gateway.networking.k8s.io/v1", Kind: "Gateway", Namespace: ns.Name, Name: ns.Waypoint.Name,
		Labels: map[string]string{label.IoIstioWaypointFor.Name: "service"},
		Fields: spec(gatewaySpec{
			GatewayClassName: "istio-waypoint",
			Infrastructure:   ns.infrastructure(),
			Listeners:        []listener{{Name: "mesh", Port: 15008, Protocol: "HBONE"}},
		}),
	}
}

func (ns Namespace) infrastructure() infrastructure {
	if !ns.tuned() {
		return infrastructure{}
	}
	core := ""
	return infrastructure{parametersRef{Group: &core, Kind: "ConfigMap", Name: OptionsName(ns.Waypoint.Name)}}
}
