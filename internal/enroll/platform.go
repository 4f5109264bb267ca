package enroll

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/platform"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

const istioNetworking = "networking.istio.io"

// platform moves Kubeflow's control plane: it edits what is there and returns what is to be placed.
func (e *enrolment) platform() []generate.Object {
	if e.plan.Platform == nil {
		return platform.Manifests(e.plan, survey.Find(e.profileController()))
	}
	kubeflow := survey.Find(e.kubeflow())
	e.behind = platform.BehindWaypoint(kubeflow)
	wanted := platform.Manifests(e.plan, kubeflow)
	e.noteShipped(kubeflow)
	if e.plan.Mesh.Waypoint.VerifyTokens {
		e.throughWaypoint(kubeflow)
	}
	wanted = e.withoutOpenDoor(e.withoutTwins(e.withoutKept(wanted)))
	e.kubeflowNamespace()
	e.stopInjection()
	e.labelServices(kubeflow)
	e.removeVirtualServices(wanted)
	wanted = append(wanted, e.patchNetworkPolicies(wanted)...)
	e.removeDestinationRules()
	e.removeGateways()
	e.tellPlatform(kubeflow)
	return wanted
}

// moveToGateway puts what was in force at the old gateway to the new one, before anything is
// decided by what is in force there.
func (e *enrolment) moveToGateway() {
	e.replaceOldIngress()
	e.movePolicies()
}

// live calls edit with every item of a kind that stays and is nobody's but the user's.
func (e *enrolment) live(group, kind string, edit func(*manifest.Item)) {
	for _, item := range e.items {
		if item.Group == group && item.Kind == kind && ownedBy(item) == "" && !e.removed[item] {
			edit(item)
		}
	}
}

// inMesh tells whether a namespace is in the mesh after this run.
func (e *enrolment) inMesh(namespace string) bool {
	return namespace == profile.KubeflowNamespace ||
		slices.ContainsFunc(e.plan.Namespaces, func(ns generate.Namespace) bool { return ns.Name == namespace })
}

func (e *enrolment) noteShipped(kubeflow survey.Kubeflow) {
	e.shipped = map[manifest.ID][]*yaml.Node{}
	for _, o := range platform.Shipped(e.plan, kubeflow) {
		e.shipped[idOf(o)] = append(e.shipped[idOf(o)], manifest.Field(o.Node(), "spec"))
	}
}

// isShipped tells whether a spec is one that Kubeflow ships, so that nobody's changes are lost.
func (e *enrolment) isShipped(item *manifest.Item, spec *yaml.Node) bool {
	return slices.ContainsFunc(e.shipped[item.ID], func(form *yaml.Node) bool { return samePolicy(spec, form) })
}

// tellPlatform says what was found and what was assumed, and what would leave the control plane
// open or closed for everybody.
func (e *enrolment) tellPlatform(kubeflow survey.Kubeflow) {
	found, assumed := kubeflow.Found()
	what := "found in the input: " + names(found)
	if len(found) == 0 {
		what = "no Deployment of a component is in the input"
	}
	e.note("spec.cluster.platform", what, "assumed as in Kubeflow of June 2026: "+names(assumed))
	istiod := e.byID[manifest.NewID("apps", "Deployment", e.plan.Mesh.RootNamespace, "istiod")]
	ztunnel := slices.ContainsFunc(e.items, func(i *manifest.Item) bool { return i.Kind == "DaemonSet" && i.Name == "ztunnel" })
	if istiod != nil && !ztunnel {
		e.warn(istiod, "is in the input, and no DaemonSet ztunnel", "without ztunnel, and without the sidecars that go, nothing enforces the policies: every pod is open",
			"install Istio's ambient profile before you apply this")
	}
}

func names(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// note tells what was done or assumed; nothing is wrong.
// kubeflowNamespace puts the control plane into the mesh, where the input has its Namespace.
func (e *enrolment) kubeflowNamespace() {
	item := e.byID[manifest.ID{Kind: "Namespace", Name: profile.KubeflowNamespace}]
	if item == nil {
		e.find("spec.cluster.platform", "the Namespace "+profile.KubeflowNamespace+" is not in the input", "its pods stay out of the mesh, where no policy is enforced",
			"put it into the input, or label it istio.io/dataplane-mode: ambient and istio-injection: disabled")
		return
	}
	item.Mark("labels", "istio.io/dataplane-mode", "ambient")
	item.Mark("labels", "istio-injection", "disabled")
}
