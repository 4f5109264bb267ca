package access

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

type action uint8

const (
	allow action = iota
	deny
	custom
	audit
)

// policy is one AuthorizationPolicy.
type policy struct {
	origin
	attachment
	action   action
	provider string
	dryRun   bool
	rules    []rule
	bad      *fault // why Istio would refuse it; then nothing that it takes part in is judged
}

// rule is one rule: any of from, any of to, all of when. An entry is a list of conditions that must all hold.
type rule struct {
	place
	from [][]condition
	to   [][]condition
	when []condition
}

// condition compares one attribute: any of values (if there are any), none of notValues.
type condition struct {
	attribute         attribute
	key               string // header name in lower case, claim path joined by \x00, or the when key as written
	values, notValues []string
}

type attribute uint8

const (
	unknownAttribute attribute = iota
	principal
	namespaceOf
	serviceAccount
	trustDomain
	sourceIP
	destinationIP
	port
	sni
	// From here on: HTTP only.
	remoteIP
	requestPrincipal
	audience
	presenter
	claim
	header
	host
	method
	path
	envoyMetadata
)

// http: the attribute exists for HTTP only (authz/model: forTCP generators fail; remote.ip is L7 for ztunnel, ambient httpSources).
func (a attribute) http() bool { return a >= requestPrincipal && a != envoyMetadata }

// sourceFields and operationFields name the fields of `from.source` and `to.operation`; a leading "not" negates.
var sourceFields = map[string]attribute{
	"principals": principal, "requestPrincipals": requestPrincipal, "namespaces": namespaceOf, "ipBlocks": sourceIP,
	"remoteIpBlocks": remoteIP, "serviceAccounts": serviceAccount, "trustDomains": trustDomain,
	"notPrincipals": principal, "notRequestPrincipals": requestPrincipal, "notNamespaces": namespaceOf, "notIpBlocks": sourceIP,
	"notRemoteIpBlocks": remoteIP, "notServiceAccounts": serviceAccount, "notTrustDomains": trustDomain,
}

var operationFields = map[string]attribute{
	"hosts": host, "methods": method, "paths": path, "ports": port,
	"notHosts": host, "notMethods": method, "notPaths": path, "notPorts": port,
}

// parsePolicy reads an AuthorizationPolicy. What Istio's validation would refuse ends in bad, with the field's path.
func parsePolicy(o origin, m meta, item *yaml.Node) *policy {
	p := &policy{origin: o}
	v, dryRun := m.annotation("istio.io/dry-run")
	if dryRun {
		var err error
		if p.dryRun, err = strconv.ParseBool(v); err != nil {
			p.bad = wrong(m.annotations, dryRunField, "%q is not a boolean", v)
		}
	}
	if spec := field(item, "spec"); spec != nil {
		if bad := p.parseSpec(spec); bad != nil {
			p.bad = below("spec", bad)
		} else if dryRun && p.action == custom {
			p.bad = wrong(m.annotations, dryRunField, "cannot be set for the action CUSTOM")
		}
	}
	if p.bad == nil {
		p.bad = checkLimits("AuthorizationPolicy", field(item, "spec"))
	}
	p.bad = firstOf(o.unservedFault(), p.bad)
	return p
}

const dryRunField = "metadata.annotations[istio.io/dry-run]"

func (p *policy) parseSpec(spec *yaml.Node) (bad *fault) {
	if spec.Kind != yaml.MappingNode {
		return wrong(spec, "", "must be a mapping")
	}
	bad = p.attach(spec)
	var rules, provider *yaml.Node
	for i := 0; i+1 < len(spec.Content) && bad == nil; i += 2 {
		key, v := spec.Content[i].Value, nonNull(spec.Content[i+1])
		switch key {
		case "selector", "targetRefs", "targetRef":
		case "action":
			bad = p.parseAction(v)
		case "provider":
			p.provider, provider = textOf(field(v, "name")), v
			if unknown := otherKey(v, "name"); unknown != nil {
				bad = wrong(unknown, ".provider."+unknown.Value, "unknown field")
			}
		case "rules":
			rules = v
		default:
			bad = wrong(spec.Content[i], "."+key, "unknown field")
		}
	}
	if bad == nil && provider != nil && p.action != custom {
		bad = wrong(provider, ".provider", "can be set only for the action CUSTOM")
	}
	if bad == nil {
		bad = p.parseRules(rules)
	}
	return firstOf(bad, p.check(spec))
}

func (p *policy) parseAction(n *yaml.Node) *fault {
	if n == nil {
		return nil
	}
	switch s := textOf(n); s {
	case "ALLOW":
		p.action = allow
	case "DENY":
		p.action = deny
	case "CUSTOM":
		p.action = custom
	case "AUDIT":
		p.action = audit
	default:
		return wrong(n, ".action", "%q is not one of ALLOW, DENY, CUSTOM, AUDIT", s)
	}
	return nil
}

func (p *policy) parseRules(n *yaml.Node) *fault {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return wrong(n, ".rules", "must be a list")
	}
	p.rules = make([]rule, len(n.Content))
	for i, e := range n.Content {
		if e = deref(e); e == nil || e.Kind != yaml.MappingNode {
			return wrong(e, fmt.Sprintf(".rules[%d]", i), "must be a mapping, and not null")
		}
		if bad := p.rules[i].parse(e); bad != nil {
			return below(fmt.Sprintf(".rules[%d]", i), bad)
		}
	}
	return nil
}

func (r *rule) parse(n *yaml.Node) (bad *fault) {
	r.place = placeOf(n)
	for i := 0; i+1 < len(n.Content) && bad == nil; i += 2 {
		key, v := n.Content[i].Value, nonNull(n.Content[i+1])
		switch key {
		case "from":
			r.from, bad = parseEntries(v, "from", "source", sourceFields)
		case "to":
			r.to, bad = parseEntries(v, "to", "operation", operationFields)
		case "when":
			r.when, bad = parseWhen(v)
		default:
			bad = wrong(n.Content[i], "."+key, "unknown field")
		}
	}
	return bad
}

// parseEntries reads `from` or `to`. An empty list is an absent one (protobuf has no other), so it narrows nothing; an empty entry would
// match everything, and Istio refuses it.
func parseEntries(n *yaml.Node, name, inner string, fields map[string]attribute) ([][]condition, *fault) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, wrong(n, "."+name, "must be a list")
	}
	out := make([][]condition, len(n.Content))
	for i, e := range n.Content {
		e = deref(e)
		for j := 0; e != nil && e.Kind == yaml.MappingNode && j < len(e.Content); j += 2 {
			if key := e.Content[j].Value; key != inner {
				return nil, wrong(e.Content[j], fmt.Sprintf(".%s[%d].%s", name, i, key), "unknown field")
			}
		}
		v := field(e, inner)
		if v == nil || v.Kind != yaml.MappingNode {
			return nil, wrong(e, fmt.Sprintf(".%s[%d].%s", name, i, inner), "must not be empty")
		}
		conditions, bad := parseConditions(v, fields)
		if bad == nil {
			bad = checkEntry(v, conditions)
		}
		if bad != nil {
			return nil, below(fmt.Sprintf(".%s[%d].%s", name, i, inner), bad)
		}
		out[i] = conditions
	}
	return out, nil
}

func parseConditions(n *yaml.Node, fields map[string]attribute) ([]condition, *fault) {
	out := make([]condition, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		attr, ok := fields[key]
		if !ok {
			return nil, wrong(n.Content[i], "."+key, "unknown field")
		}
		values, err := texts(nonNull(n.Content[i+1]))
		if err == nil {
			err = checkValues(attr, values)
		}
		if err != nil {
			return nil, wrong(n.Content[i+1], "."+key, "%v", err)
		}
		if len(values) == 0 {
			continue
		}
		c := condition{attribute: attr}
		if strings.HasPrefix(key, "not") {
			c.notValues = values
		} else {
			c.values = values
		}
		out = append(out, c)
	}
	return out, nil
}
