package platform

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// The accounts of controllers that write into users' namespaces what users may not. None of them is
// exempt from a guard as a whole: each rule says which of them it lets pass.

// appControllers write one VirtualService for each notebook, TensorBoard and volume viewer
// (Kubeflow: the controllers' ClusterRoles).
func appControllers(plan generate.Plan) []string {
	return []string{
		accountOf(plan.Mesh.NotebookController),
		account(profile.KubeflowNamespace, "tensorboard-controller-controller-manager"),
		account(profile.KubeflowNamespace, "pvcviewer-controller-manager"),
	}
}

// kserveControllers write what leads to a model: HTTPRoutes or a VirtualService, and an
// ExternalName Service where Knative runs it. There are none where KServe is not used.
func kserveControllers(plan generate.Plan) []string {
	if plan.Cluster == nil || !plan.Cluster.KServe.Enabled {
		return nil
	}
	return []string{
		account(plan.Cluster.KServe.Namespace, "kserve-controller-manager"),
		account(plan.Cluster.KServe.Namespace, "llmisvc-controller-manager"),
	}
}

// knativeControllers are Knative Serving's controller, which writes an ExternalName Service for
// each route, and net-istio, which writes VirtualServices and Gateways; both run as this account.
func knativeControllers() []string {
	return []string{account("knative-serving", "controller")}
}

func account(namespace, name string) string { return "system:serviceaccount:" + namespace + ":" + name }

// accountOf is the API server's name for a principal of the mesh, <trust domain>/ns/<namespace>/sa/<account>.
func accountOf(principal string) string {
	parts := strings.Split(principal, "/")
	return account(parts[len(parts)-3], parts[len(parts)-1])
}

// by is CEL for a request of one of these accounts.
func by(accounts ...string) string {
	return "request.userInfo.username in " + quoted(accounts)
}
