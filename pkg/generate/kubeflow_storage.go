package generate

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// storage is where artifacts are: SeaweedFS, or MinIO up to Kubeflow 1.10.
func storage(p Platform) []Object {
	var out []Object
	if minIO := p.Components[survey.MinIO]; minIO.Deployed {
		out = append(out, allowStorage(minIO, "minio-service", "9000"))
	}
	if seaweedFS := p.Components[survey.SeaweedFS]; seaweedFS.Deployed {
		out = append(out, allowStorage(seaweedFS, "seaweedfs-service", "8333"))
	}
	return out
}

// allowStorage allows any client on the S3 port, which asks for credentials, and only kubeflow's own
// components on the other ports (the filer, which asks for none, IAM, the master). NetworkPolicies used
// to restrict these ports, but they only see port 15008 of a pod in the mesh.
func allowStorage(store Component, name, port string) Object {
	return store.allow(name, everything().onPorts(port), fromNamespace(profile.KubeflowNamespace))
}
