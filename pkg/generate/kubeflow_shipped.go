package generate

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Shipped returns our policies in the forms in which Kubeflow ships them, with the new ingress
// principal. Replacing such a form does not lose a manual edit.
func Shipped(p Platform) []Object {
	out := []Object{
		dexWithoutKeys(p),
		// One policy for both layers, of which ztunnel would drop the HTTP rules.
		p.Components[survey.Pipelines].allow("ml-pipeline", pipelinesRules(p)...),
		p.Components[survey.PipelinesUI].allow("ml-pipeline-ui", pipelinesUIRules(p)...),
		// Every port for everybody.
		p.Components[survey.MetadataGRPC].allow("metadata-grpc-service", everything()),
		policy(profile.KubeflowNamespace, "service-cache-server", allow(inFrontOf(map[string]string{"app": "cache-server"}), everything())),
	}
	for _, store := range [][2]string{{survey.MinIO, "minio-service"}, {survey.SeaweedFS, "seaweedfs-service"}} {
		out = append(out, p.Components[store[0]].allow(store[1], from(p.PipelinesAPI), from(p.PipelinesUI), everything()))
	}
	return out
}

// dexWithoutKeys is the login as Kubeflow ships it, which leaves the keys to discovery.
func dexWithoutKeys(p Platform) Object {
	o := dexJWT(p.Mesh)
	o.Fields["spec"].(*security.RequestAuthentication).JwtRules[0].JwksUri = ""
	return o
}
