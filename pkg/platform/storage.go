package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// storage is where artifacts are: SeaweedFS, or MinIO up to Kubeflow 1.10.
func storage(p Platform) []generate.Object {
	var out []generate.Object
	minIO := p.Kubeflow.Has(survey.MinIO)
	if minIO {
		out = append(out, p.allowStorage(survey.MinIO, "minio-service", "9000"))
	}
	if p.Kubeflow.Component(survey.SeaweedFS).Found || !minIO {
		out = append(out, p.allowStorage(survey.SeaweedFS, "seaweedfs-service", "8333"))
	}
	return out
}

// allowStorage: everybody on the S3 port, which asks for credentials; the other ports (the filer
// without any, IAM, the master) for kubeflow's own components. NetworkPolicies used to say so,
// but of a pod in the mesh they only see port 15008.
func (p Platform) allowStorage(component, name, port string) generate.Object {
	return allow(p.Kubeflow.Component(component), name, anybody(port), fromNamespace(profile.KubeflowNamespace))
}
