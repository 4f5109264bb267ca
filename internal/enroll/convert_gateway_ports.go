package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// kubeflowGatewayPorts are those of the old gateway as Kubeflow ships it. Its pods take requests at
// 8080 and 8443; the pods of a Gateway take them at the ports of its listeners.
var kubeflowGatewayPorts = []mappedPort{{"80", "8080"}, {"443", "8443"}}

// oldGatewayPorts are the ports of the old gateway's Service: known is false where the input does not
// have it, or does not say which port of the pods is meant.
func (in *Index) oldGatewayPorts() (ports []mappedPort, known bool) {
	for _, s := range in.servicesOf(oldGatewayNamespace) {
		if s.name != oldGatewayName && !labelsFrom(in.gatewayPodLabels()).cover(s.selector) {
			continue
		}
		if ports, known := in.portsOf(s); known {
			return ports, true
		}
	}
	return kubeflowGatewayPorts, false
}

// forGateway writes the ports of the new Gateway's listeners in the place of those of the old
// gateway's pods, in rules that are edited. unknown are ports that none stands for.
func forGateway(input *Index, rules []*yaml.Node) (changed bool, unknown []string) {
	ports, known := input.oldGatewayPorts()
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
			case known && !isListeners(old): // neither gateway takes anything there
				out = append(out, old)
				continue
			case !known:
				out = append(out, old)
			default: // a listener's number, at which the old pods took nothing
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

// isListeners reports whether a port is one of the new Gateway's.
func isListeners(port string) bool {
	return slices.ContainsFunc(kubeflowGatewayPorts, func(p mappedPort) bool { return p.service == port })
}

// atGateway has the rules of a policy of the old gateway mean at the new one what they meant there,
// and tells what they cannot mean.
func atGateway(input *Index, notes *notes, item *manifest.Item, rules []*yaml.Node) (changed bool) {
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
		notes.loses(item, fmt.Sprintf("rules %v name ports at which the old gateway's Service sends its pods nothing, as far as the input says: %s", numbers(namesPorts), strings.Join(unknown, ", ")),
			"at the new Gateway a rule compares the port of the listener, so they may not match what they matched", "name the listener's port, or put the old gateway's Service into the input")
	}
	if by := numbers(namesAddresses); len(by) > 0 {
		notes.warn(item, fmt.Sprintf("rules %v compare the addresses of clients", by),
			"the pods of the new Gateway see the same addresses only if it has the old one's numTrustedProxies, externalTrafficPolicy and loadBalancerSourceRanges, which are not carried over"+input.oldGatewayNetwork(),
			"set proxy.istio.io/config in the Gateway's spec.infrastructure.annotations, and the fields of its Service by spec.infrastructure.parametersRef")
	}
	return changed
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

// oldGatewayNetwork says what the old gateway of the input has that decides which addresses it sees.
func (in *Index) oldGatewayNetwork() string {
	var found []string
	for _, item := range in.items {
		if isOldGateway(item) && strings.Contains(manifest.Value(podTemplate(item), "metadata", "annotations", "proxy.istio.io/config"), "gatewayTopology") {
			found = append(found, "gatewayTopology in proxy.istio.io/config")
		}
	}
	if item := in.byID[manifest.ID{Kind: "Service", Namespace: oldGatewayNamespace, Name: oldGatewayName}]; item != nil {
		spec := manifest.Field(item.Node, "spec")
		if policy := manifest.Value(spec, "externalTrafficPolicy"); policy != "" {
			found = append(found, "externalTrafficPolicy: "+policy)
		}
		if ranges := manifest.Strings(manifest.Field(spec, "loadBalancerSourceRanges")); len(ranges) > 0 {
			found = append(found, "loadBalancerSourceRanges: "+names(ranges))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return " (the old one has " + names(found) + ")"
}

// tellGatewayPorts warns of a policy for all pods that names ports of the old gateway's: at the new
// Gateway it compares the listeners', and it cannot do both.
func tellGatewayPorts(plan generate.Plan, input *Index, notes *notes, item *manifest.Item, spec *yaml.Node) {
	if item.Namespace != oldGatewayNamespace && item.Namespace != plan.Mesh.RootNamespace || !withoutTargets(spec) ||
		len(manifest.Content(manifest.Field(spec, "selector", "matchLabels"))) > 0 || dryRun(item) {
		return
	}
	var at []int
	for i, rule := range rulesOf(spec) {
		if changed, unknown := forGateway(input, []*yaml.Node{copied(rule)}); changed || slices.ContainsFunc(unknown, isListeners) {
			at = append(at, i)
		}
	}
	if len(at) > 0 {
		notes.loses(item, fmt.Sprintf("rules %v name ports of pods, and are for the old gateway's too", at),
			"at the new Gateway a rule compares the port of the listener, so they do not match what they matched", "write a policy with targetRefs to the Gateway and with the listener's ports")
	}
}
