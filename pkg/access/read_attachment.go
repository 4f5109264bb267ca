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
func (a *attachment) attach(spec *yaml.Node) error {
	set := 0
	err := a.readSelector(field(spec, "selector"))
	if a.selected {
		set++
	}
	if n := field(spec, "targetRef"); n != nil {
		set++
		err = firstOf(err, a.readTarget(n, ".targetRef"))
	}
	refs := field(spec, "targetRefs")
	if refs != nil && refs.Kind != yaml.SequenceNode {
		err = firstOf(err, fmt.Errorf(".targetRefs: must be a list"))
	}
	for i, e := range list(refs) {
		err = firstOf(err, a.readTarget(deref(e), fmt.Sprintf(".targetRefs[%d]", i)))
	}
	if len(list(refs)) > 0 {
		set++
	}
	if set > 1 {
		err = firstOf(err, fmt.Errorf(": only one of selector and targetRefs may be set"))
	}
	return err
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (a *attachment) readSelector(n *yaml.Node) (err error) {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf(".selector: must be a mapping")
	}
	if a.selector, err = labelsOf(field(n, "matchLabels")); err != nil {
		return fmt.Errorf(".selector.matchLabels: %w", err)
	}
	a.selected = true
	for _, l := range a.selector {
		if l.key == "" || strings.Contains(l.key+l.value, "*") {
			return fmt.Errorf(".selector.matchLabels: %q must be a label, without *", l.key+"="+l.value)
		}
	}
	return nil
}

// targetKinds are what a policy may hang on (validation allowedTargetRefs).
var targetKinds = map[string]string{"Gateway": gatewayGroup, "GatewayClass": gatewayGroup, "Service": "", "ServiceEntry": "networking.istio.io"}

func (a *attachment) readTarget(n *yaml.Node, at string) error {
	t := target{
		group: textOf(field(n, "group")), kind: textOf(field(n, "kind")),
		namespace: textOf(field(n, "namespace")), name: textOf(field(n, "name")),
	}
	a.targets = append(a.targets, t)
	group, known := targetKinds[t.kind]
	switch {
	case t.name == "":
		return fmt.Errorf("%s.name: must not be empty", at)
	case t.namespace != "":
		return fmt.Errorf("%s.namespace: must not be set, a policy stands beside its target", at)
	case !known:
		return fmt.Errorf("%s.kind: %q is none of Gateway, GatewayClass, Service, ServiceEntry", at, t.kind)
	case t.group != group && (group != "" || t.group != "core"):
		return fmt.Errorf("%s.group: %q must be %q for a %s", at, t.group, group, t.kind)
	}
	return nil
}
