package enroll

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// copies are the policies that we write beside those of the input: what a policy denies must be
// denied at both layers, because the waypoint sees who asks and the ztunnel behind it sees the
// waypoint.
type copies struct {
	plan  generate.Plan
	input *survey.Index
	notes *survey.Notes
	stay  []*manifest.Item
	// wanted is what is placed anyway.
	wanted []generate.Object
	// taken are the policies that are there under a name, or are wanted; ours are the latter.
	taken, ours map[manifest.ID]bool
	// source is the policy that a copy is of, by the name of the copy.
	source map[string]*manifest.Item
	out    []generate.Object
	// verified is where the waypoints of namespaces verify tokens.
	verified map[string]verifying
}

// suffix of the name of a copy. The source keeps its own.
const suffix = "-at-waypoint"

// copyPolicies returns what is to be placed beside the policies of the input without targetRefs
// that deny, ask somebody, or log, and beside those outside of profiles that allow.
func copyPolicies(plan generate.Plan, input *survey.Index, notes *survey.Notes, stay []*manifest.Item, wanted []generate.Object) []generate.Object {
	c := copies{plan: plan, input: input, notes: notes, stay: stay, wanted: wanted, source: map[string]*manifest.Item{}}
	places := placesOf(plan)
	c.verified = verifyingIn(plan, wanted, places)
	input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		if survey.WithoutTargets(spec) && !isMalformed(spec) && !survey.DryRun(item) && !slices.Contains(controllersPolicies, item.Name) {
			c.copyPolicy(item, spec, places)
		}
	})
	c.convertAuthentications(places)
	c.copyToGateway()
	for i := range c.out {
		c.out[i].Own(plan.Name)
	}
	return c.out
}

// replaces reports whether an object of ours takes the place of an item.
func (c *copies) replaces(item *manifest.Item) bool {
	c.index()
	return c.ours[item.ID]
}

// index notes which names are taken, once somebody asks.
func (c *copies) index() {
	if c.taken != nil {
		return
	}
	c.taken, c.ours = map[manifest.ID]bool{}, map[manifest.ID]bool{}
	for _, o := range c.wanted {
		c.taken[idOf(o)], c.ours[idOf(o)] = true, true
	}
	for _, item := range c.input.Items {
		if item.Group == survey.IstioSecurity && survey.OwnedBy(item) != c.plan.Name {
			c.taken[item.ID] = true
		}
	}
}

// places are the namespaces with a waypoint of ours, by name.
func placesOf(plan generate.Plan) map[string]place {
	out := make(map[string]place, len(plan.Namespaces)+1)
	for _, ns := range plan.Namespaces {
		out[ns.Name] = place{namespace: ns.Name, waypoint: ns.Waypoint.Name, principals: []string{ns.WaypointPrincipal}, all: true, past: "at pod addresses and headless Services"}
	}
	if plan.Platform != nil {
		out[profile.KubeflowNamespace] = place{
			namespace: profile.KubeflowNamespace, waypoint: profile.KubeflowWaypoint, principals: []string{plan.Platform.WaypointPrincipal},
			behind: plan.Platform.BehindWaypoint, past: "for requests of the ingress Gateway, at pod addresses, and at Services that are not behind " + profile.KubeflowWaypoint,
		}
	}
	return out
}

func (c *copies) copyPolicy(item *manifest.Item, spec *yaml.Node, places map[string]place) {
	at, known := places[item.Namespace]
	root := item.Namespace == c.plan.Mesh.RootNamespace
	allows := survey.Action(spec) == "ALLOW"
	switch {
	case !known && !root, allows && (at.all || len(survey.HTTPRules(spec)) == 0), !survey.IsAction(survey.Action(spec)), c.replaces(item):
	case root:
		c.fromRoot(item, spec, places)
	case allows:
		c.allowInKubeflow(item, spec, at)
	default:
		c.guard(item, spec, at)
	}
}

// guard has a policy that does not allow hold at the waypoint of its namespace as well.
func (c *copies) guard(item *manifest.Item, spec *yaml.Node, at place) {
	selector := manifest.Field(spec, "selector")
	matchLabels := manifest.Field(selector, "matchLabels")
	if !isSelector(selector, matchLabels) {
		c.notes.Warn(diagnostic.RulesNotConverted, item, fmt.Sprintf("its selector is not one that Istio knows, so rules %v cannot be attached to a waypoint", ruleNumbers(spec)),
			"Istio refuses it, so nothing is denied", "correct the selector")
		return
	}
	w := c.write(item, spec, at, survey.LabelsOf(matchLabels), "")
	// What is behind no waypoint has no waypoint for a peer.
	if survey.Action(spec) == "DENY" {
		principals := at.principals
		if len(w.whole)+len(w.partly) == 0 && !at.all && len(survey.LabelsOf(matchLabels)) > 0 {
			principals = nil
		}
		if selector != nil && len(survey.LabelsOf(matchLabels)) == 0 {
			item.Drop(spec, "selector") // ztunnel attaches one without labels to no pod (Istio 1.31: buildWorkloadPolicies)
		}
		exempt(item, spec, principals, false)
	}
	c.tell(item, spec, at, w)
}

// written is where the copies of a policy are, and where none could be.
type written struct {
	selected
	// all: a copy is on the waypoint, for every Service.
	all bool
	// copies by name.
	copies []string
	// through are ways past its Services.
	through through
	// models have pods that the policy is for, and no Services in the input.
	models []string
	// portless are Services whose ports the input does not say.
	portless []survey.Service
	// ported: the policy names ports, so that only Services of the input have a copy.
	ported bool
}

// write makes the copies of a policy for one place.
func (c *copies) write(item *manifest.Item, spec *yaml.Node, at place, wanted survey.Labels, prefix string) written {
	var w written
	rules := atWaypoint(c.plan, item.Namespace, spec, at.principals)
	w.ported = slices.ContainsFunc(rules, namesPorts)
	if len(wanted) == 0 && !w.ported {
		w.all = true
		w.add(c, item, spec, at.namespace, prefix, list(ref(survey.GatewayGroup, "Gateway", at.waypoint)), rules)
		return w
	}
	w.selected = selectedBy(c.input, at, wanted)
	services := slices.Clone(w.whole)
	if survey.Action(spec) != "ALLOW" { // for which it would open the other pods
		services = append(services, w.partly...)
		if at.all { // no others are behind the waypoint
			w.models = modelsWithoutServices(c.input, at, wanted)
		}
		w.through = waysTo(c.input, at, wanted, services, w.ported)
		services = append(services, w.through.certain...)
	} else {
		services = slices.DeleteFunc(services, func(s survey.Service) bool { return redirected(c.input, at, s, wanted) })
	}
	groups, unknown := forServices(c.input, rules, services)
	w.portless = unknown
	for _, g := range groups {
		for some := range slices.Chunk(g.services, mostTargets) {
			refs := list()
			for _, s := range some {
				refs.Content = append(refs.Content, ref("", "Service", s.Name))
			}
			w.add(c, item, spec, at.namespace, prefix, refs, g.rules)
		}
	}
	return w
}

func (w *written) add(c *copies, item *manifest.Item, spec *yaml.Node, namespace, prefix string, refs *yaml.Node, rules []*yaml.Node) {
	if item.Namespace != namespace {
		qualify(rules, item.Namespace)
	}
	fresh := copied(manifest.Without(manifest.Without(manifest.Without(spec, "selector"), "rules"), "targetRefs"))
	if manifest.Field(fresh, "action") == nil {
		fresh.Content = append(fresh.Content, manifest.Text("action"), manifest.Text("ALLOW"))
	}
	fresh.Content = append(fresh.Content, manifest.Text("targetRefs"), refs, manifest.Text("rules"), list(rules...))
	fresh.Style = 0
	sortKeys(fresh)
	o := generate.Object{
		APIVersion: "security.istio.io/v1", Kind: "AuthorizationPolicy", Namespace: namespace, Name: c.name("AuthorizationPolicy", namespace, prefix+item.Name, suffix),
		Fields: generate.Fields{"spec": fresh}, Labels: revisionOf(item),
	}
	w.copies = append(w.copies, o.Name)
	c.source[o.Name] = item
	c.out = append(c.out, o)
}

// revisionOf has a copy seen by no other istiod than its source.
func revisionOf(item *manifest.Item) map[string]string {
	if item.Revision() == "" {
		return nil
	}
	return map[string]string{label.IoIstioRev.Name: item.Revision()}
}

// longestName is what a Kubernetes object's name may have.
const longestName = 253

// name is a name for the copy of a policy that nobody else has: the same in every run, because the
// copies of an earlier run are ours.
func (c *copies) name(kind, namespace, source, suffix string) string {
	base := source + suffix
	if len(base) > longestName-4 {
		sum := sha256.Sum256([]byte(source))
		base = strings.TrimRight(source[:longestName-4-len(suffix)-9], "-.") + "-" + hex.EncodeToString(sum[:4]) + suffix
	}
	c.index()
	name := base
	for n := 2; ; n++ {
		id := manifest.NewID(survey.IstioSecurity, kind, namespace, name)
		if !c.taken[id] {
			c.taken[id] = true
			return name
		}
		name = base + "-" + strconv.Itoa(n)
	}
}

// qualify writes out the namespace of service accounts where a copy is in another one than its
// source (Istio: a bare name is one of the policy's own namespace).
func qualify(rules []*yaml.Node, namespace string) {
	accounts := func(list []*yaml.Node) {
		for _, n := range list {
			if !strings.Contains(n.Value, "/") {
				n.Value = namespace + "/" + n.Value
			}
		}
	}
	for _, rule := range rules {
		for _, source := range sourcesOf(rule) {
			accounts(manifest.Content(manifest.Field(source, "serviceAccounts")))
			accounts(manifest.Content(manifest.Field(source, "notServiceAccounts")))
		}
		for _, condition := range manifest.Content(manifest.Field(rule, "when")) {
			if manifest.Value(condition, "key") == "source.serviceAccount" {
				accounts(manifest.Content(manifest.Field(condition, "values")))
				accounts(manifest.Content(manifest.Field(condition, "notValues")))
			}
		}
	}
}

// ruleNumbers are all of a policy's rules.
func ruleNumbers(spec *yaml.Node) []int {
	var out []int
	for i := range survey.RulesOf(spec) {
		out = append(out, i)
	}
	return out
}
