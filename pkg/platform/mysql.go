package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

// mysql: the components of Kubeflow Pipelines and the metadata store.
func mysql(p Platform) []generate.Object {
	return []generate.Object{p.Kubeflow.component(mysqlName).allow(
		"mysql", from(append(p.pipelineAccounts(), p.principal(p.Kubeflow.component(metadataGRPCName).Account))...),
	)}
}
