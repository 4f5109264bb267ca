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

// labelServices sends the callers of some Services through the waypoint. The ingress Gateway goes
// past it, unless the Service has ingress-use-waypoint as well.
func labelServices(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
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
		tellUnverified(plan, input, notes)
	}
	for _, name := range services {
		ingress := slices.Contains(verified, name)
		item := input.ByID[manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}]
		if item == nil {
			tellUnlabelled(notes, name, ingress)
			continue
		}
		item.Mark("labels", useWaypoint, profile.KubeflowWaypoint)
		if ingress {
			item.Mark("labels", ingressUseWaypoint, "true")
		}
		item.Unmark("labels", useWaypointNamespace)
	}
}

const (
	useWaypoint        = "istio.io/use-waypoint"
	ingressUseWaypoint = "istio.io/ingress-use-waypoint"
)

// tellUnlabelled tells of a Service that should have been sent through the waypoint.
func tellUnlabelled(notes *survey.Notes, name string, ingress bool) {
	effect, remedy := "nobody but the ingress Gateway reaches its pods: they take traffic from the waypoint only", "put it into the input, or label it istio.io/use-waypoint: "+profile.KubeflowWaypoint
	if ingress {
		effect, remedy = "nobody reaches its pods: they take traffic from the waypoint only", remedy+" and "+ingressUseWaypoint+`: "true"`
	}
	notes.Find(diagnostic.Uncoded, "spec.cluster.platform", fmt.Sprintf("the Service %s/%s is not in the input", profile.KubeflowNamespace, name), effect, remedy)
}

// pastWaypoint takes back what verified tokens had asked for: their Services went through the
// waypoint, and now their pods take traffic from the ingress Gateway only.
func pastWaypoint(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	for _, name := range plan.Platform.ReaderServices() {
		item := input.ByID[manifest.ID{Kind: "Service", Namespace: profile.KubeflowNamespace, Name: name}]
		if item == nil || slices.Contains(plan.Platform.BehindWaypoint, name) || item.Label(useWaypoint) != profile.KubeflowWaypoint {
			continue
		}
		item.Unmark("labels", useWaypoint)
		item.Unmark("labels", ingressUseWaypoint)
		notes.Warn(diagnostic.Uncoded, item, "had the label "+useWaypoint+": "+profile.KubeflowWaypoint, "without waypoint.verifyTokens its pods take traffic from the ingress Gateway only, and nobody would have reached them; the label was removed",
			"remove the label from the source")
	}
}

// tellUnverified tells of routes to Services of kubeflow whose tokens are not verified again. Only
// somebody who knows them can say whether their pods read the header.
func tellUnverified(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
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
					notes.Note(diagnostic.UncodedInfo, item.String(), fmt.Sprintf("leads to the Service %s/%s, whose tokens no waypoint verifies again", namespace, name),
						"if its pods read "+plan.Mesh.UserIDHeader+", a route can still name another user to them")
				}
			}
		}
	}
}

// routesIngress reports whether a route hangs on the ingress Gateway.
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
