package access

import (
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// mesh is what meshConfig says. The defaults are Istio's (pkg/config/mesh).
type mesh struct {
	stated        bool     // the ConfigMap that istiod reads is in the manifests
	domains       []string // the trust domain, then its aliases
	rootNamespace string
	providers     map[string]provider
	normalization string
	assumed       string // what was assumed about the trust domain
}

func defaultMesh() mesh {
	return mesh{domains: []string{"cluster.local"}, rootNamespace: "istio-system", normalization: "BASE"}
}

// readConfigMap keeps what may be meshConfig until all istiods are known, and reads the ConfigMaps of what else decides.
func (w *World) readConfigMap(m meta, n *yaml.Node) *fault {
	w.readOverlay(m, n)
	if raw := field(field(n, "data"), "mesh"); raw != nil {
		w.meshMaps = append(w.meshMaps, &meshMap{origin: m.in(w.space(m.namespace)), data: raw})
	}
	if raw := field(field(n, "binaryData"), "mesh"); raw != nil { // istiod reads it as a file
		w.meshMaps = append(w.meshMaps, &meshMap{origin: m.in(w.space(m.namespace)), data: raw, binary: true})
	}
	if networks := textOf(field(field(n, "data"), "meshNetworks")); strings.HasPrefix(m.name, "istio") && !noNetworks(networks) {
		c := &cloud{origin: m.in(w.space(m.namespace)), field: "data.meshNetworks", at: placeOf(field(field(n, "data"), "meshNetworks")), scope: ofAll}
		c.why = "pods of other networks are reached through gateways between networks"
		w.addCloud(c)
	}
	switch m.name {
	case "istio-sidecar-injector":
		w.readInjection(n)
	case "inferenceservice-config":
		w.readModelConfig(m, n)
	case "istio-cni-config":
		w.readCNI(m, n)
	}
	return nil
}

// noNetworks reports whether meshNetworks names none.
func noNetworks(text string) bool {
	var doc struct{ Networks map[string]any }
	return yaml.Unmarshal([]byte(text), &doc) == nil && len(doc.Networks) == 0
}

// readMesh takes meshConfig from the ConfigMap that istiod reads.
func (w *World) readMesh(from *meshMap) {
	var doc yaml.Node
	err := yaml.Unmarshal([]byte(from.data.Value), &doc)
	switch {
	case from.binary:
		w.addCloud(from.unread("it is in binaryData"))
	case err != nil: // an istiod that runs goes on with what it had, and one that starts has its defaults
		w.addCloud(from.unread("it is not YAML, so istiod does not take it"))
	case len(doc.Content) > 0 && !isNull(doc.Content[0]):
		w.readMeshConfig(from, doc.Content[0])
	}
}

// readMeshConfig reads meshConfig. Where istiod refuses it, nobody knows which one it has.
func (w *World) readMeshConfig(from *meshMap, c *yaml.Node) {
	if bad := meshFault(c); bad != "" {
		w.addCloud(from.unread(bad + ", so istiod may not take it"))
		return
	}
	w.mesh.stated = true
	w.readMeshClouds(from, c)
	if td := textOf(field(c, "trustDomain")); td != "" {
		w.mesh.domains[0] = td
	}
	for _, a := range list(field(c, "trustDomainAliases")) {
		if s := textOf(deref(a)); s != "" {
			w.mesh.domains = append(w.mesh.domains, s)
		}
	}
	if ns := textOf(field(c, "rootNamespace")); ns != "" {
		w.mesh.rootNamespace = ns
	}
	if norm := textOf(valueAt(c, "pathNormalization", "normalization")); norm != "" && norm != "DEFAULT" {
		w.mesh.normalization = norm
	}
	w.mesh.readProviders(list(field(c, "extensionProviders")))
}

// meshFault returns a fault in meshConfig as YAML, or in a setting that is judged.
func meshFault(c *yaml.Node) string {
	if c.Kind != yaml.MappingNode {
		return "it is not a map of settings"
	}
	if key := twice(c, 0); key != "" {
		return key + " is set twice"
	}
	for _, key := range [2]string{"trustDomain", "rootNamespace"} {
		if _, err := text(nonNull(field(c, key))); err != nil {
			return key + " is not a string"
		}
	}
	if _, err := texts(nonNull(field(c, "trustDomainAliases"))); err != nil {
		return "trustDomainAliases is not a list of strings"
	}
	norm := valueAt(c, "pathNormalization", "normalization")
	if norm = nonNull(norm); norm != nil && !contains([]string{"DEFAULT", "NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"}, textOf(norm)) {
		return valueText(norm) + " is not a normalization"
	}
	return ""
}

// twice is a key that a map has twice, "" for none.
func twice(n *yaml.Node, depth int) string {
	seen := map[string]bool{}
	for i, e := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[e.Value] {
				return e.Value
			}
			seen[e.Value] = true
		} else if depth < maxSameDepth { // an alias is what its anchor is
			if key := twice(e, depth+1); key != "" {
				return key
			}
		}
	}
	return ""
}

// settle: without meshConfig, the one trust domain that the policies' principals use is taken for the mesh's.
func (m *mesh) settle(w *World) {
	if m.stated {
		return
	}
	seen := map[string]bool{}
	for _, name := range w.names {
		for _, p := range w.namespaces[name].policies {
			for i := range p.rules {
				p.rules[i].principals(func(v string) {
					if d, _, ok := strings.Cut(v, "/ns/"); ok && d != "" && !strings.ContainsAny(d, "*/:") {
						seen[d] = true
					}
				})
			}
		}
	}
	domains := make([]string, 0, len(seen))
	for d := range seen {
		domains = append(domains, d)
	}
	sort.Strings(domains)
	switch {
	case len(domains) == 1 && domains[0] != "cluster.local":
		m.domains[0] = domains[0]
		m.assumed = "trust domain " + domains[0] + ": the policies' principals use it and no meshConfig is given"
	case len(domains) > 1:
		m.assumed = "trust domain cluster.local: no meshConfig is given and the policies use " + strings.Join(domains, ", ")
	}
}

// principals calls f for every principal that a rule names.
func (r *rule) principals(f func(string)) {
	each := func(conditions []condition) {
		for i := range conditions {
			if conditions[i].attribute == principal {
				for _, v := range conditions[i].values {
					f(v)
				}
				for _, v := range conditions[i].notValues {
					f(v)
				}
			}
		}
	}
	each(r.when)
	for _, e := range r.from {
		each(e)
	}
}

func (w *World) identity(namespace, account string) identity {
	return identity{domain: w.mesh.domains[0], namespace: namespace, account: account}
}
