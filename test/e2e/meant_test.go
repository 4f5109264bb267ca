package e2e

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// meant flattens a policy as its author reads it.
//
// What ztunnel cannot see holds at a waypoint. In an ALLOW rule, and in any policy that the function made for ztunnel, it
// becomes a line that nothing sent can equal. Someone else's DENY rule may hold it, and then ztunnel must do without the
// entry, never without the attribute: it would deny what the rule does not.
func meant(policy *kube.Object) []string {
	rules, _, _ := unstructured.NestedSlice(policy.Object, "spec", "rules")
	var lines []string
	for _, rule := range list(any(rules)) {
		if l7 := unseen(rule); len(l7) > 0 && !mayHoldL7(policy) {
			lines = append(lines, fmt.Sprintf("NOT L4: %v in %v", l7, rule))
			continue
		}
		lines = append(lines, line(action(policy), meantClauses(policy, rule)))
	}
	return lines
}

func meantClauses(policy *kube.Object, rule map[string]any) []clause {
	var clauses []clause
	for _, part := range []struct{ list, below string }{{"from", "source"}, {"to", "operation"}} {
		var c clause
		for _, item := range list(rule[part.list]) {
			fields, _ := item[part.below].(map[string]any)
			c = append(c, meantEntry(policy, fields))
		}
		clauses = append(clauses, c)
	}
	for _, when := range list(rule["when"]) {
		key, _ := when["key"].(string)
		fields := map[string]any{key: when["values"], "not " + key: when["notValues"]}
		clauses = append(clauses, clause{meantEntry(policy, fields)})
	}
	return clauses
}

// meantEntry is empty, and so left out, where ztunnel does not see all that the fields say.
func meantEntry(policy *kube.Object, fields map[string]any) entry {
	e := entry{}
	for field, raw := range fields {
		values, _ := raw.([]any)
		phrase := l4Fields[field]
		if len(values) > 0 && phrase == "" {
			return entry{}
		}
		for _, v := range values {
			e[phrase] = append(e[phrase], meantValue(policy, phrase, fmt.Sprint(v)))
		}
	}
	return e
}

// l4Fields are those that ztunnel sees, in a source, an operation or a condition (istio ambient handleRule).
var l4Fields = map[string]string{
	"principals": "from principal", "notPrincipals": "not from principal",
	"namespaces": "from namespace", "notNamespaces": "not from namespace",
	"serviceAccounts": "from account", "notServiceAccounts": "not from account",
	"ipBlocks": "from ip", "notIpBlocks": "not from ip",
	"ports": "to port", "notPorts": "not to port",

	"source.principal": "from principal", "not source.principal": "not from principal",
	"source.namespace": "from namespace", "not source.namespace": "not from namespace",
	"source.ip": "from ip", "not source.ip": "not from ip",
	"destination.ip": "to ip", "not destination.ip": "not to ip",
	"destination.port": "to port", "not destination.port": "not to port",
}

func meantValue(policy *kube.Object, phrase, value string) string {
	switch {
	case strings.HasSuffix(phrase, " account") && !strings.Contains(value, "/"):
		return policy.GetNamespace() + "/" + value
	case strings.HasSuffix(phrase, " ip"):
		if prefix, err := netip.ParsePrefix(value); err == nil {
			return prefix.String()
		}
		if ip, err := netip.ParseAddr(value); err == nil {
			return netip.PrefixFrom(ip, ip.BitLen()).String()
		}
	}
	return value
}

// unseen are the attributes of a rule that ztunnel does not see, in order.
func unseen(rule map[string]any) []string {
	var all []string
	see := func(field string, values any) {
		if v, _ := values.([]any); len(v) > 0 && l4Fields[field] == "" && !slices.Contains(all, field) {
			all = append(all, field)
		}
	}
	for _, part := range []struct{ list, below string }{{"from", "source"}, {"to", "operation"}} {
		for _, item := range list(rule[part.list]) {
			fields, _ := item[part.below].(map[string]any)
			for field, values := range fields {
				see(field, values)
			}
		}
	}
	for _, when := range list(rule["when"]) {
		key, _ := when["key"].(string)
		see(key, when["values"])
		see(key, when["notValues"])
	}
	slices.Sort(all)
	return all
}

// ztunnelAccepted: of someone else's DENY policy istiod says which attributes ztunnel does without, and it has to name
// each of them. It keeps silent about trust domains, which it leaves out all the same.
func ztunnelAccepted(policy *kube.Object, conditions []any) expectation {
	want := expectation{conditions: conditions, kind: "ZtunnelAccepted", status: "True", reason: "Accepted"}
	if !mayHoldL7(policy) {
		return want
	}
	rules, _, _ := unstructured.NestedSlice(policy.Object, "spec", "rules")
	var found []string
	for _, rule := range list(any(rules)) {
		found = append(found, unseen(rule)...)
	}
	found = slices.DeleteFunc(found, func(f string) bool { return f == "trustDomains" || f == "notTrustDomains" })
	if len(found) > 0 {
		slices.Sort(found)
		want.reason, want.message = "UnsupportedValue", "(found: "+strings.Join(slices.Compact(found), ", ")+")"
	}
	return want
}

// mayHoldL7: the function keeps such rules of other people, and has none in a policy that it made for ztunnel.
func mayHoldL7(policy *kube.Object) bool {
	return action(policy) == "DENY" && policy.GetAnnotations()["ambient.kubeflow.org/owned-by"] == ""
}

func action(policy *kube.Object) string {
	if action, _, _ := unstructured.NestedString(policy.Object, "spec", "action"); action != "" {
		return action
	}
	return "ALLOW"
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
