package access

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// parsePolicy reads an AuthorizationPolicy. What Istio's validation would refuse ends in bad, with the field's path.
func parsePolicy(namespace string, m meta, item *yaml.Node) *policy {
	p := &policy{namespace: namespace, name: m.name}
	_, p.ours = m.annotation("ambient.kubeflow.org/owned-by")
	if v, ok := m.annotation("istio.io/dry-run"); ok {
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
	}
	return p
}

func (p *policy) parseSpec(spec *yaml.Node) (err error) {
	if spec.Kind != yaml.MappingNode {
		return fmt.Errorf(": must be a mapping")
	}
	// Where a malformed policy would apply must be known too.
	for _, key := range attachmentFields {
		if err == nil {
			err = p.attachment.parse(key, field(spec, key))
		}
	}
	var rules *yaml.Node
	for i := 0; i+1 < len(spec.Content) && err == nil; i += 2 {
		key, v := spec.Content[i].Value, nonNull(spec.Content[i+1])
		switch key {
		case "selector", "targetRefs", "targetRef":
		case "action":
			err = p.parseAction(v)
		case "provider":
			p.provider = textOf(field(v, "name"))
		case "rules":
			rules = v
		default:
			err = fmt.Errorf(".%s: unknown field", key)
		}
	}
	if err != nil {
		return err
	}
	return p.check(p.parseRules(rules))
}

// check holds what the fields must satisfy together (pkg/config/validation ValidateAuthorizationPolicy).
func (p *policy) check(err error) error {
	switch {
	case err != nil:
		return err
	case p.selected && len(p.targets) > 0:
		return fmt.Errorf(": only one of selector and targetRefs may be set")
	case p.action == custom && p.provider == "":
		return fmt.Errorf(".provider.name: needed with action CUSTOM")
	case p.action == custom && p.dryRun:
		return fmt.Errorf(": the dry-run annotation is not for action CUSTOM")
	case (p.action == deny || p.action == custom) && len(p.rules) == 0:
		return fmt.Errorf(".rules: needed, without them the policy is never triggered")
	}
	return nil
}

func (p *policy) parseAction(n *yaml.Node) error {
	switch s := textOf(n); s {
	case "ALLOW", "":
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

var attachmentFields = [3]string{"selector", "targetRef", "targetRefs"}

// parse reads selector, targetRefs or the older targetRef; targetRefs win over targetRef (model.GetTargetRefs).
func (a *attachment) parse(key string, n *yaml.Node) error {
	if n == nil {
		return nil
	}
	switch key {
	case "selector":
		l, err := labelsOf(field(n, "matchLabels"))
		if err != nil {
			return fmt.Errorf(".selector.matchLabels: %w", err)
		}
		a.selected, a.selector = true, l
	case "targetRef":
		if len(a.targets) == 0 {
			a.targets = []target{parseTarget(n)}
		}
	default:
		if n.Kind != yaml.SequenceNode {
			return fmt.Errorf(".targetRefs: must be a list")
		}
		a.targets = nil
		for _, e := range n.Content {
			a.targets = append(a.targets, parseTarget(deref(e)))
		}
	}
	return nil
}

func parseTarget(n *yaml.Node) target {
	return target{
		group: textOf(field(n, "group")), kind: textOf(field(n, "kind")),
		namespace: textOf(field(n, "namespace")), name: textOf(field(n, "name")),
	}
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
		if err == nil && len(conditions) == 0 {
			err = fmt.Errorf(": must not be empty")
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

// checkValues refuses what Istio's validation refuses: empty values, bad addresses, ports, accounts and path templates.
func checkValues(attr attribute, values []string) error {
	for i, v := range values {
		bad := ""
		switch {
		case v == "":
			bad = "must not be empty"
		case attr == port:
			if n, err := strconv.ParseUint(v, 10, 32); err != nil || n > 65535 {
				bad = "is no port"
			}
		case attr == sourceIP || attr == remoteIP || attr == destinationIP:
			if !isAddress(v) {
				bad = "is no IP address or CIDR"
			}
		case attr == serviceAccount:
			if strings.Contains(v, "*") || strings.Count(v, "/") > 1 || strings.HasPrefix(v, "/") || strings.HasSuffix(v, "/") {
				bad = "must be a name or namespace/name"
			}
		case attr == path:
			bad = badTemplate(v)
		}
		if bad != "" {
			return fmt.Errorf("[%d] %q %s", i, v, bad)
		}
	}
	return nil
}

func isAddress(s string) bool {
	if strings.Contains(s, "/") {
		_, err := netip.ParsePrefix(s)
		return err == nil
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}
