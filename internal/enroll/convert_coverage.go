package enroll

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// copyToWaypoint copies a policy that does not allow to the waypoint of its namespace.
func copyToWaypoint(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, item *manifest.Item, at place) {
	spec := manifest.Field(item.Node, "spec")
	wanted, _ := selectorOf(spec)
	w, denied := coverageOf(plan, input, item, at, wanted), deniedAtPods(plan, input, item, at.principals)
	made.addPolicies(item, at.namespace, "", w.parts)
	// Pods that are behind no waypoint do not have one as a peer.
	if survey.Action(spec) == "DENY" {
		principals := at.principals
		if len(w.whole)+len(w.partly) == 0 && !at.all && len(wanted) > 0 {
			principals = nil
		}
		if len(wanted) == 0 {
			item.Drop(spec, "selector") // ztunnel attaches one without labels to no pod (Istio 1.31: buildWorkloadPolicies)
		}
		exempt(item, spec, principals, false)
	}
	w.denied = denied
	warnCoverage(notes, item, at, w)
}

// A coverage is where the waypoint of a place can enforce a policy, and where it cannot.
type coverage struct {
	selected
	// parts are the copies to write.
	parts []part
	// through are other ways to its pods.
	through through
	// models have pods that the policy selects, and no Services in the input.
	models []string
	// portless are Services whose ports the input does not say.
	portless []survey.Service
	// ported: the policy names ports, so that only Services of the input have a copy.
	ported bool
	// denied are rules whose requests ztunnel denies at the pods by another rule.
	denied []int
}

// A part is a copy of a policy: what it is attached to, and its rules there.
type part struct {
	refs  *yaml.Node
	rules []*yaml.Node
}

// coverageOf decides where the waypoint of a place enforces a policy.
func coverageOf(plan generate.Plan, input *survey.Index, item *manifest.Item, at place, wanted survey.Labels) coverage {
	spec := manifest.Field(item.Node, "spec")
	rules := atWaypoint(plan, item.Namespace, spec, at.principals)
	w := coverage{ported: slices.ContainsFunc(rules, namesPorts)}
	if len(wanted) == 0 && !w.ported {
		w.parts = []part{{list(ref(survey.GatewayGroup, "Gateway", at.waypoint)), rules}}
		return w
	}
	w.selected = selectedBy(input, at, wanted)
	services := slices.Clone(w.whole)
	if survey.Action(spec) != "ALLOW" { // which would open the other pods
		services = append(services, w.partly...)
		if at.all { // no others are behind the waypoint
			w.models = modelsWithoutServices(input, at, wanted)
		}
		w.through = waysTo(input, at, wanted, services, w.ported)
		services = append(services, w.through.certain...)
	} else {
		services = slices.DeleteFunc(services, func(s survey.Service) bool { return redirected(input, at, s, wanted) })
	}
	groups, unknown := forServices(input, rules, services)
	w.portless = unknown
	for _, g := range groups {
		for some := range slices.Chunk(g.services, mostTargets) {
			w.parts = append(w.parts, part{refsTo(some), g.rules})
		}
	}
	return w
}

// refsTo are targetRefs to Services.
func refsTo(services []survey.Service) *yaml.Node {
	refs := list()
	for _, s := range services {
		refs.Content = append(refs.Content, ref("", "Service", s.Name))
	}
	return refs
}

// addPolicies adds the copies of a policy for a namespace.
func (c *copies) addPolicies(item *manifest.Item, namespace, prefix string, parts []part) {
	spec := manifest.Field(item.Node, "spec")
	for _, p := range parts {
		if item.Namespace != namespace {
			qualify(p.rules, item.Namespace)
		}
		fresh := copied(manifest.Without(manifest.Without(manifest.Without(spec, "selector"), "rules"), "targetRefs"))
		if manifest.Field(fresh, "action") == nil {
			fresh.Content = append(fresh.Content, manifest.Text("action"), manifest.Text("ALLOW"))
		}
		fresh.Content = append(fresh.Content, manifest.Text("targetRefs"), p.refs, manifest.Text("rules"), list(p.rules...))
		fresh.Style = 0
		sortKeys(fresh)
		c.add(item, namespace, prefix+item.Name, suffix, fresh)
	}
}
