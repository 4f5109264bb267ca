package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// controllersPolicies are written by Kubeflow's controllers, which would undo an edit.
var controllersPolicies = []string{"ns-owner-access-istio", "ml-pipeline-visualizationserver"}

// convertPolicies attaches the sidecar-era ALLOW policies of the profiles' namespaces to a waypoint,
// as far as that opens nothing. ztunnel would drop their HTTP rules, and the people whom they let in
// would be locked out. What denies is copied (copyPolicies).
func convertPolicies(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	places := placesOf(plan)
	for _, item := range input.Items {
		at, ours := places[item.Namespace]
		if !ours || !at.all || item.Kind != "AuthorizationPolicy" || item.Group != survey.IstioSecurity || survey.OwnedBy(item) != "" || item.Removed {
			continue
		}
		spec := manifest.Field(item.Node, "spec")
		if !slices.Contains(controllersPolicies, item.Name) && survey.WithoutTargets(spec) && !isMalformed(spec) && survey.Action(spec) == "ALLOW" && len(survey.HTTPRules(spec)) > 0 {
			convertPolicy(plan, input, notes, item, spec, at)
		}
	}
}

func convertPolicy(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item, spec *yaml.Node, at place) {
	http := survey.HTTPRules(spec)
	refs, rules, why := targets(input, spec, at)
	if why != "" {
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v hold HTTP attributes and it cannot be attached to a waypoint: %s", http, why), "ztunnel drops such a rule, so it lets nobody in", remedyFor(why))
		return
	}
	if l4 := atPods(plan, spec); len(l4) > 0 {
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v let in peers without HTTP attributes, beside rules with them", l4), "the policy is attached to a waypoint, so they do not hold at pod addresses",
			"list who may reach pods in access.monitoring, or write a policy without HTTP attributes for them")
	}
	if rules := comparing(spec, atPodsOnly); len(rules) > 0 {
		notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("rules %v compare %s", rules, survey.Names(atPodsOnly)), "at the waypoint they compare what is not the pod's, so they let nobody in", "write them without that condition")
	}
	item.Drop(spec, "selector")
	item.Set(spec, "targetRefs", refs)
	if rules != nil {
		item.Set(spec, "rules", rules)
	}
	replaceIngress(plan, item, spec)
	followIngress(plan, item, survey.RulesOf(spec), true)
}

// atPods are the rules of an ALLOW policy that ztunnel enforces for somebody at pod addresses: not
// those for the ingress, which does not go there.
func atPods(plan generate.Plan, spec *yaml.Node) []int {
	var out []int
	http := survey.HTTPRules(spec)
	for i, rule := range survey.RulesOf(spec) {
		sources := sourcesOf(manifest.Dealias(rule))
		ingress := len(sources) > 0 && !slices.ContainsFunc(sources, func(source *yaml.Node) bool {
			principals := manifest.Content(manifest.Field(source, "principals"))
			return len(principals) == 0 || slices.ContainsFunc(principals, func(n *yaml.Node) bool {
				return !strings.HasSuffix(n.Value, survey.OldIngress) && n.Value != plan.Mesh.Ingress
			})
		})
		if !slices.Contains(http, i) && !ingress {
			out = append(out, i)
		}
	}
	return out
}

// targets are what an ALLOW policy is attached to: its namespace's waypoint, or the Services whose
// every pod its selector names. Never the whole waypoint in place of a selector: that would open the
// namespace. rules are those of the policy with the Services' ports, nil where it names none. why
// says what is in the way, or "".
func targets(input *survey.Index, spec *yaml.Node, at place) (refs, rules *yaml.Node, why string) {
	selector := manifest.Field(spec, "selector")
	labels := manifest.Field(selector, "matchLabels")
	if !isSelector(selector, labels) {
		return nil, nil, "its selector is not one that Istio knows"
	}
	ported := slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool { return namesPorts(manifest.Dealias(rule)) })
	wanted := survey.LabelsOf(labels)
	if len(wanted) == 0 && !ported {
		return list(ref(survey.GatewayGroup, "Gateway", at.waypoint)), nil, ""
	}
	services := slices.DeleteFunc(selectedBy(input, at, wanted).whole, func(s survey.Service) bool { return redirected(input, at, s, wanted) })
	if len(services) == 0 {
		return nil, nil, noServiceOfPods
	}
	if ported {
		groups, unknown := forServices(input, survey.RulesOf(spec), services)
		if len(groups) != 1 || len(unknown) > 0 {
			return nil, nil, "it names ports of pods, and no one list of ports stands for them at all of its Services"
		}
		services, rules = groups[0].services, list(groups[0].rules...)
	}
	if len(services) > mostTargets {
		return nil, nil, fmt.Sprintf("its selector names the pods of more than %d Services, which is all that a policy takes", mostTargets)
	}
	refs = list()
	for _, s := range services {
		refs.Content = append(refs.Content, ref("", "Service", s.Name))
	}
	return refs, rules, ""
}

const noServiceOfPods = "its selector names the pods of no Service in the input"

func remedyFor(why string) string {
	if why == noServiceOfPods {
		return "add the Service of these pods, and their workload, to the input, or name in targetRefs what it is for"
	}
	return "name in targetRefs what it is for"
}

// mostTargets is what targetRefs holds (Istio: AuthorizationPolicy CRD).
const mostTargets = 16

// isSelector is false for a selector that is misspelt: what it was to select, nobody can say.
func isSelector(selector, labels *yaml.Node) bool {
	isMap := func(n *yaml.Node) bool {
		return n == nil || n.Kind == yaml.MappingNode || n.ShortTag() == yaml.NodeTagNull
	}
	return isMap(selector) && isMap(labels) && (labels != nil || len(manifest.Content(selector)) == 0)
}

// replaceIngress puts the new ingress principal where the policy names the old one.
func replaceIngress(plan generate.Plan, item *manifest.Item, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && strings.HasSuffix(n.Value, survey.OldIngress) && !strings.Contains(n.Value, "*") {
		n.Value = plan.Mesh.Ingress
		item.Changed = true
	}
	for _, below := range n.Content {
		replaceIngress(plan, item, below)
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
			n.Content = append(n.Content, manifest.Text(pair[0]), manifest.Text(pair[1]))
		}
	}
	return n
}

// samePolicy compares the specs of two AuthorizationPolicies; no action is ALLOW.
func samePolicy(a, b *yaml.Node) bool {
	return a != nil && b != nil && manifest.Equal(withoutAllow(a), withoutAllow(b))
}

func withoutAllow(spec *yaml.Node) *yaml.Node {
	if manifest.Value(spec, "action") != "ALLOW" {
		return spec
	}
	return manifest.Without(spec, "action")
}
