package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// An L4 policy, from either side, is a list of lines that a person can compare:
//
//	ALLOW from principal cluster.local/ns/alice/sa/waypoint
//	ALLOW from principal cluster.local/ns/monitoring/sa/prometheus to port 8080

// authorization is what istiod sends to ztunnel (istio pkg/workloadapi/security), the fields that we may use.
type authorization struct {
	Name, Namespace, Scope, Action string
	Groups                         []struct {
		Rules []struct {
			Matches []map[string]json.RawMessage
		}
	}
}

// sentToZtunnel reads /debug/ambientz: namespace/name to policy.
func sentToZtunnel() (map[string]authorization, error) {
	body, err := controlplane.Get(plane.DebugURL + "ambientz")
	if err != nil {
		return nil, err
	}
	var dump struct{ Policies []authorization }
	if err := json.Unmarshal(body, &dump); err != nil {
		return nil, err
	}
	policies := map[string]authorization{}
	for _, p := range dump.Policies {
		if p.Action == "" {
			p.Action = "ALLOW" // protobuf JSON leaves zero values out
		}
		policies[p.Namespace+"/"+p.Name] = p
	}
	return policies, nil
}

// lines flattens what ztunnel gets: groups are OR-ed, rules AND-ed, matches OR-ed (istio workloadapi/security proto).
func (a authorization) lines() []string {
	var lines []string
	for _, group := range a.Groups {
		var all []string
		for _, rule := range group.Rules {
			var any []string
			for _, match := range rule.Matches {
				any = append(any, matchLine(match))
			}
			all = append(all, strings.Join(any, " or "))
		}
		slices.Sort(all) // istiod puts ports first, a person the source
		lines = append(lines, strings.TrimSpace(a.Action+" "+strings.Join(all, " ")))
	}
	return lines
}

func matchLine(match map[string]json.RawMessage) string {
	var parts []string
	for field, raw := range match {
		switch field {
		case "principals", "namespaces":
			var values []struct {
				Exact    string
				Presence *struct{}
			}
			_ = json.Unmarshal(raw, &values)
			for _, v := range values {
				if v.Presence != nil {
					v.Exact = "*"
				}
				parts = append(parts, fmt.Sprintf("from %s %s", strings.TrimSuffix(field, "s"), v.Exact))
			}
		case "destinationPorts":
			var ports []int
			_ = json.Unmarshal(raw, &ports)
			for _, p := range ports {
				parts = append(parts, fmt.Sprintf("to port %d", p))
			}
		default:
			parts = append(parts, fmt.Sprintf("%s=%s", field, raw))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " or ")
}

// meant flattens a policy as its author reads it. What ztunnel cannot judge becomes a line that nothing sent can equal.
func meant(policy *kube.Object) []string {
	action, _, _ := unstructured.NestedString(policy.Object, "spec", "action")
	if action == "" {
		action = "ALLOW"
	}
	rules, _, _ := unstructured.NestedSlice(policy.Object, "spec", "rules")
	var lines []string
	for _, r := range rules {
		rule, _ := r.(map[string]any)
		var parts []string
		for _, f := range list(rule["from"]) {
			parts = append(parts, fieldLines(f, "source", "from ", "principals", "namespaces"))
		}
		from := strings.Join(parts, " or ")
		parts = nil
		for _, to := range list(rule["to"]) {
			parts = append(parts, fieldLines(to, "operation", "to ", "ports"))
		}
		for _, when := range list(rule["when"]) {
			parts = append(parts, whenLine(when))
		}
		lines = append(lines, strings.Join(strings.Fields(action+" "+from+" "+strings.Join(parts, " or ")), " "))
	}
	return lines
}

// whenLine reads a condition; ztunnel knows a source's namespace and principal under these names too.
func whenLine(when map[string]any) string {
	kind, ok := map[any]string{"source.namespace": "from namespace ", "source.principal": "from principal "}[when["key"]]
	if !ok || when["notValues"] != nil {
		return fmt.Sprintf("NOT L4: when %v", when)
	}
	var parts []string
	for _, v := range when["values"].([]any) {
		parts = append(parts, fmt.Sprint(kind, v))
	}
	return strings.Join(parts, " or ")
}

// fieldLines reads one source or operation; only the known L4 fields are taken as such.
func fieldLines(entry map[string]any, wrapper, prefix string, known ...string) string {
	inner, _ := entry[wrapper].(map[string]any)
	var parts []string
	for field, values := range inner {
		if !slices.Contains(known, field) {
			parts = append(parts, fmt.Sprintf("NOT L4: %s %v", field, values))
			continue
		}
		for _, v := range values.([]any) {
			parts = append(parts, fmt.Sprintf("%s%s %v", prefix, strings.TrimSuffix(field, "s"), v))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " or ")
}

func list(v any) []map[string]any {
	var maps []map[string]any
	items, _ := v.([]any)
	for _, i := range items {
		m, _ := i.(map[string]any)
		maps = append(maps, m)
	}
	return maps
}
