package enroll

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnStaying names what is for the old gateway and stays there: users move to another one.
func warnStaying(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	gateway := "Gateway " + plan.Mesh.GatewayNamespace + "/" + plan.Mesh.GatewayName
	for _, item := range input.Items {
		switch {
		case item.Removed || survey.OwnedBy(item) != "":
		case input.IsExtensionOfOldGateway(item):
			warnStayingAt(plan, notes, item, "changes the proxies of the old gateway, and does not reach the pods of "+gateway,
				"users reach Kubeflow by the new gateway, which runs without it, and if it is the login, nobody is logged in there")
		case input.IsTelemetryOfOldGateway(item):
			warnStayingAt(plan, notes, item, "is for the proxies of the old gateway, and does not reach the pods of "+gateway, "users reach Kubeflow by the new gateway, which reports as the rest of the mesh does")
		case input.LeadsToOldGateway(item):
			notes.Warn(diagnostic.StaysOnOldGateway, item, "leads to the old gateway, and was left unchanged",
				"the old gateway no longer allows any request, so nobody gets in by this Ingress", leadToGateway(plan, item))
		case input.RunsOldGateway(item):
			notes.Warn(diagnostic.StaysOnOldGateway, item, "is for the pods of the old gateway, and was left unchanged",
				"users reach Kubeflow by the pods of "+gateway+", which run without it", runGateway(plan, item))
		case input.OldParentOf(item) != nil:
			parent, refs := input.OldParentOf(item), parentRefs(plan)
			notes.Report(item.Report(diagnostic.StaysOnOldGateway, "spec.parentRefs", "names Gateway "+parent.Namespace+"/"+parent.Name+", which the pods of the old gateway serve",
				"the old gateway no longer allows any request, so nobody reaches this route", "write "+refs+" in place of these").Writes(refs))
		}
	}
}

// runGateway says how what scales pods, or keeps some of them, is for those of the ingress Gateway: Istio names
// their Deployment, and labels them with the Gateway's name.
func runGateway(plan generate.Plan, item *manifest.Item) string {
	mesh := plan.Mesh
	remedy := "write the name " + mesh.GatewayName + "-istio in its " + map[bool]string{true: "targetRef", false: "scaleTargetRef"}[item.Group == "autoscaling.k8s.io"]
	if item.Kind == "PodDisruptionBudget" {
		remedy = "select pods by the label " + survey.GatewayPods + " with the value " + mesh.GatewayName
	}
	if item.Namespace != mesh.GatewayNamespace {
		remedy += ", and put it into the namespace " + mesh.GatewayNamespace
	}
	return remedy + ", or add another one if the old gateway needs it as well"
}

// warnStayingAt reports an object that selects the old gateway's pods, and how to attach it to the Gateway.
func warnStayingAt(plan generate.Plan, notes *survey.Notes, item *manifest.Item, found, effect string) {
	spec := manifest.Field(item.Node, "spec")
	targets := targetRefs("Gateway", plan.Mesh.GatewayName)
	remedy := "write " + targets + " in its spec"
	for _, field := range []string{"workloadSelector", "selector"} {
		if manifest.Field(spec, field) != nil {
			remedy = "write " + targets + " in place of its " + field
		}
	}
	remedy += " if the new gateway needs it"
	if item.Namespace != plan.Mesh.GatewayNamespace {
		remedy += ", and put it into the namespace " + plan.Mesh.GatewayNamespace
	}
	if namesOldPorts(spec) {
		remedy += ", and write 80 and 443 in place of 8080 and 8443, which the pods of the new gateway do not listen at"
	}
	notes.Report(item.Report(diagnostic.StaysOnOldGateway, "", found, effect, remedy).Writes(targets))
}

// namesOldPorts reports whether an EnvoyFilter is for ports of the old gateway's pods.
func namesOldPorts(spec *yaml.Node) (found bool) {
	manifest.Walk(spec, func(key string, n *yaml.Node) {
		found = found || key == "portNumber" && (n.Value == "8080" || n.Value == "8443")
		found = found || key == "name" && (strings.HasSuffix(n.Value, "_8080") || strings.HasSuffix(n.Value, ":8080"))
	})
	return found
}

// leadToGateway says how an Ingress leads to the ingress Gateway: its backend is a Service of its own namespace,
// and what the old gateway serves itself has no such backend.
func leadToGateway(plan generate.Plan, item *manifest.Item) string {
	mesh := plan.Mesh
	route := "an HTTPRoute of Gateway " + mesh.GatewayNamespace + "/" + mesh.GatewayName
	switch {
	case survey.IsOfIstiosClass(item):
		return "replace it by " + route
	case item.Namespace != mesh.GatewayNamespace:
		return "put it into the namespace " + mesh.GatewayNamespace + ", and make port 80 of Service " + mesh.GatewayName + "-istio there its backend, or replace it by " + route
	}
	return "make port 80 of Service " + mesh.GatewayName + "-istio of the namespace " + mesh.GatewayNamespace + " its backend, or replace it by " + route
}
