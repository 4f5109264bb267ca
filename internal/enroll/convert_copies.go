package enroll

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// copyPolicies returns the policies to place next to those of the input that have no targetRefs: of
// those that deny, call an authorizer, or log, and outside of profiles also of those that allow. What
// a policy denies must be denied at both layers, because the waypoint sees the client, and ztunnel
// behind it sees the waypoint.
func copyPolicies(plan generate.Plan, input *survey.Index, notes *survey.Notes, stay []*manifest.Item, wanted []generate.Object) []generate.Object {
	made := &copies{config: plan.Name, input: input, wanted: wanted}
	places := placesOf(plan)
	reportEdits(input, notes, "lets the waypoints through (notPrincipals)", "a copy at the waypoints denies the same requests, where the client's identity is known", func() {
		input.Live(survey.IstioSecurity, "AuthorizationPolicy", func(item *manifest.Item) {
			spec := manifest.Field(item.Node, "spec")
			if survey.WithoutTargets(spec) && !isMalformed(spec) && !survey.DryRun(item) && !slices.Contains(controllersPolicies, item.Name) {
				copyPolicy(plan, input, notes, made, places, item)
			}
		})
	})
	reportEdits(input, notes, "was attached to the waypoint (targetRefs)", "the waypoint verifies the tokens that policies there ask for", func() {
		convertAuthentications(plan, input, notes, made, places)
	})
	copyToGateway(plan, input, notes, made, stay)
	for i := range made.objects {
		made.objects[i].Own(plan.Name)
	}
	return made.objects
}

func copyPolicy(plan generate.Plan, input *survey.Index, notes *survey.Notes, made *copies, places map[string]place, item *manifest.Item) {
	spec := manifest.Field(item.Node, "spec")
	at, known := places[item.Namespace]
	root := item.Namespace == plan.Mesh.RootNamespace
	allows := survey.Action(spec) == "ALLOW"
	_, selects := selectorOf(spec)
	switch {
	case !known && !root, allows && (at.all || len(survey.HTTPRules(spec)) == 0), !survey.IsAction(survey.Action(spec)), made.replace(item):
	case !selects:
		if at.all || plan.Cluster != nil {
			warnSelector(notes, item, at.all)
		}
	case root:
		copyFromRoot(plan, input, notes, made, places, item)
	case allows:
		copyAllowOfKubeflow(plan, input, notes, made, item, at)
	default:
		copyToWaypoint(plan, input, notes, made, item, at)
	}
}

// copies collects the policies that are written next to those of the input, under names that no
// other policy has.
type copies struct {
	// config is the name of the AmbientProfile: what it owns is written again.
	config string
	input  *survey.Index
	// wanted is what is placed anyway.
	wanted []generate.Object
	// taken are the policies that exist under a name, or are wanted; ours are the latter.
	taken, ours map[manifest.ID]bool
	objects     []generate.Object
	// sources are the policies that the objects are copies of, in the same order.
	sources []*manifest.Item
}

// suffix of the name of a copy. The source keeps its own.
const suffix = "-at-waypoint"

// add adds a copy of a policy, whose name is that of the source or made from it.
func (c *copies) add(source *manifest.Item, namespace, name, suffix string, spec *yaml.Node) {
	c.objects = append(c.objects, generate.Object{
		APIVersion: "security.istio.io/v1", Kind: source.Kind, Namespace: namespace, Name: c.name(source.Kind, namespace, name, suffix),
		Fields: generate.Fields{"spec": spec}, Labels: revisionOf(source), CopyOf: source.Namespace + "/" + source.Name,
	})
	c.sources = append(c.sources, source)
}

// replace reports whether one of our objects replaces an item.
func (c *copies) replace(item *manifest.Item) bool {
	c.index()
	return c.ours[item.ID]
}

// index notes which names are taken, on first use.
func (c *copies) index() {
	if c.taken != nil {
		return
	}
	c.taken, c.ours = map[manifest.ID]bool{}, map[manifest.ID]bool{}
	for _, o := range c.wanted {
		c.taken[idOf(o)], c.ours[idOf(o)] = true, true
	}
	for _, item := range c.input.Items {
		if item.Group == survey.IstioSecurity && survey.OwnedBy(item) != c.config {
			c.taken[item.ID] = true
		}
	}
}

// longestName is the length that Kubernetes allows for the name of an object.
const longestName = 253

// name returns a name for the copy of a policy that no other policy has. It is the same in every run,
// because the copies of an earlier run are ours.
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

// revisionOf returns the labels by which only the istiods that see the source see its copy.
func revisionOf(source *manifest.Item) map[string]string {
	if source.Revision() == "" {
		return nil
	}
	return map[string]string{label.IoIstioRev.Name: source.Revision()}
}
