package profile

import "strings"

// Defaults is an AmbientProfile that sets nothing: without a name and without profiles, so that Parse would refuse it.
func Defaults() AmbientProfile {
	p := defaults()
	p.complete()
	return p
}

// defaults is the AmbientProfile that a user's file is read over: what the file leaves out stays.
func defaults() AmbientProfile {
	return AmbientProfile{Spec: Spec{
		Identity: Identity{
			TrustDomain:  "cluster.local",
			UserIDHeader: "kubeflow-userid",
			GroupsHeader: "kubeflow-groups",
			ServiceAccounts: Components{
				PipelinesUI:        "kubeflow/ml-pipeline-ui",
				PipelinesAPI:       "kubeflow/ml-pipeline",
				NotebookController: "kubeflow/notebook-controller-service-account",
			},
		},
		Ingress:  Ingress{Gateway: "istio-system/ambient-ingressgateway"},
		Waypoint: Waypoint{Name: "waypoint"},
		Access: Access{
			SameNamespacePods:   true,
			OpenPaths:           []string{"/healthz", "/metrics", "/wait-for-drain"},
			VisualizationServer: true,
		},
		Cluster: Cluster{
			Enabled:       true,
			RootNamespace: "istio-system",
			Controllers:   Keep,
			Tokens: Tokens{
				Issuers:   []string{"https://kubernetes.default.svc.cluster.local", "https://kubernetes.default.svc"},
				Audiences: []string{"istio-ingressgateway.istio-system.svc.cluster.local"},
				JWKS:      JWKS{Source: Proxy, Image: "registry.k8s.io/kubectl:v1.34.3", Replicas: 1},
			},
			KServe: KServe{Enabled: true, Namespace: KubeflowNamespace},
		},
	}}
}

// complete fills in the defaults that follow from other fields.
func (p *AmbientProfile) complete() {
	_, gateway, found := strings.Cut(p.Spec.Ingress.Gateway, "/")
	if p.Spec.Ingress.ServiceAccount == "" && found {
		// Istio: a Gateway's workload is named <gateway>-<class> (deploymentcontroller getDefaultName).
		p.Spec.Ingress.ServiceAccount = gateway + "-istio"
	}
	for i := range p.Spec.Profiles {
		p.Spec.Profiles[i].complete()
	}
}

// In is the owner's name; a ServiceAccount's as namespace/name, in the given namespace where it
// names none.
func (o Owner) In(namespace string) string {
	if o.Kind == "ServiceAccount" && !strings.Contains(o.Name, "/") {
		return namespace + "/" + o.Name
	}
	return o.Name
}

func (p *Profile) complete() {
	if p.Owner.Kind == "" {
		p.Owner.Kind = "User"
	}
	if p.ServiceAccounts == nil {
		p.ServiceAccounts = []string{"default-editor"}
	}
}
