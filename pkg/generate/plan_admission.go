package generate

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Admission is what the guardrails of the API server rest on.
type Admission struct {
	*Mesh
	// PlatformNamespaces are not users'.
	PlatformNamespaces []string
	// GatewayNamespaces are those whose gateways KServe and Knative send traffic through.
	GatewayNamespaces []string
	// IdentityHeaders say who the user is, or prove it; in lower case, with - for _.
	IdentityHeaders []string
	// The accounts of controllers that write into users' namespaces what users may not, as the API
	// server names them. None of them is exempt from a guard as a whole: each rule says which of them
	// it lets pass.
	AppControllers, KServeControllers, KnativeControllers []string
	// ProfileController makes the users' namespaces.
	ProfileController string
	// Istiod begins the name of each revision's account.
	Istiod string
	// NewTenantsJoin: a namespace is in the mesh as soon as it is made, since something closes it.
	NewTenantsJoin bool
}

func newAdmission(mesh *Mesh, s profile.Spec, kubeflow survey.Kubeflow) *Admission {
	if !s.Cluster.Admission.Enabled {
		return nil
	}
	return &Admission{
		Mesh:               mesh,
		PlatformNamespaces: platformNamespaces(mesh, s),
		GatewayNamespaces:  gatewayNamespaces(mesh),
		IdentityHeaders:    identityHeaders(s),
		AppControllers:     appControllers(s),
		KServeControllers:  kserveControllers(s),
		KnativeControllers: knativeControllers(),
		ProfileController:  accountUser(profile.KubeflowNamespace, kubeflow.Component(survey.ProfileController).Account),
		Istiod:             accountUser(mesh.RootNamespace, "istiod"),
		// Keep: the profile-controller writes its policy. Otherwise the mesh must deny by default.
		NewTenantsJoin: s.Cluster.Controllers != profile.Restrict || s.Cluster.Platform.Enabled || kubeflow.Closed,
	}
}

func platformNamespaces(mesh *Mesh, s profile.Spec) []string {
	return sorted(append(gatewayNamespaces(mesh), profile.KubeflowNamespace, s.Cluster.KServe.Namespace,
		"auth", "oauth2-proxy", "cert-manager", "kube-system", "kube-public", "kube-node-lease"))
}

func gatewayNamespaces(mesh *Mesh) []string {
	return sorted([]string{mesh.GatewayNamespace, mesh.RootNamespace, "istio-system", "knative-serving"})
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func identityHeaders(s profile.Spec) []string {
	var out []string
	for _, name := range []string{s.Identity.UserIDHeader, s.Identity.GroupsHeader, "authorization", "cookie"} {
		out = append(out, strings.ReplaceAll(strings.ToLower(name), "_", "-"))
	}
	return out
}

// appControllers write one VirtualService for each notebook, TensorBoard and volume viewer
// (Kubeflow: the controllers' ClusterRoles).
func appControllers(s profile.Spec) []string {
	return []string{
		tokenHeader("", s.Identity.ServiceAccounts.NotebookController),
		accountUser(profile.KubeflowNamespace, "tensorboard-controller-controller-manager"),
		accountUser(profile.KubeflowNamespace, "pvcviewer-controller-manager"),
	}
}

// kserveControllers write what leads to a model: HTTPRoutes or a VirtualService, and an
// ExternalName Service where Knative runs it. There are none where KServe is not used.
func kserveControllers(s profile.Spec) []string {
	if !s.Cluster.KServe.Enabled {
		return nil
	}
	return []string{
		accountUser(s.Cluster.KServe.Namespace, "kserve-controller-manager"),
		accountUser(s.Cluster.KServe.Namespace, "llmisvc-controller-manager"),
	}
}

// knativeControllers are Knative Serving's controller, which writes an ExternalName Service for
// each route, and net-istio, which writes VirtualServices and Gateways; both run as this account.
func knativeControllers() []string { return []string{accountUser("knative-serving", "controller")} }
