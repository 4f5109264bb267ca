package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// forGateway replaces ports of the old gateway's pods by those of the new Gateway's listeners, in
// rules that are edited. unknown are ports without a counterpart.
func forGateway(input *survey.Index, rules []*yaml.Node) (changed bool, unknown []string) {
	ports, known := input.OldGatewayPorts()
	edit := func(n *yaml.Node, key string) {
		list := manifest.Field(n, key)
		if list == nil || list.Kind != yaml.SequenceNode {
			return
		}
		var out []string
		for _, old := range manifest.Strings(list) {
			now := serviceSide([]*yaml.Node{manifest.Text(old)}, ports)
			switch {
			case len(now) > 0:
				out = append(out, now...)
				continue
			case known && !isListeners(old): // neither gateway has such a port
				out = append(out, old)
				continue
			case !known:
				out = append(out, old)
			default: // the number of a listener, and the old pods had no such port
				out = append(out, unusedPort(ports))
			}
			unknown = append(unknown, old)
		}
		if !slices.Equal(out, manifest.Strings(list)) {
			setTexts(n, key, out)
			changed = true
		}
	}
	for _, rule := range rules {
		rule = manifest.Dealias(rule)
		for _, operation := range operationsOf(rule) {
			edit(operation, "ports")
			edit(operation, "notPorts")
		}
		for _, c := range manifest.Content(manifest.Field(rule, "when")) {
			if c = manifest.Dealias(c); manifest.Value(c, "key") == destinationPort {
				edit(c, "values")
				edit(c, "notValues")
			}
		}
	}
	return changed, unknown
}

// isListeners reports whether a port is one of the new Gateway's listeners.
func isListeners(port string) bool {
	return slices.ContainsFunc(survey.KubeflowGatewayPorts, func(p survey.MappedPort) bool { return p.Service == port })
}

// atGateway edits the rules of a policy of the old gateway so that they match the same requests at the
// new one, and reports those that may not.
func atGateway(input *survey.Index, notes *survey.Notes, item *manifest.Item, rules []*yaml.Node) (changed bool) {
	numbers := func(holds func(*yaml.Node) bool) (out []int) {
		for i, rule := range rules {
			if holds(manifest.Dealias(rule)) {
				out = append(out, i)
			}
		}
		return out
	}
	changed, unknown := forGateway(input, rules)
	if len(unknown) > 0 {
		at := numbers(namesPorts)
		field, found := aboutRules(at, "names", "name")
		notes.WarnAt(diagnostic.GatewayPortNotKnown, item, field, found+" ports of the old gateway's pods ("+strings.Join(unknown, ", ")+") that no port of its Service in the input leads to",
			"at the new Gateway a rule compares the port of the listener, so "+theRules(at)+" may not match the same requests",
			"write one of the ports of the old gateway's pods ("+oldPorts(input)+"), which becomes that of the listener, or add the Service of the old gateway to the input")
	}
	if by := numbers(namesAddresses); len(by) > 0 {
		field, found := aboutRules(by, "compares addresses of clients", "compare addresses of clients")
		notes.WarnAt(diagnostic.ClientAddressesAtGateway, item, field, found,
			"the new Gateway sees the same addresses only with the numTrustedProxies, externalTrafficPolicy and loadBalancerSourceRanges of the old one, which are not carried over"+input.OldGatewayNetwork(),
			"set proxy.istio.io/config in spec.infrastructure.annotations of the Gateway, and the fields of its Service through spec.infrastructure.parametersRef, in a patch that runs after this function")
	}
	return changed
}

// oldPorts are the ports of the old gateway's pods that its Service leads to.
func oldPorts(input *survey.Index) string {
	ports, _ := input.OldGatewayPorts()
	var names []string
	for _, p := range ports {
		names = append(names, p.Pod)
	}
	return strings.Join(names, ", ")
}

// namesAddresses reports whether a rule compares the address of a client.
func namesAddresses(rule *yaml.Node) bool {
	return slices.ContainsFunc(sourcesOf(rule), func(s *yaml.Node) bool {
		return slices.ContainsFunc([]string{"ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"}, func(key string) bool { return manifest.Field(s, key) != nil })
	}) || slices.ContainsFunc(manifest.Content(manifest.Field(rule, "when")), func(c *yaml.Node) bool {
		key := manifest.Value(manifest.Dealias(c), "key")
		return key == "source.ip" || key == "remote.ip"
	})
}

// warnGatewayPorts reports a policy for all pods that names ports of the old gateway's pods. At the new
// Gateway it compares the ports of the listeners, and it cannot name both.
func warnGatewayPorts(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item, spec *yaml.Node) {
	if item.Namespace != survey.OldGatewayNamespace && item.Namespace != plan.Mesh.RootNamespace || !survey.WithoutTargets(spec) ||
		len(manifest.Content(manifest.Field(spec, "selector", "matchLabels"))) > 0 || survey.DryRun(item) {
		return
	}
	var at []int
	there := rulesOfGateway(plan, input, survey.Action(spec))
	for i, rule := range survey.RulesOf(spec) {
		moved := copied(rule)
		changed, unknown := forGateway(input, []*yaml.Node{moved})
		if (changed || slices.ContainsFunc(unknown, isListeners)) && !slices.ContainsFunc(there, func(w *yaml.Node) bool { return covers(w, moved) }) {
			at = append(at, i)
		}
	}
	if len(at) > 0 {
		field, found := aboutRules(at, "names ports of pods, and is for the old gateway too", "name ports of pods, and are for the old gateway too")
		notes.WarnAt(diagnostic.GatewayPortsDiffer, item, field, found,
			"at the new Gateway a rule compares the port of the listener, so "+theRules(at)+" "+agree(at, "does", "do")+" not match the same requests there",
			"write a policy with targetRefs to the Gateway and the ports of its listeners")
	}
}

// rulesOfGateway are the rules of the policies with an action that the input has on the new Gateway.
func rulesOfGateway(plan generate.Plan, input *survey.Index, action string) (out []*yaml.Node) {
	refs := list(ref(survey.GatewayGroup, "Gateway", plan.Mesh.GatewayName))
	for _, item := range input.Items {
		spec := manifest.Field(item.Node, "spec")
		if item.Group == survey.IstioSecurity && item.Kind == "AuthorizationPolicy" && item.Namespace == plan.Mesh.GatewayNamespace && !item.Removed && survey.InForce(item) &&
			survey.Action(spec) == action && !isMalformed(spec) && manifest.Field(spec, "targetRefs") != nil && manifest.Equal(manifest.Field(spec, "targetRefs"), refs) {
			for _, rule := range survey.RulesOf(spec) {
				out = append(out, copied(rule))
			}
		}
	}
	return out
}
