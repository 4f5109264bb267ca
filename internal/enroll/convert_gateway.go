package enroll

import (
	"fmt"
	"slices"
	"strings"

	"istio.io/api/label"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// gatewayPodLabels are those of the old gateway's pods: as its Deployment in the input has them, else
// as Kubeflow ships them.
func (in *Index) gatewayPodLabels() map[string]string {
	if in.oldGateway == nil {
		in.oldGateway = oldGatewayLabels
		for _, item := range in.items {
			if isOldGateway(item) {
				if found := manifest.StringMap(manifest.Field(podTemplate(item), "metadata", "labels")); len(found) > 0 {
					in.oldGateway = found
				}
				break
			}
		}
	}
	return in.oldGateway
}

// isOldGateway reports whether an item is the workload of Kubeflow's sidecar-era gateway: by its
// name, or by the account that Kubeflow's policies name.
func isOldGateway(i *manifest.Item) bool {
	if i.Namespace != oldGatewayNamespace || i.Group != "apps" || i.Kind != "Deployment" && i.Kind != "DaemonSet" {
		return false
	}
	return i.Name == oldGatewayName || strings.HasSuffix(oldIngress, "/"+manifest.Value(podSpec(i), "serviceAccountName"))
}

// isOldGateway reports whether labels select the pods of the old gateway and not all pods: some of
// their own labels do.
func (in *Index) selectsOldGateway(labels *yaml.Node) bool {
	have, pods := manifest.StringMap(labels), in.gatewayPodLabels()
	for key, wanted := range have {
		if own, found := pods[key]; !found || own != wanted {
			return false
		}
	}
	return len(have) > 0
}

// onlyOldGateway reports whether no other workload of the input has the labels.
func (in *Index) onlyOldGateway(wanted *yaml.Node) bool {
	for _, w := range in.workloadsOf(oldGatewayNamespace) {
		if !isOldGateway(w.Item) && w.labels.cover(labelsOf(wanted)) {
			return false
		}
	}
	return true
}

// copyToGateway has the policies of the old gateway that stay there hold at the new one as well: for
// those that others share, and for all where the new one is in another namespace, whose policies
// alone it takes (Istio 1.31: ShouldAttachPolicy).
func (c *copies) copyToGateway() {
	mesh := c.plan.Mesh
	for _, item := range c.stay {
		spec := manifest.Field(item.Node, "spec")
		moving := copied(spec)
		forGateway(c.input, rulesOf(moving))
		if onNewGateway(c.plan, c.input, item, moving) || dryRun(item) || slices.ContainsFunc(c.wanted, func(o generate.Object) bool {
			return o.Kind == item.Kind && o.Namespace == mesh.GatewayNamespace && manifest.Field(o.Node(), "spec") != nil && saysTheSame(manifest.Field(o.Node(), "spec"), moving)
		}) {
			continue
		}
		fresh := copied(manifest.Without(manifest.Without(spec, "selector"), "targetRefs"))
		atGateway(c.input, c.notes, item, rulesOf(fresh))
		if item.Namespace != mesh.GatewayNamespace {
			qualify(rulesOf(fresh), item.Namespace)
		}
		fresh.Content = append(fresh.Content, manifest.Text("targetRefs"), list(ref(gatewayGroup, "Gateway", mesh.GatewayName)))
		sortKeys(fresh)
		o := generate.Object{
			APIVersion: "security.istio.io/v1", Kind: item.Kind, Namespace: mesh.GatewayNamespace,
			Name: c.name(item.Kind, mesh.GatewayNamespace, item.Name, "-at-gateway"), Fields: generate.Fields{"spec": fresh}, Labels: revisionOf(item),
		}
		c.out = append(c.out, o)
	}
}

// saysTheSame compares policies without regard to what they are attached to.
func saysTheSame(a, b *yaml.Node) bool {
	bare := func(spec *yaml.Node) *yaml.Node {
		return manifest.Without(manifest.Without(spec, "selector"), "targetRefs")
	}
	return samePolicy(bare(a), bare(b))
}

// withoutOpenDoor leaves out our policy that lets everybody to the Gateway where the input says
// itself who may come: its rules and ours together would let in everybody.
func withoutOpenDoor(plan generate.Plan, input *Index, notes *notes, stay []*manifest.Item, wanted []generate.Object) []generate.Object {
	mesh := plan.Mesh
	gateway := list(ref(gatewayGroup, "Gateway", mesh.GatewayName))
	var door *manifest.Item
	var apart []*manifest.Item // an istiod of another revision ignores them
	at := func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		moved := slices.Contains(stay, item) || item.Namespace == mesh.GatewayNamespace && manifest.Field(spec, "targetRefs") != nil && manifest.Equal(manifest.Field(spec, "targetRefs"), gateway)
		switch {
		case !moved || action(spec) != "ALLOW" || dryRun(item):
		case item.Revision() != "" && item.Name != mesh.GatewayName:
			apart = append(apart, item)
		case door == nil:
			door = item
		}
	}
	input.live(istioSecurity, "AuthorizationPolicy", at)
	if door == nil {
		for _, item := range apart {
			notes.warn(item, "says who may reach the Gateway, and has the label "+label.IoIstioRev.Name+": "+item.Revision(), "an istiod of another revision ignores it, so "+mesh.GatewayName+", which lets in everybody, was added",
				"take the label off, or remove the policy")
		}
		return wanted
	}
	return slices.DeleteFunc(wanted, func(o generate.Object) bool {
		ours := o.Kind == "AuthorizationPolicy" && o.Namespace == mesh.GatewayNamespace && o.Name == mesh.GatewayName
		if ours && door.ID != idOf(o) && !opensToAll(manifest.Field(door.Node, "spec")) {
			notes.note(door.String(), "says who may reach the Gateway", fmt.Sprintf("the policy %s, which lets in everybody, is left out", o.Name))
			return true
		}
		return false
	})
}

// opensToAll reports whether a policy has a rule that everybody meets.
func opensToAll(spec *yaml.Node) bool {
	return slices.ContainsFunc(rulesOf(spec), func(rule *yaml.Node) bool {
		return manifest.Dealias(rule).Kind == yaml.MappingNode && len(manifest.Dealias(rule).Content) == 0
	})
}
