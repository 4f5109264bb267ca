package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const (
	istioSecurity = "security.istio.io"
	// oldIngress ends the principal of Kubeflow's sidecar-era gateway, whatever the trust domain.
	oldIngress = "/ns/istio-system/sa/istio-ingressgateway-service-account"
)

// controllersPolicies are written by Kubeflow's controllers, which would undo an edit.
var controllersPolicies = []string{"ns-owner-access-istio", "ml-pipeline-visualizationserver"}

// convertPolicies attaches the sidecar-era policies of the profiles' namespaces to a waypoint, as
// far as that opens nothing. ztunnel would drop their HTTP rules, and the people whom they let in
// would be locked out.
func (e *enrolment) convertPolicies() {
	namespaces := map[string]string{}
	for _, ns := range e.plan.Namespaces {
		namespaces[ns.Name] = ns.Waypoint.Name
	}
	for _, item := range e.items {
		waypoint, ours := namespaces[item.Namespace]
		if !ours || item.Kind != "AuthorizationPolicy" || item.Group != istioSecurity || item.owner() != "" || e.removed[item] {
			continue
		}
		if !slices.Contains(controllersPolicies, item.Name) {
			e.convert(item, waypoint)
		}
	}
}

func (e *enrolment) convert(item *Item, waypoint string) {
	spec := field(item.Node, "spec")
	http := httpRules(spec)
	if len(http) == 0 || field(spec, "targetRefs") != nil || field(spec, "targetRef") != nil {
		return
	}
	refs, why := e.targets(item, spec, waypoint)
	if action := value(spec, "action"); why == "" && action != "" && action != "ALLOW" && len(http) < len(rulesOf(spec)) {
		why = "beside HTTP it has rules that ztunnel enforces, which a waypoint could not in its place"
	}
	if why != "" {
		effect := "ztunnel drops such a rule, so it lets nobody in"
		if value(spec, "action") == "DENY" {
			effect = "ztunnel enforces such a rule without its HTTP attributes, if anything is left of it"
		}
		e.warn(item, fmt.Sprintf("rules %v hold HTTP attributes and it cannot be attached to a waypoint: %s", http, why), effect, "name in targetRefs what it is for")
		return
	}
	item.drop(spec, "selector")
	item.set(spec, "targetRefs", refs)
	e.replaceIngress(item, spec)
}

// targets are what a policy is attached to: its namespace's waypoint, or the Services whose every
// pod its selector names. Never the whole waypoint in place of a selector: that would open the
// namespace. why says what is in the way, or "".
func (e *enrolment) targets(item *Item, spec *yaml.Node, waypoint string) (refs *yaml.Node, why string) {
	selector := field(spec, "selector")
	labels := field(selector, "matchLabels")
	if !isSelector(selector, labels) {
		return nil, "its selector is not one that Istio knows"
	}
	if labels == nil || len(labels.Content) == 0 {
		return list(ref("gateway.networking.k8s.io", "Gateway", waypoint)), ""
	}
	wanted := labelsOf(labels)
	var services []*yaml.Node
	for _, service := range e.servicesOf(item.Namespace) {
		if !service.labels.cover(wanted) {
			continue
		}
		if len(services) == mostTargets {
			return nil, fmt.Sprintf("its selector names the pods of more than %d Services, which is all that a policy takes", mostTargets)
		}
		services = append(services, ref("", "Service", service.name))
	}
	if len(services) == 0 {
		return nil, "its selector names the pods of no Service in the input"
	}
	return list(services...), ""
}

// mostTargets is what targetRefs holds (Istio: AuthorizationPolicy CRD).
const mostTargets = 16

// isSelector is false for a selector that is misspelt: what it was to select, nobody can say.
func isSelector(selector, labels *yaml.Node) bool {
	isMap := func(n *yaml.Node) bool {
		return n == nil || n.Kind == yaml.MappingNode || n.ShortTag() == yaml.NodeTagNull
	}
	return isMap(selector) && isMap(labels) && (labels != nil || len(content(selector)) == 0)
}

// replaceIngress puts the new ingress principal where the policy names the old one.
func (e *enrolment) replaceIngress(item *Item, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && strings.HasSuffix(n.Value, oldIngress) && !strings.Contains(n.Value, "*") {
		n.Value = e.plan.Mesh.Ingress
		item.Changed = true
	}
	for _, below := range n.Content {
		e.replaceIngress(item, below)
	}
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: items}
}

// ref is a targetRef; the core group is left out.
func ref(group, kind, name string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	for _, pair := range [][2]string{{"group", group}, {"kind", kind}, {"name", name}} {
		if pair[1] != "" {
			n.Content = append(n.Content, scalar(pair[0]), scalar(pair[1]))
		}
	}
	return n
}
