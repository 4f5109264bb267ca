package access

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// attachment is what AuthorizationPolicies and RequestAuthentications share: where they apply.
type attachment struct {
	selected bool // has a selector, an empty one included
	selector labels
	targets  []target
}

// target is one targetRef. An empty namespace is the policy's own.
type target struct{ group, kind, namespace, name string }

// attach reads selector, targetRef and targetRefs, of which one may be set (validation validateOneOfSelectorType). All are read whatever is
// wrong: where a malformed policy would apply must be known too.
func (a *attachment) attach(spec *yaml.Node) *fault {
	set := 0
	bad := a.readSelector(field(spec, "selector"))
	if a.selected {
		set++
	}
	if n := field(spec, "targetRef"); n != nil {
		set++
		bad = firstOf(bad, a.readTarget(n, ".targetRef"))
	}
	refs := field(spec, "targetRefs")
	if refs != nil && refs.Kind != yaml.SequenceNode {
		bad = firstOf(bad, wrong(refs, ".targetRefs", "must be a list"))
	}
	for i, e := range list(refs) {
		bad = firstOf(bad, a.readTarget(deref(e), fmt.Sprintf(".targetRefs[%d]", i)))
	}
	if refs != nil { // the CRD's rule counts an empty list too
		set++
	}
	if set > 1 {
		bad = firstOf(bad, wrong(spec, "", "may set only one of selector and targetRefs"))
	}
	return bad
}

func (a *attachment) readSelector(n *yaml.Node) *fault {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n, ".selector", "must be a mapping")
	}
	if unknown := otherKey(n, "matchLabels"); unknown != nil {
		// The API server drops the field, or rejects the object. Without labels, ztunnel takes it neither way.
		a.selector, a.selected = lenientLabels(field(n, "matchLabels")), true
		return wrong(unknown, ".selector."+unknown.Value, "unknown field")
	}
	wanted := field(n, "matchLabels")
	var err error
	if a.selector, err = labelsOf(wanted); err != nil {
		return wrong(wanted, ".selector.matchLabels", "%v", err)
	}
	a.selected = true
	for _, l := range a.selector {
		if l.key == "" || strings.Contains(l.key+l.value, "*") {
			return wrong(wanted, ".selector.matchLabels", "%q must be a label, without *", l.key+"="+l.value)
		}
	}
	return nil
}

// targetKinds are what a policy may hang on (validation allowedTargetRefs).
var targetKinds = map[string]string{"Gateway": gatewayGroup, "GatewayClass": gatewayGroup, "Service": "", "ServiceEntry": "networking.istio.io"}

// otherKey is the first key of a map that is none of these, nil where there is none.
func otherKey(n *yaml.Node, known ...string) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if !contains(known, n.Content[i].Value) {
			return n.Content[i]
		}
	}
	return nil
}

func (a *attachment) readTarget(n *yaml.Node, at string) *fault {
	t := target{
		group: textOf(field(n, "group")), kind: textOf(field(n, "kind")),
		namespace: textOf(field(n, "namespace")), name: textOf(field(n, "name")),
	}
	a.targets = append(a.targets, t)
	group, known := targetKinds[t.kind]
	unknown := otherKey(n, "group", "kind", "namespace", "name")
	switch {
	case unknown != nil:
		return wrong(unknown, at+"."+unknown.Value, "unknown field")
	case t.name == "":
		return wrong(n, at+".name", "must not be empty")
	case t.namespace != "":
		return wrong(n, at+".namespace", "must not be set, because a policy is in the namespace of its target")
	case !known:
		return wrong(n, at+".kind", "%q is not one of Gateway, GatewayClass, Service, ServiceEntry", t.kind)
	case t.group != group && (group != "" || t.group != "core"):
		return wrong(n, at+".group", "%q must be %q for a %s", t.group, group, t.kind)
	}
	return nil
}
