package access

import (
	"cmp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// cloud is something in the manifests that the ledger does not judge. Whatever it could change is NOT JUDGED.
type cloud struct {
	origin
	attachment        // where it applies: a selector, targetRefs, or all of its namespace
	field      string // "": the object as such
	at         place  // of the field
	scope      scope
	hosts      []string // of the Services that it is about
	revision   string   // it counts only for what another istiod serves
	why        string
	in         string // the namespace that it applies in, where that is not its own
	anywhere   bool   // it is in a namespace that the manifests do not name
	nameOf     string // of Services, in whichever namespace
}

// applies is the namespace that it applies in.
func (c *cloud) applies() string { return cmp.Or(c.in, c.namespace) }

// cause names the object and the field, as a verdict does.
func (c *cloud) cause() string {
	s := c.kind + " " + c.name
	if c.namespace != "" {
		s = c.kind + " " + c.id()
	}
	if c.at.line > 0 {
		s += " (line " + portText(c.at.line) + ")"
	}
	if c.field != "" {
		s += ", " + c.field
	}
	return s + ", is not judged: " + c.why
}

func (c *cloud) ruling(point Point) ruling {
	return ruling{outcome: NotJudged, Step: stepAt(point, c.cause())}
}

// readClouds looks an object of Istio's groups and the Gateway API's up in the ledger.
func (w *World) readClouds(k groupKind, n *yaml.Node) {
	tree, known := ledger().of(k)
	if !known {
		w.readAttached(n)
		return
	}
	if rev := field(field(field(n, "metadata"), "labels"), "istio.io/rev"); rev != nil && rev.Value != "default" && (k != groupKind{gatewayGroup, "Gateway"}) {
		// An istiod of another revision leaves the object alone (Istio 1.31: pkg/config LabelsInRevision). A Gateway's labels are read with it.
		c := cloudOf(n).as("metadata.labels[istio.io/rev]", rev, ofPolicies, "only an istiod of that revision reads the object")
		c.revision = rev.Value
		w.addCloud(c)
	}
	switch {
	case k.group == "security.istio.io" && k.kind == "AuthorizationPolicy":
		// A field that nobody knows makes the policy one that Istio refuses.
	case tree != nil && tree.unknown == ofRoute:
		// Its reader asks for unknownField: what it cannot know clouds where the route leads, and nothing else.
	case tree != nil:
		if c := cloudOf(n); c.unserved() != "" && k.kind != "Gateway" {
			w.addCloud(c.as(c.unservedField(), n, unservedScope(k, tree), c.unserved()))
		}
		w.readFields(tree, n)
	default:
		c := cloudOf(n)
		c.scope, c.why, c.at = ofNamespace, "ambient-profile does not know the kind", c.place
		if len(c.targets) > 0 {
			c.scope = ofProxies
		}
		w.addCloud(c)
	}
}

// readFields adds a cloud for each scope that fields of the object cloud.
func (w *World) readFields(tree *ledgerNode, n *yaml.Node) {
	seen := map[scope]bool{}
	walk := ledgerWalk{found: func(l *ledgerLine, field string, at *yaml.Node) {
		scope, why := tree.unknown, "ambient-profile does not know the field"
		if l != nil {
			scope, why = l.scope, l.why
		}
		if !seen[scope] {
			seen[scope] = true
			w.addCloud(cloudOf(n).as(field, at, scope, why))
		}
	}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key := n.Content[i].Value; key {
		case "apiVersion", "kind", "metadata", "status":
		default:
			walk.field(tree, key, n.Content[i], n.Content[i+1])
		}
	}
}

// unknownField names a field of an object that the ledger does not judge, "" for none.
func unknownField(k groupKind, n *yaml.Node) (out string) {
	tree, _ := ledger().of(k)
	walk := ledgerWalk{found: func(_ *ledgerLine, field string, _ *yaml.Node) { out = cmp.Or(out, field) }}
	for i := 0; tree != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "spec" {
			walk.field(tree, "spec", n.Content[i], n.Content[i+1])
		}
	}
	return out
}

// valueAt is field, step by step.
//
//go:noinline
func valueAt(n *yaml.Node, keys ...string) *yaml.Node {
	for _, k := range keys {
		n = field(n, k)
	}
	return n
}

// as is a cloud for a field.
func (c *cloud) as(field string, at *yaml.Node, scope scope, why string) *cloud {
	c.field, c.at, c.scope, c.why = field, placeOf(at), scope, why
	return c
}

// cloudOf is the object as such: where it applies is read of every kind alike.
func cloudOf(n *yaml.Node) *cloud {
	spec := field(n, "spec")
	c := &cloud{origin: originOf(n)}
	c.namespace, c.name = textOf(field(field(n, "metadata"), "namespace")), textOf(field(field(n, "metadata"), "name"))
	if c.namespace == "" && !clusterWide[c.kind] {
		c.namespace = "default"
	}
	_ = c.attach(spec) // Istio may refuse it; then it changes nothing, which nobody needs to know
	if l := field(field(spec, "workloadSelector"), "labels"); l != nil {
		c.selected, c.selector = true, lenientLabels(l)
	} else if l := field(field(spec, "workloadSelector"), "matchLabels"); l != nil {
		c.selected, c.selector = true, lenientLabels(l)
	}
	switch c.kind {
	case "Gateway": // it applies to itself
		if strings.HasPrefix(c.apiVersion, gatewayGroup) {
			c.targets = []target{{group: gatewayGroup, kind: "Gateway", name: c.name}}
		}
	case "WorkloadEntry":
		c.selector = lenientLabels(field(spec, "labels"))
	case "WorkloadGroup":
		c.selector = lenientLabels(field(field(spec, "metadata"), "labels"))
	}
	if h := textOf(field(spec, "host")); h != "" {
		c.hosts = append(c.hosts, h)
	}
	for _, h := range list(field(spec, "hosts")) {
		c.hosts = append(c.hosts, textOf(deref(h)))
	}
	return c
}

var clusterWide = map[string]bool{"GatewayClass": true, "Namespace": true}

func lenientLabels(n *yaml.Node) labels {
	l, _ := labelsOf(n)
	return l
}

// ledgerWalk visits the fields of an object and finds what is not judged.
type ledgerWalk struct {
	visits, depth int                                              // of maps and lists, so that aliases can make them neither many nor deep
	found         func(l *ledgerLine, field string, at *yaml.Node) // l is nil for a field without a line
}

func (k *ledgerWalk) field(tree *ledgerNode, path string, key, value *yaml.Node) {
	value = nonNull(value)
	if value == nil {
		return // null is an absent field
	}
	name := key.Value
	n := tree.below[name]
	if n == nil {
		switch {
		case tree.rest == nil:
			k.found(nil, path, key)
		case tree.rest.state == isNotJudged:
			k.found(tree.rest, path, key)
		}
		return
	}
	if n.line != nil && n.line.state == isNotJudged && !n.line.takes(valueText(value)) {
		k.found(n.line, path, key)
	}
	if len(n.below) == 0 && (n.rest == nil || n.rest.state != isNotJudged) {
		return
	}
	if value.Kind == yaml.ScalarNode && n.rest != nil && n.rest.state == isNotJudged { // not of the field's type
		k.found(n.rest, path, key)
		return
	}
	k.below(n, path, value)
}

// valueText is a value as the usual values of a line are written. An empty list is an absent one.
func valueText(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.ScalarNode:
		return n.Value
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return "{}"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "[]"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 1:
		return deref(n.Content[0]).Value
	}
	return n.Value
}

// An object of any use has less. YAML's aliases can put a list into itself.
const maxLedgerVisits, maxLedgerDepth = 100_000, 100

// below visits a mapping, or the mappings of a list.
func (k *ledgerWalk) below(n *ledgerNode, path string, value *yaml.Node) {
	k.visits++
	k.depth++
	defer func() { k.depth-- }()
	if k.visits > maxLedgerVisits || k.depth > maxLedgerDepth {
		k.found(nil, path, value) // what is not looked at is not known
		return
	}
	switch value.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			k.field(n, path+"."+value.Content[i].Value, value.Content[i], value.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, e := range value.Content {
			if e = deref(e); e != nil && e.Kind == yaml.MappingNode { // a list may hold itself, by an alias
				k.below(n, path+"["+portText(i)+"]", e)
			}
		}
	}
}

// clouds are the clouds of one namespace, or of everything.
type clouds struct {
	proxies   []*cloud // by selectors, targetRefs or namespace
	pods      []*cloud // what clouds pods
	hops      []*cloud // toward Services, by the hosts
	services  []*cloud
	endpoints []*cloud
	entries   []*cloud // ServiceEntries
	sidecars  []*cloud
	whole     *cloud // the namespace as such
}

func (w *World) addCloud(c *cloud) {
	w.clouded = append(w.clouded, c)
}

// settleClouds files what was found, when the root namespace is known.
func (w *World) settleClouds() {
	for _, c := range w.clouded {
		w.fileCloud(c)
	}
}

func (w *World) fileCloud(c *cloud) {
	set := func(at **cloud) {
		if *at == nil {
			*at = c
		}
	}
	if c.anywhere { // in the root namespace it applies to all that it applies to in any
		c.in = w.mesh.rootNamespace
	}
	root := c.applies() == w.mesh.rootNamespace || c.applies() == ""
	s := w.space(c.applies())
	if c.kind == "ConfigMap" { // meshConfig
		s = w.space(w.mesh.rootNamespace)
	}
	switch c.scope {
	case ofProxies:
		s.clouds.proxies = append(s.clouds.proxies, c)
	case ofPolicies:
		s.clouds.proxies = append(s.clouds.proxies, c)
		s.clouds.pods = append(s.clouds.pods, c)
	case ofHop:
		s.clouds.hops = append(s.clouds.hops, c)
	case ofService:
		if len(c.hosts) == 0 || c.kind == "EndpointSlice" {
			s.clouds.endpoints = append(s.clouds.endpoints, c)
		}
		if c.kind == "ServiceEntry" {
			s.clouds.entries = append(s.clouds.entries, c)
		}
		for _, h := range c.hosts {
			name, ns := serviceOf(h, "")
			switch {
			case ns != "" && name != "*":
				w.space(ns).clouds.services = append(w.space(ns).clouds.services, c)
			case strings.HasPrefix(h, "*"):
				w.wild = append(w.wild, c)
			}
		}
	case ofSidecars:
		s.clouds.sidecars = append(s.clouds.sidecars, c)
	case ofGateways:
		set(&w.everyGateway)
	case ofEnvoys:
		set(&w.everyEnvoy)
	case ofAll:
		set(&w.everything)
	case ofNamespace:
		if root {
			set(&w.everything)
		} else {
			set(&s.clouds.whole)
		}
	}
}
