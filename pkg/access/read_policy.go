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
	namespace, name string
	attachment
	action   action
	provider string
	dryRun   bool
	ours     bool // carries our owner's annotation
	rules    []rule
	bad      string // why Istio would refuse it; then nothing that it takes part in is judged
}

func (p *policy) id() string { return join(p.namespace, p.name) }

// rule is one rule: any of from, any of to, all of when. An entry is a list of conditions that must all hold.
type rule struct {
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
func parsePolicy(namespace string, m meta, item *yaml.Node) *policy {
	p := &policy{namespace: namespace, name: m.name}
	_, p.ours = m.annotation("ambient.kubeflow.org/owned-by")
	v, dryRun := m.annotation("istio.io/dry-run")
	if dryRun {
		var err error
		if p.dryRun, err = strconv.ParseBool(v); err != nil {
			p.bad = "metadata.annotations[istio.io/dry-run]: " + strconv.Quote(v) + " is no boolean"
		}
	}
	spec := field(item, "spec")
	if spec == nil {
		return p
	}
	if err := p.parseSpec(spec); err != nil {
		p.bad = "spec" + err.Error()
	} else if dryRun && p.action == custom {
		p.bad = "metadata.annotations[istio.io/dry-run]: is not for action CUSTOM"
	}
	return p
}

func (p *policy) parseSpec(spec *yaml.Node) (err error) {
	if spec.Kind != yaml.MappingNode {
		return fmt.Errorf(": must be a mapping")
	}
	err = p.attach(spec)
	var rules, provider *yaml.Node
	for i := 0; i+1 < len(spec.Content) && err == nil; i += 2 {
		key, v := spec.Content[i].Value, nonNull(spec.Content[i+1])
		switch key {
		case "selector", "targetRefs", "targetRef":
		case "action":
			err = p.parseAction(v)
		case "provider":
			p.provider, provider = textOf(field(v, "name")), v
		case "rules":
			rules = v
		default:
			err = fmt.Errorf(".%s: unknown field", key)
		}
	}
	if err == nil && provider != nil && p.action != custom {
		err = fmt.Errorf(".provider: only with action CUSTOM")
	}
	if err == nil {
		err = p.parseRules(rules)
	}
	return firstOf(err, p.check())
}

func (p *policy) parseAction(n *yaml.Node) error {
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
		return fmt.Errorf(".action: %q is none of ALLOW, DENY, CUSTOM, AUDIT", s)
	}
	return nil
}

func (p *policy) parseRules(n *yaml.Node) error {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf(".rules: must be a list")
	}
	p.rules = make([]rule, len(n.Content))
	for i, e := range n.Content {
		if e = nonNull(e); e == nil || e.Kind != yaml.MappingNode {
			return fmt.Errorf(".rules[%d]: must be a mapping, and not null", i)
		}
		if err := p.rules[i].parse(e); err != nil {
			return fmt.Errorf(".rules[%d]%w", i, err)
		}
	}
	return nil
}

func (r *rule) parse(n *yaml.Node) (err error) {
	for i := 0; i+1 < len(n.Content) && err == nil; i += 2 {
		key, v := n.Content[i].Value, nonNull(n.Content[i+1])
		switch key {
		case "from":
			r.from, err = parseEntries(v, "from", "source", sourceFields)
		case "to":
			r.to, err = parseEntries(v, "to", "operation", operationFields)
		case "when":
			r.when, err = parseWhen(v)
		default:
			err = fmt.Errorf(".%s: unknown field", key)
		}
	}
	return err
}

// parseEntries reads `from` or `to`. An empty list is an absent one (protobuf has no other), so it narrows nothing; an empty entry would
// match everything, and Istio refuses it.
func parseEntries(n *yaml.Node, name, inner string, fields map[string]attribute) ([][]condition, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf(".%s: must be a list", name)
	}
	out := make([][]condition, len(n.Content))
	for i, e := range n.Content {
		e = deref(e)
		for j := 0; e != nil && e.Kind == yaml.MappingNode && j < len(e.Content); j += 2 {
			if key := e.Content[j].Value; key != inner {
				return nil, fmt.Errorf(".%s[%d].%s: unknown field", name, i, key)
			}
		}
		v := field(e, inner)
		if v == nil || v.Kind != yaml.MappingNode {
			return nil, fmt.Errorf(".%s[%d].%s: must not be empty", name, i, inner)
		}
		conditions, err := parseConditions(v, fields)
		if err == nil {
			err = checkEntry(conditions)
		}
		if err != nil {
			return nil, fmt.Errorf(".%s[%d].%s%w", name, i, inner, err)
		}
		out[i] = conditions
	}
	return out, nil
}

func parseConditions(n *yaml.Node, fields map[string]attribute) ([]condition, error) {
	out := make([]condition, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		attr, ok := fields[key]
		if !ok {
			return nil, fmt.Errorf(".%s: unknown field", key)
		}
		values, err := texts(nonNull(n.Content[i+1]))
		if err == nil {
			err = checkValues(attr, values)
		}
		if err != nil {
			return nil, fmt.Errorf(".%s: %w", key, err)
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
