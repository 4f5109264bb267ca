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
var controllersPolicies = []string{generate.ControllersPolicyName, "ml-pipeline-visualizationserver"}

// convertPolicies attaches the sidecar-era ALLOW policies of the profiles' namespaces to a waypoint if
// that allows no other requests. ztunnel would drop their HTTP rules, and lock out the clients that they
// allow. Policies that deny are copied (copyPolicies).
func convertPolicies(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	places := placesOf(plan)
	for _, item := range input.Items {
		at, ours := places[item.Namespace]
		if !ours || !at.all || item.Kind != "AuthorizationPolicy" || item.Group != survey.IstioSecurity || survey.OwnedBy(item) != "" || item.Removed || item.IsGenerated() {
			continue
		}
		spec := manifest.Field(item.Node, "spec")
		if !slices.Contains(controllersPolicies, item.Name) && survey.WithoutTargets(spec) && !isMalformed(spec) && survey.Action(spec) == "ALLOW" && len(survey.HTTPRules(spec)) > 0 {
			convertPolicy(plan, input, notes, item, at)
		}
	}
}

func convertPolicy(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item, at place) {
	spec := manifest.Field(item.Node, "spec")
	wanted, known := selectorOf(spec)
	if !known {
		warnSelector(notes, item, true)
		return
	}
	refs, rules, why := targets(input, spec, at, wanted)
	if refs == nil {
		notes.WarnAt(why.code, item, why.field, why.found, deniedClients(spec), why.remedy)
		return
	}
	if l4 := atPods(plan, spec); len(l4) > 0 {
		field, found := aboutRules(l4, "has no HTTP attributes, but other rules do", "have no HTTP attributes, but other rules do")
		notes.WarnAt(diagnostic.NotAtPods, item, field, found,
			"the policy was attached to a waypoint, so the clients that "+agree(l4, "this rule allows", "these rules allow")+" are denied at pod addresses",
			"list who may reach pods in access.monitoring, or move "+agree(l4, "the rule", "these rules")+" to a policy without HTTP attributes")
	}
	if compare := comparing(spec, atPodsOnly); len(compare) > 0 {
		field, found := aboutRules(compare, "compares "+podAttributes, "compare "+podAttributes)
		notes.WarnAt(diagnostic.PodAttributeAtWaypoint, item, field, found,
			"a waypoint does not see these of a pod, so the clients that "+agree(compare, "the rule allows", "these rules allow")+" are denied", "remove the condition")
	}
	item.Drop(spec, "selector")
	item.Set(spec, "targetRefs", refs)
	if rules != nil {
		item.Set(spec, "rules", rules)
	}
	replaceIngress(plan, item, spec)
	followIngress(plan, item, survey.RulesOf(spec), true)
}

// atPods returns the rules of an ALLOW policy that ztunnel enforces at pod addresses, without those for
// the ingress, which does not call these.
func atPods(plan generate.Plan, spec *yaml.Node) []int {
	var out []int
	http := survey.HTTPRules(spec)
	for i, rule := range survey.RulesOf(spec) {
		sources := sourcesOf(manifest.Dealias(rule))
		ingress := len(sources) > 0 && !slices.ContainsFunc(sources, func(source *yaml.Node) bool {
			principals := manifest.Content(manifest.Field(source, "principals"))
			return len(principals) == 0 || slices.ContainsFunc(principals, func(n *yaml.Node) bool {
				return !isOldIngress(plan, n.Value) && n.Value != plan.Mesh.Ingress
			})
		})
		if !slices.Contains(http, i) && !ingress {
			out = append(out, i)
		}
	}
	return out
}

// targets returns what an ALLOW policy is attached to: the waypoint of its namespace, or the Services
// whose every pod its labels select. Never the whole waypoint in place of a selector: that would open
// the namespace. rules are those of the policy with the ports of the Services, or nil if it names no
// ports. refs is nil if there is an obstacle.
func targets(input *survey.Index, spec *yaml.Node, at place, wanted survey.Labels) (refs, rules *yaml.Node, why obstacle) {
	ported := slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool { return namesPorts(manifest.Dealias(rule)) })
	if len(wanted) == 0 && !ported {
		return list(ref(survey.GatewayGroup, "Gateway", at.waypoint)), nil, obstacle{}
	}
	services := slices.DeleteFunc(selectedBy(input, at, wanted).whole, func(s survey.Service) bool { return redirected(input, at, s, wanted) })
	switch {
	case len(services) == 0 && len(wanted) == 0:
		return nil, nil, portsOfNoService()
	case len(services) == 0:
		return nil, nil, noServiceSelected()
	}
	if ported {
		groups, unknown := forServices(input, survey.RulesOf(spec), services)
		switch {
		case len(unknown) > 0:
			return nil, nil, portsNotKnown(unknown)
		case len(groups) == 0:
			return nil, nil, portsOfNoService()
		case len(groups) > 1:
			return nil, nil, obstacle{diagnostic.PortsDiffer, "", "names ports of pods, which are different ports at " + servicesNamed(services), nameTargets}
		}
		services, rules = groups[0].services, list(groups[0].rules...)
	}
	if len(services) > mostTargets {
		return nil, nil, obstacle{diagnostic.TooManyServices, "spec.selector",
			fmt.Sprintf("selects the pods of more than %d Services, and a policy can name %d", mostTargets, mostTargets),
			fmt.Sprintf("write several policies with targetRefs, each for at most %d Services", mostTargets)}
	}
	return refsTo(services), rules, obstacle{}
}

// mostTargets is how many targetRefs a policy can have (Istio: AuthorizationPolicy CRD).
const mostTargets = 16

// replaceIngress replaces the principal and the service account of the old ingress by those of the new one.
func replaceIngress(plan generate.Plan, item *manifest.Item, spec *yaml.Node) {
	replacePrincipals(plan, item, spec)
	replaceAccounts(plan, item, survey.RulesOf(spec))
}

func replacePrincipals(plan generate.Plan, item *manifest.Item, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && isOldIngress(plan, n.Value) && !strings.Contains(n.Value, "*") {
		n.Value = plan.Mesh.Ingress
		item.Changed = true
	}
	for _, below := range n.Content {
		replacePrincipals(plan, item, below)
	}
}

// isOldIngress reports whether a principal, or a pattern of its trust domain, is that of the old gateway: of
// Kubeflow's own, or of the one that a fork has in its place. Istio 1.31 (pilot/pkg/security/trustdomain,
// ReplaceTrustDomainAliases): cluster.local means the mesh's own trust domain in a policy, and so do its
// aliases. Any other one is that of another mesh.
func isOldIngress(plan generate.Plan, principal string) bool {
	mesh := plan.Mesh
	domain, account, _ := strings.Cut(principal, "/ns/")
	_, old, _ := strings.Cut(mesh.OldIngress, "/ns/")
	ours := slices.ContainsFunc(append([]string{mesh.TrustDomain, "cluster.local"}, mesh.TrustDomainAliases...), func(own string) bool {
		return domain == own || strings.HasPrefix(domain, "*") && fitsPattern(domain, own)
	})
	return ours && (account == old || "/ns/"+account == survey.OldIngress)
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: items}
}

// ref returns a targetRef, without the core group.
func ref(group, kind, name string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
	for _, pair := range [][2]string{{"group", group}, {"kind", kind}, {"name", name}} {
		if pair[1] != "" {
			n.Content = append(n.Content, manifest.Text(pair[0]), manifest.Text(pair[1]))
		}
	}
	return n
}

// samePolicy reports whether the specs of two AuthorizationPolicies are equal; no action means ALLOW.
func samePolicy(a, b *yaml.Node) bool {
	return a != nil && b != nil && manifest.Equal(withoutAllow(a), withoutAllow(b))
}

func withoutAllow(spec *yaml.Node) *yaml.Node {
	if manifest.Value(spec, "action") != "ALLOW" {
		return spec
	}
	return manifest.Without(spec, "action")
}
