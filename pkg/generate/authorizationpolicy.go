package generate

import (
	security "istio.io/api/security/v1"
	istio "istio.io/api/type/v1beta1"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// policy is an AuthorizationPolicy; its form is the same for every layer. What it says is a sentence:
//
//	allow(onGateway(waypoint), from(ingress).when(header(user, owner)))
//
//go:noinline
func policy(namespace, name string, s *security.AuthorizationPolicy) Object {
	return Object{
		APIVersion: "security.istio.io/v1", Kind: "AuthorizationPolicy", Namespace: namespace, Name: name,
		Fields: spec(s),
	}
}

// allow permits what one of the rules describes; without a rule, nothing.
//
//go:noinline
func allow(at target, rules ...rule) *security.AuthorizationPolicy {
	return &security.AuthorizationPolicy{TargetRefs: at.refs, Selector: at.pods, Rules: messages(rules)}
}

// deny refuses what one of the rules describes, whatever an ALLOW policy says.
func deny(at target, rules ...rule) *security.AuthorizationPolicy {
	return &security.AuthorizationPolicy{TargetRefs: at.refs, Selector: at.pods, Rules: messages(rules), Action: security.AuthorizationPolicy_DENY}
}

// ask leaves what one of the rules describes to a provider of meshConfig.extensionProviders.
func ask(provider string, at target, rules ...rule) *security.AuthorizationPolicy {
	return &security.AuthorizationPolicy{
		TargetRefs: at.refs, Selector: at.pods, Rules: messages(rules),
		Action:       security.AuthorizationPolicy_CUSTOM,
		ActionDetail: &security.AuthorizationPolicy_Provider{Provider: &security.AuthorizationPolicy_ExtensionProvider{Name: provider}},
	}
}

// target is what enforces a policy.
type target struct {
	refs []*istio.PolicyTargetReference
	pods *istio.WorkloadSelector
}

// onGateway makes a policy an L7 one, enforced by that waypoint or ingress Gateway. Without it the
// policy would go to ztunnel, which drops an ALLOW rule that holds an HTTP attribute.
func onGateway(name string) target { return on(survey.GatewayGroup, "Gateway", name) }

// onServices makes a policy an L7 one, enforced by the Services' waypoint.
func onServices(names ...string) target { return on("", "Service", names...) }

func on(group, kind string, names ...string) target {
	var refs []*istio.PolicyTargetReference
	for _, name := range names {
		refs = append(refs, &istio.PolicyTargetReference{Group: group, Kind: kind, Name: name})
	}
	return target{refs: refs}
}

// inFrontOf makes a policy an L4 one, which ztunnel enforces in front of the pods with these labels.
//
//go:noinline
func inFrontOf(labels map[string]string) target {
	return target{pods: &istio.WorkloadSelector{MatchLabels: labels}}
}

// inFrontOfAll makes a policy an L4 one for every pod of its namespace, or of the mesh where that is
// the root namespace.
func inFrontOfAll() target { return target{} }

// rule describes requests: those from one of the peers, to one of the operations, on all of the
// conditions. What it leaves out matches everything.
type rule struct {
	peers      []*security.Rule_From
	operations []*security.Rule_To
	conditions []*security.Condition
}

// everything is what everybody does.
func everything() rule { return rule{} }

// from are peers by their mTLS identity.
//
//go:noinline
func from(principals ...string) rule {
	return fromSource(&security.Source{Principals: principals})
}

// fromNamespace is whatever runs in a namespace, by its mTLS identity.
func fromNamespace(name string) rule {
	return fromSource(&security.Source{Namespaces: []string{name}})
}

//go:noinline
func fromSource(source *security.Source) rule {
	return rule{peers: []*security.Rule_From{{Source: source}}}
}

func (r rule) to(operation *security.Operation) rule {
	r.operations = []*security.Rule_To{{Operation: operation}}
	return r
}

// onPorts are those of the pod.
func (r rule) onPorts(ports ...string) rule { return r.to(&security.Operation{Ports: ports}) }

//go:noinline
func (r rule) when(conditions ...*security.Condition) rule {
	r.conditions = conditions
	return r
}

// header holds where the request's header has one of the values.
func header(name string, values ...string) *security.Condition {
	return &security.Condition{Key: headerKey(name), Values: values}
}

// noHeader holds where the request does not have the header.
func noHeader(name string) *security.Condition {
	return &security.Condition{Key: headerKey(name), NotValues: []string{"*"}}
}

//go:noinline
func headerKey(name string) string { return "request.headers[" + name + "]" }

//go:noinline
func messages(rules []rule) []*security.Rule {
	var out []*security.Rule
	for _, r := range rules {
		out = append(out, &security.Rule{From: r.peers, To: r.operations, When: r.conditions})
	}
	return out
}
