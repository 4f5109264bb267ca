package e2e

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
)

// An L4 policy, from either side, is a list of lines that a person can compare:
//
//	ALLOW from principal cluster.local/ns/alice/sa/waypoint
//	ALLOW from principal cluster.local/ns/monitoring/sa/prometheus to port 8080
//	DENY from namespace guests and not from principal cluster.local/ns/alice/sa/waypoint

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
		var clauses []clause
		for _, rule := range group.Rules {
			var matches clause
			for _, match := range rule.Matches {
				matches = append(matches, sentEntry(match))
			}
			clauses = append(clauses, matches)
		}
		lines = append(lines, line(a.Action, clauses))
	}
	return lines
}

// sentEntry reads a match (istio pkg/workloadapi/security).
func sentEntry(match map[string]json.RawMessage) entry {
	e := entry{}
	for field, raw := range match {
		phrase, ok := sentFields[field]
		if !ok {
			e[field] = []string{string(raw)}
			continue
		}
		var values []json.RawMessage
		_ = json.Unmarshal(raw, &values)
		for _, v := range values {
			e[phrase] = append(e[phrase], sentValue(v))
		}
	}
	return e
}

var sentFields = map[string]string{
	"namespaces": "from namespace", "notNamespaces": "not from namespace",
	"principals": "from principal", "notPrincipals": "not from principal",
	"serviceAccounts": "from account", "notServiceAccounts": "not from account",
	"sourceIps": "from ip", "notSourceIps": "not from ip",
	"destinationIps": "to ip", "notDestinationIps": "not to ip",
	"destinationPorts": "to port", "notDestinationPorts": "not to port",
}

// sentValue writes a value as a policy does; what is not understood stays JSON, which no policy holds.
func sentValue(raw json.RawMessage) string {
	var v struct {
		Exact, Prefix, Suffix, Namespace, ServiceAccount string
		Presence                                         *struct{}
		Address                                          []byte
		Length                                           int
	}
	if json.Unmarshal(raw, &v) != nil {
		return string(raw) // a port is a number
	}
	ip, isIP := netip.AddrFromSlice(v.Address)
	switch {
	case v.Exact != "":
		return v.Exact
	case v.Prefix != "":
		return v.Prefix + "*"
	case v.Suffix != "":
		return "*" + v.Suffix
	case v.Presence != nil:
		return "*"
	case v.ServiceAccount != "":
		return v.Namespace + "/" + v.ServiceAccount
	case isIP:
		return netip.PrefixFrom(ip, v.Length).String()
	}
	return string(raw)
}

// An entry is what one source, operation or condition compares: each field has to fit, by any of its values, or by none
// where the field begins with "not".
type entry map[string][]string

func (e entry) String() string {
	var fields []string
	for _, field := range sortedKeys(e) {
		var parts []string
		for _, v := range e[field] {
			parts = append(parts, field+" "+v)
		}
		switch {
		case strings.HasPrefix(field, "not "):
			fields = append(fields, strings.Join(parts, " and "))
		case len(e) > 1 && len(parts) > 1:
			fields = append(fields, "("+strings.Join(parts, " or ")+")")
		default:
			fields = append(fields, strings.Join(parts, " or "))
		}
	}
	return strings.Join(fields, " and ")
}

// A clause fits where any of its entries does. ztunnel skips an empty entry, and a clause of only empty ones never
// fits (ztunnel src/rbac.rs); one without entries always does.
type clause []entry

func (c clause) String() string {
	var parts []string
	for _, e := range c {
		part := e.String()
		if len(c) > 1 && strings.Contains(part, " and ") {
			part = "(" + part + ")"
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " or ")
}

// line is one rule: its clauses are AND-ed. "DENY nothing" is a rule that no connection fits.
func line(action string, clauses []clause) string {
	var all []string
	for _, c := range clauses {
		said := c.String()
		switch {
		case said != "":
			all = append(all, said)
		case len(c) > 0:
			return action + " nothing"
		}
	}
	slices.Sort(all) // istiod puts ports first, a person the source
	return strings.TrimSpace(action + " " + strings.Join(all, " "))
}
