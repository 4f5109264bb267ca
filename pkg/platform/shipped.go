package platform

import (
	security "istio.io/api/security/v1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// Shipped are policies of ours in the forms in which Kubeflow ships them, once the ingress
// principal is the new one. Replacing such a form loses nothing that somebody wrote.
func Shipped(plan generate.Plan, kubeflow survey.Kubeflow) []generate.Object {
	p := Platform{plan.Mesh, *plan.Platform, kubeflow}
	out := []generate.Object{
		dexWithoutKeys(p),
		// One policy for both layers, of which ztunnel would drop the HTTP rules.
		allow(kubeflow.Component(survey.Pipelines), "ml-pipeline", rulesOf(allowPipelines(p))...),
		allow(kubeflow.Component(survey.PipelinesUI), "ml-pipeline-ui", pipelinesUIRules(p)...),
		// Every port for everybody.
		allow(kubeflow.Component(survey.MetadataGRPC), "metadata-grpc-service", &security.Rule{}),
		allow(survey.Component{Labels: map[string]string{"app": "cache-server"}}, "service-cache-server", &security.Rule{}),
	}
	for _, store := range [][2]string{{survey.MinIO, "minio-service"}, {survey.SeaweedFS, "seaweedfs-service"}} {
		out = append(out, allow(kubeflow.Component(store[0]), store[1], from(p.PipelinesAPI), from(p.PipelinesUI), &security.Rule{}))
	}
	return out
}

func rulesOf(o generate.Object) []*security.Rule {
	return o.Fields["spec"].(*security.AuthorizationPolicy).Rules
}

// dexWithoutKeys is the login as Kubeflow ships it, which leaves the keys to discovery.
func dexWithoutKeys(p Platform) generate.Object {
	o := DexJWT(p.Mesh)
	o.Fields["spec"].(*security.RequestAuthentication).JwtRules[0].JwksUri = ""
	return o
}
