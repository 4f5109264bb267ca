package generate

import (
	"cmp"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Platform is how Kubeflow's control plane moves.
type Platform struct {
	*Mesh
	// Components are those of the namespace kubeflow, by the names that the survey gives them.
	Components map[string]Component
	// Webhooks are the Services of the namespace kubeflow that the API server calls.
	Webhooks []survey.Webhook
	// Login is what is missing of Kubeflow's login, and so is not written.
	Login survey.KubeflowLogin
	// LoginPaths need no session: people get one there. LoginListed reports that the configuration has them.
	LoginPaths  []string
	LoginListed bool
	// Readers are the components that the ingress Gateway reaches and whose pods take the user from
	// the header.
	Readers []Component
	// BehindWaypoint are the Services that always need HTTP policies, and so Kubeflow's waypoint. Those
	// of Readers need it where tokens are verified again; all others are protected by ztunnel alone.
	BehindWaypoint []string
	// PipelineAccounts are the principals of Kubeflow Pipelines that act for users.
	PipelineAccounts []string
	// WaypointPrincipal is that of Kubeflow's waypoint.
	WaypointPrincipal string
	// WaypointPassage is what the waypoint needs of NetworkPolicies.
	WaypointPassage Passage
	// GatewayAccount is the ingress Gateway's own service account; "" is the one that Istio makes.
	GatewayAccount string
	// TLSSecret is "" where the ingress Gateway has no TLS listener.
	TLSSecret string
	// GatewaySeccomp and WaypointSeccomp are the seccomp profiles of the pods of the ingress Gateway
	// and of Kubeflow's waypoint; "" is Istio's default, which is none.
	GatewaySeccomp, WaypointSeccomp string
}

// Component is one workload of Kubeflow's control plane.
type Component struct {
	Name, Namespace string
	// Principal is the identity of its pods in the mesh.
	Principal string
	// Labels select its pods.
	Labels map[string]string
	// Service leads to it.
	Service string
	// Deployed is false for a component that only some releases of Kubeflow have, and this one does not.
	Deployed bool
}

// readers and behindWaypoint name components. The pipelines API also takes the user from the header,
// but it is not a reader: its UI calls it with the header and without a token, and Envoy strips the
// header from such a request (jwt_authn).
var (
	readers = []string{
		survey.Dashboard, survey.JupyterWebApp, survey.VolumesWebApp, survey.TensorboardsWebApp,
		survey.KatibUI, survey.ModelsWebApp, survey.PipelinesUI, survey.ModelRegistryUI,
	}
	behindWaypoint = []string{survey.Pipelines, survey.PipelinesUI}
)

func newPlatform(mesh *Mesh, s profile.Spec, kubeflow survey.Kubeflow) *Platform {
	if !s.Cluster.Platform.Enabled {
		return nil
	}
	p := &Platform{
		Mesh:              mesh,
		Components:        map[string]Component{},
		Webhooks:          kubeflow.Webhooks(),
		Login:             kubeflow.Login,
		LoginPaths:        s.Identity.LoginPaths,
		LoginListed:       s.Identity.LoginPaths != nil,
		WaypointPrincipal: mesh.Principal(profile.KubeflowNamespace, profile.KubeflowWaypoint),
		WaypointPassage:   Passage{In: kubeflow.Isolated, Out: kubeflow.Confined, From: kubeflowClients(mesh)},
		TLSSecret:         s.Ingress.TLSSecret,
		GatewaySeccomp:    seccompIn(mesh.GatewayNamespace, kubeflow),
		WaypointSeccomp:   cmp.Or(s.Waypoint.Seccomp, seccompIn(profile.KubeflowNamespace, kubeflow)),
	}
	if !p.LoginListed {
		p.LoginPaths = loginOfKubeflow()
	}
	if s.Ingress.ServiceAccount != mesh.GatewayName+"-istio" {
		p.GatewayAccount = s.Ingress.ServiceAccount
	}
	for _, c := range kubeflow.Components() {
		p.Components[c.Name] = Component{
			Name: c.Name, Namespace: profile.KubeflowNamespace, Principal: mesh.Principal(profile.KubeflowNamespace, c.Account),
			Labels: c.Labels, Service: c.Service, Deployed: c.Deployed,
		}
	}
	for _, name := range readers {
		if c := p.Components[name]; c.Deployed {
			p.Readers = append(p.Readers, c)
		}
	}
	for _, name := range behindWaypoint {
		p.BehindWaypoint = append(p.BehindWaypoint, p.Components[name].Service)
	}
	p.PipelineAccounts = []string{mesh.PipelinesAPI, mesh.PipelinesUI}
	for _, account := range []string{
		"ml-pipeline-persistenceagent", "ml-pipeline-scheduledworkflow", "ml-pipeline-viewer-crd-service-account", "kubeflow-pipelines-cache",
	} {
		p.PipelineAccounts = append(p.PipelineAccounts, mesh.Principal(profile.KubeflowNamespace, account))
	}
	return p
}

// ReaderServices lead to the readers.
func (p Platform) ReaderServices() []string {
	var names []string
	for _, c := range p.Readers {
		names = append(names, c.Service)
	}
	return names
}

// seccompIn is the seccomp profile that a Gateway's pods need in a namespace, or "". Istio 1.31: the
// templates of waypoints and of ingress Gateways set all else that Pod Security restricted asks for.
func seccompIn(namespace string, kubeflow survey.Kubeflow) string {
	if slices.Contains(kubeflow.Restricted, namespace) {
		return profile.RuntimeDefault
	}
	return ""
}
