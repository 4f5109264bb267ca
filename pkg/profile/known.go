package profile

// Names that no configuration changes.
const (
	// OwnedBy is the annotation of an object that an AmbientProfile owns: it holds its name.
	OwnedBy = "ambient.kubeflow.org/owned-by"
	// KubeflowNamespace is where Kubeflow's control plane runs.
	KubeflowNamespace = "kubeflow"
	// KubeflowWaypoint is the waypoint of that namespace, where the control plane moves to ambient mode.
	KubeflowWaypoint = "kubeflow-waypoint"
)
