package platform

import (
	security "istio.io/api/security/v1"
	istio "istio.io/api/type/v1beta1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

const (
	gatewayGroup = "gateway.networking.k8s.io"
	// gatewayName labels the pods of a Gateway (Istio: deploymentcontroller).
	gatewayName = gatewayGroup + "/gateway-name"
)

// policy is an AuthorizationPolicy.
func policy(namespace, name string, s *security.AuthorizationPolicy) generate.Object {
	return generate.Object{
		APIVersion: "security.istio.io/v1", Kind: "AuthorizationPolicy", Namespace: namespace, Name: name,
		Fields: generate.Fields{"spec": s},
	}
}

// allow is a policy in front of a component's pods. ztunnel enforces it, so that no rule may hold
// an HTTP attribute.
func allow(c survey.Component, name string, rules ...*security.Rule) generate.Object {
	return policy(profile.KubeflowNamespace, name, &security.AuthorizationPolicy{
		Selector: &istio.WorkloadSelector{MatchLabels: c.Labels},
		Rules:    rules,
	})
}

// from lets in peers by their mTLS identity, on any port.
func from(principals ...string) *security.Rule {
	return &security.Rule{From: []*security.Rule_From{{Source: &security.Source{Principals: principals}}}}
}

// fromNamespace lets in whatever runs in a namespace.
func fromNamespace(name string) *security.Rule {
	return &security.Rule{From: []*security.Rule_From{{Source: &security.Source{Namespaces: []string{name}}}}}
}

// anybody lets in whoever reaches the pod, in the mesh or not, on some ports.
func anybody(ports ...string) *security.Rule {
	return &security.Rule{To: onPorts(ports)}
}

// anybodyInMesh lets in whoever proves an identity of the mesh, on some ports.
func anybodyInMesh(ports ...string) *security.Rule {
	rule := from("*")
	rule.To = onPorts(ports)
	return rule
}

func onPorts(ports []string) []*security.Rule_To {
	return []*security.Rule_To{{Operation: &security.Operation{Ports: ports}}}
}

// on attaches a policy to what enforces it on L7.
func on(group, kind, name string) []*istio.PolicyTargetReference {
	return []*istio.PolicyTargetReference{{Group: group, Kind: kind, Name: name}}
}

func header(name string) string { return "request.headers[" + name + "]" }
