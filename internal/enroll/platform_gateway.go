package enroll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// kubeflowGateways are the Istio Gateways that Kubeflow ships for its old gateway. No other one is
// removed, because it belongs to someone else.
var kubeflowGateways = []manifest.ID{
	manifest.NewID(survey.IstioNetworking, "Gateway", profile.KubeflowNamespace, "kubeflow-gateway"),
	manifest.NewID(survey.IstioNetworking, "Gateway", survey.OldGatewayNamespace, survey.OldGatewayName),
}

// removeGateways removes Kubeflow's Istio Gateways of the old gateway that nothing names any more, and
// reports the Gateways that stay on the old gateway.
func removeGateways(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	input.Live(survey.IstioNetworking, "Gateway", func(item *manifest.Item) {
		selector := manifest.Field(item.Node, "spec", "selector")
		if !input.SelectsOldGateway(selector) {
			if slices.Contains(kubeflowGateways, item.ID) && len(manifest.Content(selector)) > 0 {
				warnOtherPods(plan, notes, item)
			}
			return
		}
		if !slices.Contains(kubeflowGateways, item.ID) {
			warnOtherGateway(plan, input, notes, item)
			return
		}
		warnServers(plan, input, notes, item)
		why := protectedBy(item)
		if users := input.UsersOfGateway(item); why == "" && len(users) > 0 {
			why = namedBy(users)
		}
		if why != "" {
			notes.Warn(diagnostic.GatewayKept, item, "was kept, because "+why, "the old gateway no longer allows any request, so no user can reach the routes of this Gateway", "")
			return
		}
		item.Removed = true
		effect := "it was one of Kubeflow's own for the old gateway, which Gateway " + plan.Mesh.GatewayNamespace + "/" + plan.Mesh.GatewayName + " replaces"
		if name := item.Annotation(dnsName); name != "" {
			effect += "; its annotation " + dnsName + " (" + name + ") is lost"
		}
		notes.Warn(diagnostic.GatewayRemoved, item, "was removed, because nothing in the input names it any more", effect, "")
	})
}

// dnsName is the annotation that gives the address of a Gateway a name (external-dns).
const dnsName = "external-dns.alpha.kubernetes.io/hostname"

// protectedBy says why an object is not ours to remove, or "": another object owns it, or a tool that applies it is told
// never to delete it (Helm, Argo CD, Flux, kpt).
func protectedBy(item *manifest.Item) string {
	if owners := manifest.Content(manifest.Field(item.Node, "metadata", "ownerReferences")); len(owners) > 0 {
		owner := manifest.Dealias(owners[0])
		return manifest.Value(owner, "kind") + " " + manifest.Value(owner, "name") + " owns it"
	}
	for _, keep := range [][2]string{
		{"helm.sh/resource-policy", "keep"},
		{"argocd.argoproj.io/sync-options", "Prune=false"},
		{"kustomize.toolkit.fluxcd.io/prune", "disabled"},
		{"client.lifecycle.config.k8s.io/deletion", "detach"},
	} {
		options := strings.FieldsFunc(item.Annotation(keep[0]), func(c rune) bool { return c == ',' || c == ' ' })
		if slices.Contains(options, keep[1]) {
			return "it has the annotation " + keep[0] + ": " + keep[1]
		}
	}
	return ""
}

// warnOtherPods reports a tree whose old gateway has another name than Kubeflow's, by which it is known here.
func warnOtherPods(plan generate.Plan, notes *survey.Notes, item *manifest.Item) {
	targets := targetRefs("Gateway", plan.Mesh.GatewayName)
	notes.Report(item.Report(diagnostic.OldGatewayUnknown, "spec.selector", "selects other pods than those of "+survey.OldGatewayNamespace+"/"+survey.OldGatewayName+", and not those of one workload of that namespace in the input",
		"the policies, EnvoyFilters and NetworkPolicies for those pods and the rules with their principal were left unchanged, so rules with that principal do not allow the new gateway",
		"add its Deployment to the input, or attach what must stay in force with "+targets+", and write the principal "+plan.Mesh.Ingress+" in the rules").Writes(targets))
}

// warnOtherGateway reports an Istio Gateway of someone else that stays on the old gateway. Its routes are
// what the messages about its VirtualServices are for.
func warnOtherGateway(plan generate.Plan, input *survey.Index, notes *survey.Notes, item *manifest.Item) {
	const found = "selects the pods of the old gateway, and was kept because it is not one of Kubeflow's own"
	effect := "the old gateway no longer allows any request, so nobody reaches its hosts"
	if hosts := gatewayHosts(input, []manifest.ID{item.ID}); len(hosts) > 0 {
		effect += " (" + inWords(firstOf(hosts, 4)) + ")"
	}
	var listener string
	if names := certificatesOf(item); len(names) > 0 {
		effect += ", and the new gateway has no listener with the certificate " + inWords(names)
		listener = ", add a listener with the certificate in a patch that runs after this function"
	}
	if users := input.UsersOfGateway(item); len(users) > 0 {
		remedy := "move its routes as the messages about its VirtualServices say" + listener + ", and delete it"
		if slices.ContainsFunc(users, func(u survey.GatewayUser) bool { return u.Field != "" }) {
			remedy = "have what names it use Gateway " + plan.Mesh.GatewayNamespace + "/" + plan.Mesh.GatewayName + listener + ", and delete it"
		}
		notes.Warn(diagnostic.StaysOnOldGateway, item, found, effect+", and "+namedBy(users), remedy)
		return
	}
	refs := parentRefs(plan)
	notes.Report(item.Report(diagnostic.StaysOnOldGateway, "", found, effect, "add an HTTPRoute with "+refs+" for each VirtualService in the cluster that names it"+listener+", and delete it").Writes(refs))
}

// namedBy says which objects name a Gateway: the first few of them.
func namedBy(users []survey.GatewayUser) string {
	const few = 3
	var names []string
	for _, u := range users {
		name := u.Item.String()
		if u.Field != "" {
			name += " (" + u.Field + ")"
		}
		names = append(names, name)
	}
	if more := len(names) - few; more > 0 {
		names = append(names[:few:few], fmt.Sprintf("%d more", more))
	}
	if len(names) == 1 {
		return names[0] + " names it"
	}
	return inWords(names) + " name it"
}
