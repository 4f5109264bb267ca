package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// metadata is the store of ML Metadata and the Envoy that speaks gRPC-Web before it.
func metadata(p Platform) []generate.Object {
	return []generate.Object{
		allowToMetadataEnvoy(p), allowToMetadata(p),
		// A prefix of the Gateway API ends at a slash, so it is the gRPC service's whole name.
		p.httpRoute(profile.KubeflowNamespace, "metadata-envoy", route{
			Path: "/ml_metadata.MetadataStoreService", Service: p.Kubeflow.Component(survey.MetadataEnvoy).Service, Port: 9090,
		}),
	}
}

// allowToMetadataEnvoy: the ingress Gateway, and the pipelines UI, which passes on the same
// requests of the same people (Kubeflow Pipelines: frontend, /ml_metadata.*).
func allowToMetadataEnvoy(p Platform) generate.Object {
	return allow(p.Kubeflow.Component(survey.MetadataEnvoy), "metadata-envoy-l4-ingressgateway", from(p.Ingress), from(p.PipelinesUI))
}

// allowToMetadata: everybody, as in every Kubeflow: the store knows no users, and the steps of all
// pipelines write to it.
func allowToMetadata(p Platform) generate.Object {
	return allow(p.Kubeflow.Component(survey.MetadataGRPC), "metadata-grpc-service", anybody("8080"))
}
