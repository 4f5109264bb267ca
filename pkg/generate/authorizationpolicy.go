package generate

import (
	security "istio.io/api/security/v1"
	istio "istio.io/api/type/v1beta1"
)

// policy is an AuthorizationPolicy; its form is the same for every layer.
func policy(namespace, name string, s *security.AuthorizationPolicy) Object {
	return Object{
		APIVersion: "security.istio.io/v1", Kind: "AuthorizationPolicy", Namespace: namespace, Name: name,
		Fields: spec(s),
	}
}

const gatewayGroup = "gateway.networking.k8s.io"

// onGateway makes a policy an L7 one, enforced by that waypoint or ingress Gateway. Without it the
// policy would go to ztunnel, which drops an ALLOW rule that holds an HTTP attribute.
func onGateway(name string) []*istio.PolicyTargetReference {
	return []*istio.PolicyTargetReference{{Group: gatewayGroup, Kind: "Gateway", Name: name}}
}

func onService(name string) []*istio.PolicyTargetReference {
	return []*istio.PolicyTargetReference{{Kind: "Service", Name: name}}
}

// OnServices makes a policy an L7 one, enforced by the Services' waypoint.
func OnServices(names ...string) []*istio.PolicyTargetReference {
	var refs []*istio.PolicyTargetReference
	for _, name := range names {
		refs = append(refs, onService(name)...)
	}
	return refs
}

// from are peers by their mTLS identity.
func from(principals ...string) []*security.Rule_From {
	return []*security.Rule_From{{Source: &security.Source{Principals: principals}}}
}

func fromNamespace(name string) []*security.Rule_From {
	return []*security.Rule_From{{Source: &security.Source{Namespaces: []string{name}}}}
}

func to(operation *security.Operation) []*security.Rule_To {
	return []*security.Rule_To{{Operation: operation}}
}

// header holds where the request's header has one of the values.
func header(name string, values ...string) *security.Condition {
	return &security.Condition{Key: "request.headers[" + name + "]", Values: values}
}
