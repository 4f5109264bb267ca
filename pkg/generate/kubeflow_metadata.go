package generate

import "github.com/kubeflow-ambient/ambient-profile/internal/survey"

// metadata is the store of ML Metadata and the Envoy that speaks gRPC-Web before it.
func metadata(p Platform) []Object {
	envoy := p.Components[survey.MetadataEnvoy]
	return []Object{
		allowToMetadataEnvoy(p), allowToMetadata(p),
		// A prefix of the Gateway API ends at a slash, so it is the gRPC service's whole name.
		p.httpRoute(envoy.Namespace, "metadata-envoy", route{path: "/ml_metadata.MetadataStoreService", service: envoy.Service, port: 9090}),
	}
}

// allowToMetadataEnvoy: the ingress Gateway, and the pipelines UI, which passes on the same
// requests of the same people (Kubeflow Pipelines: frontend, /ml_metadata.*).
func allowToMetadataEnvoy(p Platform) Object {
	return p.Components[survey.MetadataEnvoy].allow("metadata-envoy-l4-ingressgateway", from(p.Ingress), from(p.PipelinesUI))
}

// allowToMetadata: everybody, as in every Kubeflow: the store knows no users, and the steps of all
// pipelines write to it.
func allowToMetadata(p Platform) Object {
	return p.Components[survey.MetadataGRPC].allow("metadata-grpc-service", everything().onPorts("8080"))
}
