package enroll

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// labelServices sends the callers of some Services through the waypoint. The ingress Gateway bypasses
// it, unless the Service has ingress-use-waypoint as well.
func labelServices(plan generate.Plan, kubeflow survey.Kubeflow, input *survey.Index, notes *survey.Notes) {
	var verified []string
	if plan.Mesh.Waypoint.VerifyTokens {
		verified = plan.Platform.ReaderServices()
	}
	services := slices.Clone(plan.Platform.BehindWaypoint)
	for _, name := range verified {
		if !slices.Contains(services, name) {
			services = append(services, name)
		}
	}
	if verified == nil {
		pastWaypoint(plan, input, notes)
	} else {
		warnUnverified(plan, input, notes)
	}
	for _, name := range services {
		ingress := slices.Contains(verified, name)
		item := input.ByID[manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}]
		if item == nil {
			warnUnlabeled(notes, name, ingress, name == kubeflow.Component(survey.PipelinesUI).Service)
			continue
		}
		for _, item := range allOf(input, item) {
			warnOtherWaypoint(notes, item)
			item.Mark("labels", useWaypoint, profile.KubeflowWaypoint)
			if ingress {
				item.Mark("labels", ingressUseWaypoint, "true")
			}
			item.Unmark("labels", useWaypointNamespace)
		}
	}
}

// warnOtherWaypoint reports a Service that used another waypoint, or none.
func warnOtherWaypoint(notes *survey.Notes, item *manifest.Item) {
	name, namespace := item.Label(useWaypoint), item.Label(useWaypointNamespace)
	if (name == "" || name == profile.KubeflowWaypoint) && (namespace == "" || namespace == profile.KubeflowNamespace) {
		return
	}
	was := useWaypoint + ": " + name
	if namespace != "" {
		was += " and " + useWaypointNamespace + ": " + namespace
	}
	notes.Warn(diagnostic.WaypointReplaced, item, "had "+was, "its policies are for Gateway "+profile.KubeflowNamespace+"/"+profile.KubeflowWaypoint+
		", so it was labeled for that waypoint, and what the other one did with its requests is lost", "remove the label from the source")
}

// allOf are an object and its copies, which the input may have: the same edit keeps them the same.
func allOf(input *survey.Index, item *manifest.Item) []*manifest.Item {
	if input.Twice[item.ID] == nil {
		return []*manifest.Item{item}
	}
	return slices.DeleteFunc(slices.Clone(input.Items), func(other *manifest.Item) bool { return other.ID != item.ID })
}

const (
	useWaypoint        = "istio.io/use-waypoint"
	ingressUseWaypoint = "istio.io/ingress-use-waypoint"
)

// warnUnlabeled reports a Service that should have been sent through the waypoint. verified: its
// pods allow only the waypoint, for the ingress Gateway as well; else the pods of the pipelines UI
// allow both, and those of the API only the waypoint (pkg/generate: allowToPipelinesUI).
func warnUnlabeled(notes *survey.Notes, name string, verified, ui bool) {
	effect, remedy := "its pods accept traffic only from the waypoint, so every caller is denied", "add the Service to the input, or label it with "+useWaypoint+": "+profile.KubeflowWaypoint
	switch {
	case verified:
		remedy += " and " + ingressUseWaypoint + `: "true"`
	case ui:
		effect = "its pods accept traffic only from the waypoint and the ingress Gateway, so calls from other pods are denied"
	}
	notes.WarnAbsent(diagnostic.WaypointLabelNotSet, manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}, "is not in the input, so its waypoint label was not set", effect, remedy)
}

// pastWaypoint removes the labels that verified tokens had needed: their Services used the waypoint,
// and now their pods allow only the ingress Gateway.
func pastWaypoint(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	for _, name := range plan.Platform.ReaderServices() {
		item := input.ByID[manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}]
		if item == nil || slices.Contains(plan.Platform.BehindWaypoint, name) || item.Label(useWaypoint) != profile.KubeflowWaypoint {
			continue
		}
		item.Unmark("labels", useWaypoint)
		item.Unmark("labels", ingressUseWaypoint)
		notes.Warn(diagnostic.WaypointLabelRemoved, item, "had the label "+useWaypoint+": "+profile.KubeflowWaypoint,
			"without waypoint.verifyTokens its pods accept traffic only from the ingress Gateway, so every caller would have been denied, and the label was removed", "remove the label from the source")
	}
}

// warnUnverified reports routes to Services in kubeflow whose tokens are not verified again. Whether
// their pods read the header is unknown here.
func warnUnverified(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	known := append(plan.Platform.ReaderServices(), plan.Platform.BehindWaypoint...)
	for _, item := range input.Items {
		if item.Group != survey.GatewayGroup || item.Kind != "HTTPRoute" || survey.OwnedBy(item) != "" || item.Removed || !routesIngress(plan, item) {
			continue
		}
		for _, rule := range manifest.Content(manifest.Field(item.Node, "spec", "rules")) {
			for _, backend := range manifest.Content(manifest.Field(manifest.Dealias(rule), "backendRefs")) {
				name, namespace := manifest.Value(manifest.Dealias(backend), "name"), manifest.Value(manifest.Dealias(backend), "namespace")
				if namespace == "" {
					namespace = item.Namespace
				}
				if namespace == profile.KubeflowNamespace && !slices.Contains(known, name) {
					known = append(known, name)
					notes.Warn(diagnostic.ReaderNotVerified, item, fmt.Sprintf("routes to Service %s/%s, whose tokens no waypoint verifies again", namespace, name),
						"if its pods read "+plan.Mesh.UserIDHeader+", a route can still set another user in it", "")
				}
			}
		}
	}
}

// routesIngress reports whether a route is attached to the ingress Gateway.
func routesIngress(plan generate.Plan, item *manifest.Item) bool {
	mesh := plan.Mesh
	return slices.ContainsFunc(manifest.Content(manifest.Field(item.Node, "spec", "parentRefs")), func(parent *yaml.Node) bool {
		parent = manifest.Dealias(parent)
		namespace := manifest.Value(parent, "namespace")
		if namespace == "" {
			namespace = item.Namespace
		}
		return manifest.Value(parent, "name") == mesh.GatewayName && namespace == mesh.GatewayNamespace
	})
}
