package access

// noted is what a namespace holds that decides no verdict and that the findings look at.
type noted struct {
	leads      []*lead
	pools      []pool
	departures []departure
	networks   []*networkPolicy

	istioGateways []*istioGateway
}

// noters read it. A kind may be among the readers as well.
var noters = map[groupKind]reader{
	{"gateway.networking.k8s.io", "HTTPRoute"}: (*World).readPoolLead,
	{"gateway.networking.k8s.io", "GRPCRoute"}: (*World).readPoolLead,
	{"gateway.networking.k8s.io", "TLSRoute"}:  (*World).readLead,
	{"gateway.networking.k8s.io", "TCPRoute"}:  (*World).readLead,
	{"networking.istio.io", "VirtualService"}:  (*World).readVirtualServiceLead,
	{"networking.istio.io", "ServiceEntry"}:    (*World).readEntry,
	{"networking.k8s.io", "Ingress"}:           (*World).readIngress,
	{"networking.k8s.io", "IngressClass"}:      (*World).readIngressClass,

	{"inference.networking.k8s.io", "InferencePool"}:   (*World).readPool,
	{"inference.networking.x-k8s.io", "InferencePool"}: (*World).readPool,
	{"networking.k8s.io", "NetworkPolicy"}:             (*World).readNetworkPolicy,

	{"discovery.k8s.io", "EndpointSlice"}: (*World).readEndpointSlice,

	{"", "Pod"}:                                  (*World).readPodDeparture,
	{"", "ReplicationController"}:                (*World).readTemplateDeparture,
	{"apps", "Deployment"}:                       (*World).readTemplateDeparture,
	{"apps", "StatefulSet"}:                      (*World).readTemplateDeparture,
	{"apps", "DaemonSet"}:                        (*World).readTemplateDeparture,
	{"apps", "ReplicaSet"}:                       (*World).readTemplateDeparture,
	{"batch", "Job"}:                             (*World).readTemplateDeparture,
	{"batch", "CronJob"}:                         (*World).readTemplateDeparture,
	{"kubeflow.org", "Notebook"}:                 (*World).readNotebookDeparture,
	{"kubeflow.org", "PodDefault"}:               (*World).readPodDefaultDeparture,
	{"serving.kserve.io", "InferenceService"}:    (*World).readModelDeparture,
	{"serving.kserve.io", "LLMInferenceService"}: (*World).readLanguageModel,
	{"kubeflow.org", "PyTorchJob"}:               (*World).readJobDeparture,
	{"kubeflow.org", "TFJob"}:                    (*World).readJobDeparture,
	{"kubeflow.org", "MPIJob"}:                   (*World).readJobDeparture,
	{"kubeflow.org", "XGBoostJob"}:               (*World).readJobDeparture,
	{"kubeflow.org", "PaddleJob"}:                (*World).readJobDeparture,
	{"kubeflow.org", "JAXJob"}:                   (*World).readJobDeparture,
}
