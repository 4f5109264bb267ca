package enroll

import (
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

const destinationPort = "destination.port"

// namesPorts reports whether a rule compares a port. A sidecar and ztunnel compare the port of the
// pod, and a waypoint that of the Service (Istio 1.31: listener_waypoint).
func namesPorts(rule *yaml.Node) bool {
	return slices.ContainsFunc(operationsOf(rule), func(o *yaml.Node) bool {
		return manifest.Field(o, "ports") != nil || manifest.Field(o, "notPorts") != nil
	}) ||
		slices.ContainsFunc(manifest.Content(manifest.Field(rule, "when")), func(c *yaml.Node) bool { return manifest.Value(manifest.Dealias(c), "key") == destinationPort })
}

// forService replaces the ports of pods in a rule by those of their Service. It returns nil if no port
// of the Service leads to a port of the rule. The rule is a copy, and is changed.
func forService(rule *yaml.Node, ports []survey.MappedPort) *yaml.Node {
	if to := manifest.Field(rule, "to"); to != nil && to.Kind == yaml.SequenceNode && len(to.Content) > 0 {
		to.Content = slices.DeleteFunc(to.Content, func(entry *yaml.Node) bool {
			return !translate(manifest.Field(entry, "operation"), "ports", "notPorts", ports)
		})
		if len(to.Content) == 0 {
			return nil
		}
	}
	for _, c := range manifest.Content(manifest.Field(rule, "when")) {
		if manifest.Value(c, "key") == destinationPort && !translate(c, "values", "notValues", ports) {
			return nil
		}
	}
	return rule
}

// translate replaces the ports of pods by those of their Service. It reports whether any port of the
// Service can match.
func translate(n *yaml.Node, in, notIn string, ports []survey.MappedPort) bool {
	if wanted := manifest.Content(manifest.Field(n, in)); len(wanted) > 0 {
		at := serviceSide(wanted, ports)
		if len(at) == 0 {
			return false
		}
		setTexts(n, in, at)
	}
	if without := manifest.Content(manifest.Field(n, notIn)); len(without) > 0 {
		at := serviceSide(without, ports)
		if len(at) == 0 { // the rule excludes no port of the Service
			at = []string{unusedPort(ports)}
		}
		setTexts(n, notIn, at)
	}
	return true
}

func setTexts(n *yaml.Node, key string, values []string) {
	n.Content[manifest.IndexOf(n, key)+1] = texted(values)
}

// serviceSide returns the ports of a Service that lead to some ports of pods.
func serviceSide(wanted []*yaml.Node, ports []survey.MappedPort) []string {
	var out []string
	for _, p := range ports {
		if slices.ContainsFunc(wanted, func(n *yaml.Node) bool { return n.Value == p.Pod }) && !slices.Contains(out, p.Service) {
			out = append(out, p.Service)
		}
	}
	return out
}

// unusedPort returns a port that the Service does not have.
func unusedPort(ports []survey.MappedPort) string {
	for n := 1; ; n++ {
		text := strconv.Itoa(n)
		if !slices.ContainsFunc(ports, func(p survey.MappedPort) bool { return p.Service == text }) {
			return text
		}
	}
}

// forServices returns the rules of a policy for each of some Services, grouped by equal rules. unknown
// are Services whose ports the input does not say.
func forServices(input *survey.Index, rules []*yaml.Node, services []survey.Service) (groups []group, unknown []survey.Service) {
	ported := slices.ContainsFunc(rules, namesPorts)
	for _, s := range services {
		mine := rules
		if ported {
			ports, known := input.PortsOf(s)
			if !known {
				unknown = append(unknown, s)
				continue
			}
			if mine = translated(rules, ports); len(mine) == 0 {
				continue // the Service does not lead to the ports of the policy
			}
		}
		at := slices.IndexFunc(groups, func(g group) bool { return manifest.Equal(list(g.rules...), list(mine...)) })
		if at < 0 {
			groups = append(groups, group{rules: mine})
			at = len(groups) - 1
		}
		groups[at].services = append(groups[at].services, s)
	}
	return groups, unknown
}

// A group is Services with the same rules.
type group struct {
	rules    []*yaml.Node
	services []survey.Service
}

func translated(rules []*yaml.Node, ports []survey.MappedPort) []*yaml.Node {
	var out []*yaml.Node
	for _, rule := range rules {
		if mine := forService(copied(rule), ports); mine != nil {
			out = append(out, mine)
		}
	}
	return out
}
