package enroll

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// flowOrder are the fields that a reader looks for first.
var flowOrder = []string{"apiVersion", "group", "kind", "metadata", "spec", "parentRefs", "hostnames", "rules", "matches", "path", "type", "name", "value", "filters", "timeouts", "backendRefs"}

// flowOf is a value as YAML on one line, which can be pasted into a file.
func flowOf(v any) string {
	var parts []string
	switch v := v.(type) {
	case generate.Fields:
		keys := generate.SortedKeys(v)
		slices.SortStableFunc(keys, func(a, b string) int { return flowRank(a) - flowRank(b) })
		for _, key := range keys {
			parts = append(parts, flow(key)+": "+flowOf(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, item := range v {
			parts = append(parts, flowOf(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []string:
		for _, item := range v {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return flow(v)
	}
	return fmt.Sprint(v)
}

// targetRefs attach a policy to something of the Gateway API, as YAML on one line.
func targetRefs(kind, name string) string {
	return "targetRefs: " + flowOf([]any{generate.Fields{"group": survey.GatewayGroup, "kind": kind, "name": name}})
}

// parentRefs attach a route to the ingress Gateway, as YAML on one line.
func parentRefs(plan generate.Plan) string {
	return "parentRefs: " + flowOf([]any{parentRef(plan.Mesh)})
}

// parentRef is the ingress Gateway as a route names it, with the listener that our routes attach to.
func parentRef(mesh *generate.Mesh) generate.Fields {
	ref := generate.Fields{"name": mesh.GatewayName, "namespace": mesh.GatewayNamespace}
	if mesh.SectionName != "" {
		ref["sectionName"] = mesh.SectionName
	}
	return ref
}

func flowRank(key string) int {
	if at := slices.Index(flowOrder, key); at >= 0 {
		return at
	}
	return len(flowOrder)
}

// flow is a string as it can be written within [] and {} in YAML.
func flow(text string) string {
	if text == "" || strings.ContainsAny(text, "{}[],&*#?|<>=!%@:`'\" \\\t\n\r") || strings.HasPrefix(text, "-") || !manifest.IsText(text) {
		return strconv.Quote(text)
	}
	return text
}
